"""Which observations are copied batch by batch, and how many steps a block has."""

import math

import tensorflow as tf

from kvae.data.batches.plan import STEPS_PER_BLOCK
from kvae.data.stored import Rows, StoredRows

# Larger data is not copied into a tensor, which is a second copy in memory, or the copy on a GPU.
RESIDENT_BYTES = 2**26
GPU_RESIDENT_BYTES = 2**32
# The largest size of a streamed block; a few of them are in memory at a time.
BLOCK_BYTES = 2**26
# The most floating-point operations of a block: about a second on two cores.
BLOCK_WORK = 50 * 10**9


def is_streamed(x: Rows) -> bool:
    """Whether blocks and batches are copied from `x` one by one, instead of gathered from a tensor of all rows."""
    if isinstance(x, StoredRows):
        return True
    return x.nbytes > (GPU_RESIDENT_BYTES if on_gpu() else RESIDENT_BYTES)


def on_gpu() -> bool:
    """Whether TensorFlow's default device is a GPU."""
    return "GPU" in tf.zeros(()).device


def steps_at_once(x: Rows, batch_size: int, work: int = 0) -> int:
    """The largest number of steps in one block: fewer where batches are large and streamed, or take long.

    Args:
        x: The observations.
        batch_size: Observations per step.
        work: Floating-point operations per observation (`kvae.training.compiling.training_work`). On a processor
            a block has about `BLOCK_WORK` at most, so that it ends soon, for example after Ctrl-C.
    """
    at_once = STEPS_PER_BLOCK
    if not on_gpu():
        at_once = min(at_once, BLOCK_WORK // max(1, work * batch_size))
    if is_streamed(x) and batch_size < len(x):
        at_once = min(at_once, BLOCK_BYTES // (4 * batch_size * math.prod(x.shape[1:])))
    return max(1, at_once)


def options() -> tf.data.Options:
    """Options without autotuning: nothing here needs it, and `fit` would wait seconds for its thread to end."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return options
