"""The compiled loops: a block of training steps in one call, and functions compiled for inference.

A block is a data set element that holds many batches, so that Python, Keras's callbacks and the data pipeline
are paid once per block and not once per step. It comes in three forms, all dictionaries with `steps`, the
number of batches that are filled:

- resident: `rows` `(n_batches, batch)` are row numbers of `x` `(n, *data_shape)`, which stays where it is;
- streamed: `x` `(n_batches, batch, *data_shape)` are the batches themselves;
- whole: `x` `(n, *data_shape)` is the batch of every step.

The first two have `sample_weight` `(n_batches, batch)`, zero where a batch is padded; the third has none.
`prior_mu` and `prior_cov` are optional and have the leading axes of `x`.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.framework import config as tf_config

Tensor = Any

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


def is_block(data: Any) -> bool:
    """Whether a data set element is a block of batches rather than one batch."""
    return isinstance(data, dict) and "steps" in data


def batch_of_block(block: dict[str, Tensor], step: Tensor) -> tuple[dict[str, Tensor], Tensor | None]:
    """Batch number `step` of a block: its inputs and its `sample_weight`."""
    names: tuple[str, ...] = ("x", "prior_mu", "prior_cov")
    inputs = {name: block[name] for name in names if name in block}
    if "sample_weight" not in block:
        return inputs, None
    index = block["rows"][step] if "rows" in block else step
    batch = {name: tf.gather(values, index) for name, values in inputs.items()}
    return batch, block["sample_weight"][step]


def run_block(train_on_batch: Callable[..., None], block: dict[str, Tensor]) -> None:
    """Call `train_on_batch(inputs, sample_weight)` on every filled batch of `block`, in order."""

    def body(step: Tensor) -> tuple[Tensor]:
        train_on_batch(*batch_of_block(block, step))
        return (step + 1,)

    # The steps depend on each other through the weights.
    tf.while_loop(lambda step: step < block["steps"], body, (tf.constant(0),), parallel_iterations=1)


def compiled(function: Callable[..., Any], jit_compile: bool) -> Callable[..., Any]:
    """`function` as a graph, compiled by XLA when `jit_compile`."""
    return tf.function(function, jit_compile=jit_compile, autograph=False, reduce_retracing=True)


def has_convolution(layer: keras.layers.Layer) -> bool:
    """Whether a layer, or a model somewhere in it, convolves."""
    return isinstance(layer, CONVOLUTIONS) or any(map(has_convolution, getattr(layer, "layers", [])))


def xla_pays(*networks: keras.layers.Layer) -> bool:
    """Whether to compile these networks with XLA.

    Compiled training is faster, and the same to the bit from run to run. Convolutions on a CPU are the exception:
    XLA computed them thirty times slower than TensorFlow's own kernels.
    """
    return bool(tf.config.list_physical_devices("GPU")) or not any(map(has_convolution, networks))


@contextlib.contextmanager
def precision(policy: str) -> Iterator[None]:
    """Build layers under a Keras dtype policy, such as `mixed_bfloat16`; afterwards the one before holds again."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def make_deterministic(jit_compile: bool) -> None:
    """Make training the same to the bit from run to run: XLA is so by itself, TensorFlow's own kernels when asked.

    The switch is the process's own. It goes back for a compiled model, because Keras refuses XLA while it is on.
    """
    if jit_compile:
        tf_config.disable_op_determinism()
    else:
        tf.config.experimental.enable_op_determinism()
