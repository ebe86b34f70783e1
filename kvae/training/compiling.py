"""Compilation: with XLA where it is faster, in a given precision, with the same result from run to run."""

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.framework import config as tf_config

from kvae.training.by_rank import ByRank

CONVOLUTIONS = (
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv1D,
    keras.layers.SeparableConv2D,
)

TRANSPOSED = (keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose, keras.layers.Conv3DTranspose)


def compiled(function: Callable[..., Any], jit_compile: bool, any_length: bool = True) -> Callable[..., Any]:
    """`function` as a graph, by XLA if `jit_compile`: one for batches of any length, or one for each length."""

    def made() -> Callable[..., Any]:
        graph = tf.function(function, jit_compile=jit_compile, autograph=False, reduce_retracing=any_length)
        graph._omit_frequent_tracing_warning = True  # the warning counts the traces of all models of a process
        return graph

    return ByRank(made)


def has_convolution(layer: keras.layers.Layer) -> bool:
    """Whether a layer, or a model somewhere in it, convolves."""
    return isinstance(layer, CONVOLUTIONS) or any(map(has_convolution, getattr(layer, "layers", [])))


def computes_in(dtype: str, *layers: keras.layers.Layer) -> bool:
    """Whether a layer, or one somewhere in these models, computes in a dtype such as `float16`."""
    inner = [part for layer in layers for part in getattr(layer, "layers", [])]
    return any(layer.compute_dtype == dtype for layer in layers) or (bool(inner) and computes_in(dtype, *inner))


def xla_pays(*networks: keras.layers.Layer) -> bool:
    """Whether to compile these networks with XLA.

    Compiled training is faster, and the same to the bit from run to run. Convolutions on a CPU are the exception:
    XLA computed them thirty times slower than TensorFlow's own kernels.
    """
    return on_gpu() or not any(map(has_convolution, networks))


def compiles(jit_compile: bool) -> bool:
    """Whether `compiled` uses XLA: not if TensorFlow is set to run all functions eagerly."""
    return jit_compile and not tf.config.functions_run_eagerly()


def on_gpu() -> bool:
    """Whether this machine has a GPU that TensorFlow uses."""
    return bool(tf.config.list_physical_devices("GPU"))


def training_work(*networks: keras.layers.Layer) -> int:
    """About how many floating-point operations a training step takes for one observation.

    Two for every weight of a kernel at every position that it is applied to, three times: in the forward pass, and
    in the backward passes to the inputs and to the weights.
    """
    return 6 * sum(map(forward_work, networks))


def forward_work(layer: keras.layers.Layer) -> int:
    """Multiplications of kernels in one pass of a layer, or of all layers in a model."""
    inner = getattr(layer, "layers", None)
    if inner:
        return sum(map(forward_work, inner))
    kernels = [math.prod(weight.shape) for weight in layer.trainable_weights if len(weight.shape) > 1]
    places = 1
    with contextlib.suppress(AttributeError, ValueError):  # if a layer is called more than once, or never
        grown = isinstance(layer, TRANSPOSED)
        places = math.prod((layer.input if grown else layer.output).shape[1:-1])
    return sum(kernels) * places


@contextlib.contextmanager
def precision(policy: str) -> Iterator[None]:
    """Build layers under a Keras dtype policy, such as `mixed_bfloat16`, and restore the previous one."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def make_deterministic(jit_compile: bool) -> None:
    """Make training deterministic: the same to the bit from run to run.

    Without XLA this switches TensorFlow's deterministic kernels on. XLA is deterministic on a CPU, and on a GPU
    after `kvae.process.gpu.make_deterministic`. The switch holds for the whole process. It is switched off for
    XLA, because Keras refuses XLA while it is on.
    """
    if jit_compile:
        tf_config.disable_op_determinism()
    else:
        tf.config.experimental.enable_op_determinism()
