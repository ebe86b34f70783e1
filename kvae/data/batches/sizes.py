"""Which observations are copied batch by batch, and how many steps one block of them takes."""

import math

import tensorflow as tf

from kvae.data.batches.plan import STEPS_PER_BLOCK
from kvae.data.stored import Rows, StoredRows

# Data that is larger is not copied into a tensor: in memory a second copy of it, on a GPU the only one.
RESIDENT_BYTES = 2**26
GPU_RESIDENT_BYTES = 2**32
# Streamed blocks are no larger; a few of them are in memory at a time.
BLOCK_BYTES = 2**26
# Floating-point operations of a block: about a second of two cores.
BLOCK_WORK = 50 * 10**9


def is_streamed(x: Rows) -> bool:
    """Whether blocks and batches are copied out of `x` one by one, not gathered from a tensor that holds it."""
    if isinstance(x, StoredRows):
        return True
    return x.nbytes > (GPU_RESIDENT_BYTES if on_gpu() else RESIDENT_BYTES)


def on_gpu() -> bool:
    """Whether TensorFlow computes on a GPU unless told otherwise."""
    return "GPU" in tf.zeros(()).device


def steps_at_once(x: Rows, batch_size: int, work: int = 0) -> int:
    """Steps in one block at most: fewer of large batches, where blocks hold the observations or take long.

    Args:
        x: The observations.
        batch_size: Observations per step.
        work: Floating-point operations per observation (`kvae.training.compiling.training_work`): nobody waits for
            the end of a block, after Ctrl-C for one, longer than a processor takes for `BLOCK_WORK`.
    """
    at_once = STEPS_PER_BLOCK
    if not on_gpu():
        at_once = min(at_once, BLOCK_WORK // max(1, work * batch_size))
    if is_streamed(x) and batch_size < len(x):
        at_once = min(at_once, BLOCK_BYTES // (4 * batch_size * math.prod(x.shape[1:])))
    return max(1, at_once)


def options() -> tf.data.Options:
    """No autotuning: there is nothing to tune, and the end of `fit` would wait for its thread, seconds long."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return options
