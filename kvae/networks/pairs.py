"""Make an encoder and a decoder fit each other: build what is not yet built, and reject what does not fit."""

import math
from typing import Any

import keras

from kvae.likelihoods.base import Likelihood

HOW = "Take the two tensors: keras.Model(inputs, [z_mean, z_log_var])"


def as_pair(encoder: Any, decoder: Any, likelihood: Likelihood) -> tuple[keras.Model, keras.Model]:
    """The two networks as functional models with one input each, the encoder with outputs `[z_mean, z_log_var]`.

    The decoder's output must have the shape that the likelihood asks for. An encoder's outputs in a dictionary
    become a list, and a decoder that is not yet built is built. All layers and weights stay the same.

    Raises:
        ValueError: For other numbers of inputs or outputs, and for shapes that do not fit.
    """
    encoder = as_functional(encoder, "encoder", None)
    inputs = only_input(encoder, "encoder")
    data_shape = tuple(inputs.shape[1:])
    if None in data_shape or not data_shape:
        raise ValueError(
            "`encoder` must have an input of known shape, such as keras.Input((784,)). "
            f"Received: {tuple(inputs.shape)}"
        )
    heads = posterior_heads(encoder)
    latent_dim = heads[0].shape[1]
    width = latent_dim + len(likelihood.given)  # the columns of a condition follow the code
    decoder = as_functional(decoder, "decoder", width)
    codes, params = only_input(decoder, "decoder"), only_output(decoder)
    wanted = tuple(likelihood.param_shape(data_shape))
    if tuple(codes.shape[1:]) != (width,) or tuple(params.shape[1:]) != wanted:
        why = "as the encoder's shapes ask"
        if wanted != data_shape:
            why = f"as {likelihood.called} asks for observations of shape {data_shape}"
        raise ValueError(misfit(wanted, width, codes.shape, params.shape, why))
    check_no_shared_layers(encoder, decoder)
    return between_tensors(encoder, inputs, heads), between_tensors(decoder, codes, params)


def check_no_shared_layers(encoder: keras.Model, decoder: keras.Model) -> None:
    """Raise ValueError for weighted layers in both networks: Keras saves such a model but cannot load it."""
    names = {id(layer): layer.name for layer in encoder._flatten_layers(include_self=False) if layer.weights}
    common = [layer.name for layer in decoder._flatten_layers(include_self=False) if id(layer) in names]
    if common:
        raise ValueError(
            "`encoder` and `decoder` must not share layers: a saved model that shares some cannot be loaded. Give "
            f"each network its own. Received in both: {', '.join(common)}"
        )


def as_functional(network: Any, which: str, latent_dim: int | None) -> keras.Model:
    """A network with symbolic inputs and outputs.

    Args:
        network: A Keras model or layer.
        which: `encoder` or `decoder`.
        latent_dim: Width of the input with which an unbuilt decoder is built; None for an encoder.

    Raises:
        ValueError: When it has no symbolic inputs and cannot be built.
    """
    if not isinstance(network, keras.layers.Layer):
        raise ValueError(f"`{which}` must be a Keras model. Received: {which}={network!r}")
    if getattr(network, "inputs", None) and getattr(network, "outputs", None):
        return network
    if latent_dim is None:
        raise ValueError(
            "`encoder` must be a built Keras model with two outputs, z_mean and z_log_var: inputs = "
            "keras.Input(data_shape), then keras.Model(inputs, encoder(inputs)). "
            f"Received: encoder={network!r}, which has no inputs yet"
        )
    codes = keras.Input((latent_dim,), name="z")
    try:
        return keras.Model(codes, network(codes), name=network.name)
    except Exception as error:  # a layer that needs other shapes, or cannot compute with symbolic tensors
        text = " ".join(str(error).split())[:200]
        raise ValueError(
            f"`decoder` must be a Keras model of codes (batch, {latent_dim}): keras.Model(z, params). "
            f"Received: decoder={network!r}, which cannot be built: {text}"
        ) from error


def only_input(network: keras.Model, which: str) -> keras.KerasTensor:
    """The one input of a network.

    Raises:
        ValueError: When it has none or several.
    """
    if len(network.inputs) != 1:
        shapes = ", ".join(str(tuple(tensor.shape)) for tensor in network.inputs)
        raise ValueError(
            f"`{which}` must have one input: join several into one array, and split it inside. Received: "
            f"{len(network.inputs)} inputs, {shapes}"
        )
    return network.inputs[0]


def posterior_heads(encoder: keras.Model) -> list[keras.KerasTensor]:
    """`z_mean` and `z_log_var`, each `(batch, latent_dim)`.

    Raises:
        ValueError: For other outputs, or the two in the wrong order.
    """
    outputs = encoder.outputs if isinstance(encoder, keras.Sequential) else encoder.output
    if isinstance(outputs, dict):
        if set(outputs) != {"z_mean", "z_log_var"}:
            raise ValueError(
                f"`encoder` must give z_mean and z_log_var. {HOW}. Received the outputs: {', '.join(outputs)}"
            )
        outputs = [outputs["z_mean"], outputs["z_log_var"]]
    heads = keras.tree.flatten(outputs)
    shapes = [tuple(head.shape) for head in heads]
    if len(shapes) != 2 or shapes[0] != shapes[1] or len(shapes[0]) != 2 or shapes[0][1] is None:
        hint = " The code z itself is drawn by the VAE." if len(shapes) == 3 else ""
        order = " Pass the encoder first, the decoder second." if len(shapes) == 1 else ""
        raise ValueError(
            f"`encoder` must have two outputs of shape (batch, latent_dim), z_mean and z_log_var.{hint}{order} "
            f"Received outputs of shape: {shapes}"
        )
    names = [head._keras_history.operation.name.lower() for head in heads]
    if is_spread(names[0]) and not is_spread(names[1]) and any(word in names[1] for word in ("mean", "mu", "loc")):
        raise ValueError(f"`encoder` must give z_mean first, then z_log_var. Received: {names[0]}, {names[1]}")
    return heads


def is_spread(name: str) -> bool:
    """Whether a layer is named as one that gives a log-variance."""
    return any(word in name for word in ("var", "sigma", "std"))


def only_output(decoder: keras.Model) -> keras.KerasTensor:
    """The one output of a decoder.

    Raises:
        ValueError: When it has none or several.
    """
    if len(decoder.outputs) != 1:
        shapes = ", ".join(str(tuple(tensor.shape)) for tensor in decoder.outputs)
        raise ValueError(
            "`decoder` must have one output, the likelihood's parameters: keras.Model(z, params). Received: "
            f"{len(decoder.outputs)} outputs, {shapes}"
        )
    return decoder.outputs[0]


def between_tensors(network: keras.Model, inputs: keras.KerasTensor, outputs: Any) -> keras.Model:
    """`network` itself where `inputs` and `outputs` are its own; else a model between them, of the same layers."""
    if isinstance(network, keras.Sequential):
        return network
    both_lists = isinstance(outputs, list) and isinstance(network.output, list)
    bare = network.input is inputs and (network.output is outputs or both_lists)
    return network if bare else keras.Model(inputs, outputs, name=network.name)


def misfit(wanted: tuple[int, ...], latent_dim: int, codes: Any, params: Any, why: str) -> str:
    """The error text for a decoder of other shapes; `why` says why its output must have the shape `wanted`."""
    text = (
        f"`decoder` must map (batch, {latent_dim}) to (batch, {', '.join(map(str, wanted))}), {why}. "
        f"Received: {tuple(codes)} to {tuple(params)}"
    )
    if None not in tuple(params[1:]) and math.prod(params[1:]) == math.prod(wanted):
        text += f". End it with keras.layers.Reshape({wanted})"
    return text
