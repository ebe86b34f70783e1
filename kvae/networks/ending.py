"""Check the last function of a decoder, since probabilities that are taken for logits cause no error."""

import contextlib
from typing import Any

import keras
import numpy as np

from kvae.likelihoods.base import Likelihood

# Functions whose output may be any number, so that it can be a logit.
UNBOUNDED = {"linear", "leaky_relu", "prelu", "tanh_shrink", "soft_shrink", "hard_shrink"}
# Those whose output lies in [0, 1].
PROBABILITIES = {"sigmoid", "hard_sigmoid", "sparse_sigmoid", "softmax", "sparsemax"}
# Names of functions. A layer or operation without an attribute `activation` is recognised by its own name.
FUNCTIONS = {
    *PROBABILITIES,
    *UNBOUNDED,
    *("relu", "relu6", "elu", "celu", "selu", "gelu", "silu", "glu", "tanh", "hard_tanh", "hard_silu", "mish"),
    *(
        "softplus",
        "softsign",
        "exp",
        "exponential",
        "squareplus",
        "log_sigmoid",
        "log_softmax",
        "threshold",
        "clip",
    ),
}
# Layers and operations that move values, or change them only in training: the function before them counts.
PASSING = {
    *("Reshape", "Flatten", "Permute", "RepeatVector", "Cropping1D", "Cropping2D", "Cropping3D", "UpSampling1D"),
    *("UpSampling2D", "UpSampling3D", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "Identity", "Squeeze"),
    *("ExpandDims", "Transpose", "Cast", "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
    *("GaussianNoise", "GaussianDropout", "AlphaDropout", "ActivityRegularization", "GetItem", "Flip", "Copy"),
}
# Layers that shift and scale values, so that their output may be any number.
AFFINE = {"BatchNormalization", "Normalization", "Rescaling"}


def last_function(network: keras.Model) -> str | None:
    """The name of the function that a network applies last, `linear` for none; None when it cannot be found out.

    Looks into nested models, and through layers that only move values.
    """
    return function_behind(network.outputs[0])


def function_behind(tensor: Any) -> str | None:
    """As `last_function`, for a symbolic tensor."""
    operation, node, place = tensor._keras_history
    if getattr(operation, "outputs", None):  # a nested model
        return function_behind(operation.outputs[place])
    inner = getattr(operation, "layer", None)  # TimeDistributed and other wrappers
    kind = type(operation).__name__ if inner is None else type(inner).__name__
    named = function_of(operation if inner is None else inner)
    if kind in PASSING or (named == "linear" and kind == "Activation"):
        before = operation._inbound_nodes[node].input_tensors
        return function_behind(before[0]) if len(before) == 1 else None
    return "linear" if kind in AFFINE else named


def function_of(operation: Any) -> str | None:
    """The name of an operation's own activation; None where it is unknown."""
    activation = getattr(operation, "activation", None)
    if callable(activation):
        name = getattr(activation, "__name__", None) or type(activation).__name__
    else:
        name = getattr(getattr(operation, "function", None), "__name__", type(operation).__name__)
    return known_name(name)


def known_name(name: str) -> str | None:
    """A name as Keras writes the function, so `hard_sigmoid` for `HardSigmoid`; None for an unknown one."""
    joined = {known.replace("_", ""): known for known in FUNCTIONS}
    return joined.get(name.replace("_", "").lower())


def stays_within(decoder: keras.Model, lowest: float, highest: float) -> bool:
    """Whether the output of a decoder, at codes far from 0, comes near both ends of a range and never leaves it.

    The decoder then ends in a bounded function, whatever its name. Draws codes from a fixed seed.
    """
    codes = np.random.default_rng(0).normal(scale=1e4, size=(64, decoder.inputs[0].shape[1]))
    with contextlib.suppress(Exception):  # a custom layer may fail on these codes and still train
        out = np.asarray(decoder(codes.astype("float32"), training=False), np.float64)
        near = 0.01 * (highest - lowest)
        return bool(
            out.min() >= lowest
            and out.max() <= highest
            and out.min() < lowest + near
            and out.max() > highest - near
        )
    return False


def check_ending(decoder: keras.Model, likelihood: Likelihood) -> None:
    """Raise ValueError where a decoder's last function cannot give what `likelihood.takes` asks for.

    Nothing is raised where that function is unknown.
    """
    takes = likelihood.takes
    if takes is None:
        return
    last = last_function(decoder)
    if last is None and stays_within(decoder, 0.0, 1.0):
        last = "a function into [0, 1]"
    elif last is None and takes != "probabilities" and stays_within(decoder, -1.0, 1.0):
        last = "a function into [-1, 1]"
    probable = last in PROBABILITIES or last == "a function into [0, 1]"
    if takes == "probabilities":
        if last is not None and not probable:
            raise ValueError(
                f"`decoder` must end in sigmoid for {likelihood.called}{likelihood.for_other_endings}. "
                f"Received: a decoder that ends in {last}"
            )
        return
    if last is not None and last not in UNBOUNDED:
        numbers = "logits, any real numbers," if takes == "logits" else "any real numbers"
        other = likelihood.for_other_endings if probable else ""
        raise ValueError(
            f"`decoder` must give {numbers} for {likelihood.called}: let its last layer have "
            f"activation=None{other}. Received: a decoder that ends in {last}"
        )
