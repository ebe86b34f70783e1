"""Checks of Keras's keywords for a VAE: which values they may have, and which keywords are refused."""

from typing import Any

import keras
import numpy as np

from kvae.data.batches.streams import ALONE, is_stream
from kvae.data.observations import is_array
from kvae.options.arguments import check_count, is_integer, is_number


def parts_of(validation_data: Any) -> tuple[Any, Any, Any]:
    """`validation_data` as x, y and weights; a tuple, or a list of arrays, holds some of them."""
    is_parts = isinstance(validation_data, tuple) or (
        isinstance(validation_data, list) and all(part is None or is_array(part) for part in validation_data)
    )
    return keras.utils.unpack_x_y_sample_weight(validation_data if is_parts else (validation_data,))


def check_targets(x: Any, y: Any) -> None:
    """Raise ValueError for targets other than `x` itself."""
    if y is None or y is x:
        return
    if is_array(x) and is_array(y) and tuple(x.shape) == tuple(y.shape) and np.array_equal(x, y):
        return
    raise ValueError(f"{ALONE}: call it without targets, or with y=x. Received: y that is not x")


def refuse(name: str, value: Any, how: str) -> None:
    """Raise ValueError for a keyword of Keras that a VAE does not support; `how` says what to do instead."""
    if value is not None and value != [] and value != {}:
        raise ValueError(f"`{name}` is not for a VAE: {how}. Received: {name}={value!r}")


def refuse_class_weight(class_weight: Any) -> None:
    """Raise ValueError for class weights, because a VAE has no classes."""
    how = "it has no classes; weight rows by sample_weight=[class_weight[label] for label in labels]"
    refuse("class_weight", class_weight, how)


def check_steps(kind: type[keras.Model], own_steps: bool) -> None:
    """Raise ValueError for a subclass that overrides `compute_metrics` without steps of its own that call it."""
    if kind.compute_metrics is not keras.Model.compute_metrics and not own_steps:
        raise ValueError(
            "a VAE's steps do not call `compute_metrics`: keep a keras.metrics.Mean as an attribute and update it "
            f"in `compute_loss`, or override train_step and test_step. Received: {kind.__name__}.compute_metrics"
        )


def check_optional_counts(**counts: Any) -> None:
    """Raise ValueError unless every value is None or an integer >= 1."""
    for name, value in counts.items():
        if value is not None:
            check_count(name, value)


def check_epochs(**epochs: Any) -> None:
    """Raise ValueError unless every value is an integer >= 0."""
    for name, value in epochs.items():
        if not is_integer(value) or value < 0:
            raise ValueError(f"`{name}` must be an integer >= 0. Received: {name}={value!r}")


def check_validation(x: Any, split: Any, freq: Any) -> None:
    """Raise ValueError for a `validation_split` or `validation_freq` out of range."""
    if not is_number(split) or not 0 <= split < 1:
        raise ValueError(f"`validation_split` must be a number >= 0 and < 1. Received: validation_split={split!r}")
    if split and is_stream(x):
        raise ValueError(
            "`validation_split` needs arrays: split a data set by dataset.take(n) and dataset.skip(n), and pass "
            f"validation_data. Received: validation_split={split!r} with a {type(x).__name__}"
        )
    if not isinstance(freq, list | tuple | set) and not (is_integer(freq) and freq >= 1):
        raise ValueError(
            f"`validation_freq` must be an integer >= 1, or a list of epochs. Received: validation_freq={freq!r}"
        )


def with_loss_scale(optimizer: Any) -> keras.optimizers.Optimizer:
    """The optimizer with a scaled loss: without it gradients in float16 vanish."""
    optimizer = keras.optimizers.get(optimizer)
    scales = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    return optimizer if scales else keras.optimizers.LossScaleOptimizer(optimizer)
