"""Errors of training, with texts that say what to do."""

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kvae.errors import InputError, WorkerLostError

# The factor of the learning rate after a loss that was not finite.
SMALLER_STEP = 0.1
# Observations of a larger magnitude are the likely cause of such a loss.
USUAL_MAGNITUDE = 100.0


def learning_rate(optimizer: Any) -> float:
    """The current learning rate of an optimizer."""
    return float(np.asarray(optimizer.learning_rate))


def has_schedule(optimizer: Any) -> bool:
    """Whether the optimizer has a learning-rate schedule of its own, so that the rate cannot be set."""
    return isinstance(optimizer._learning_rate, keras.optimizers.schedules.LearningRateSchedule)


def likely_cause(rate: float, largest: float) -> tuple[str, str]:
    """The likely cause of a loss that is not finite, and what to type.

    Args:
        rate: The learning rate.
        largest: The largest magnitude of an observation, as the model takes it.
    """
    if largest > USUAL_MAGNITUDE:
        return f"observations as large as {largest:.3g}", "data.scale=standard, in a new run"
    mend = f"train.learning_rate={rate * SMALLER_STEP:g}, or train.global_clipnorm=1"
    return f"steps that are too large, train.learning_rate={rate:g}", mend


def not_finite(
    failed_at: int, retried: bool, rate: float, largest: float, kept: int, checkpoint: Path | None
) -> InputError:
    """The error that ends a training whose loss is not finite.

    Args:
        failed_at: Iterations after which it was not finite.
        retried: Whether a smaller step was tried.
        rate, largest: As for `likely_cause`.
        kept: Iterations of the last good state.
        checkpoint: The file of that state.
    """
    cause, mend = likely_cause(rate, largest)
    again = ", also after going back once with a smaller step" if retried else ""
    where = "" if checkpoint is None else f" in {checkpoint}"
    return InputError(
        f"the loss is not finite after iteration {failed_at}{again}. The likely cause: {cause}. The last good "
        f"weights, of iteration {kept}, are kept{where}. Type {mend}"
    )


def as_input_error(error: Exception, several: bool) -> InputError | None:
    """The `InputError` for an error of TensorFlow: data that could not be read, or a lost worker; else None."""
    for line in str(error).splitlines():
        _, from_data, text = line.partition("InputError: ")
        if from_data:
            return InputError(text)
        if several and line.startswith("Collective ops is aborted by"):
            return WorkerLostError(f"a worker was lost ({line}). Start all workers again")
    if several and isinstance(error, tf.errors.UnavailableError):
        return WorkerLostError("a worker was lost (unavailable). Start all workers again")
    return None  # anything else is a fault of the program, and keeps its traceback


def out_of_memory(error: Exception) -> MemoryError | None:
    """The `MemoryError` for TensorFlow's error about a tensor that does not fit into memory; else None."""
    if not isinstance(error, tf.errors.ResourceExhaustedError):
        return None
    shape = re.search(r"shape ?\[([\d,]+)\]", str(error))
    return MemoryError(f"no room for an array of shape ({shape[1]})" if shape else "a device is out of memory")
