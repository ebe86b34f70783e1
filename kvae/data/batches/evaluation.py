"""Batches for evaluation: all of the same size, in the order of the data."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from kvae.data.batches.sizes import is_streamed, options
from kvae.data.stored import Rows

# Rows per batch in evaluation. Draws of codes, and so losses, depend on it: another size gives other numbers.
EVALUATION_BATCH = 1024


def evaluation_batches(
    x: Rows,
    batch_size: int = EVALUATION_BATCH,
    prior: Mapping[str, np.ndarray] | None = None,
    weights: np.ndarray | None = None,
    padding: bool = True,
) -> tf.data.Dataset:
    """`x` and its `prior` once, in order, in batches of one size: the last is padded with rows of weight 0.

    `weights` `(n,)` weigh the observations. Without `padding` the last batch may be short.
    """
    n = len(x)
    arrays: dict[str, Rows] = {"x": x, **(prior or {})}
    if weights is not None:
        arrays["sample_weight"] = np.asarray(weights, np.float32)
    if is_streamed(x):
        return streamed_batches(arrays, min(batch_size, n), padding)
    with tf.device("CPU"):  # tf.data runs on the CPU
        resident = {name: tf.constant(values) for name, values in arrays.items()}
    if n <= batch_size:
        return tf.data.Dataset.from_tensors(resident).with_options(options())
    if not padding:
        return tf.data.Dataset.from_tensor_slices(resident).batch(batch_size).prefetch(1).with_options(options())
    rows = np.arange(-(-n // batch_size) * batch_size).reshape(-1, batch_size)
    weight = (rows < n).astype(np.float32)
    rows = np.minimum(rows, n - 1)

    def batch(row_numbers: Any, sample_weight: Any) -> dict[str, Any]:
        gathered = {name: tf.gather(values, row_numbers) for name, values in resident.items()}
        return {**gathered, "sample_weight": sample_weight * gathered.get("sample_weight", 1.0)}

    return tf.data.Dataset.from_tensor_slices((rows, weight)).map(batch).prefetch(1).with_options(options())


def streamed_batches(arrays: Mapping[str, Rows], batch_size: int, padding: bool) -> tf.data.Dataset:
    """The batches of `evaluation_batches`, copied from `x` one by one."""
    n = len(arrays["x"])
    tails = {name: array.shape[1:] for name, array in arrays.items()} | {"sample_weight": ()}

    def read(number: int) -> list[np.ndarray]:
        parts = streamed_batch(arrays, int(number) * batch_size, batch_size, padding)
        return [parts[name] for name in tails]

    def batch(number: Any) -> dict[str, Any]:
        values = tf.numpy_function(read, [number], [tf.float32] * len(tails))
        length = batch_size if padding else None
        shapes = [(length, *tail) for tail in tails.values()]
        shaped = [tf.ensure_shape(value, shape) for value, shape in zip(values, shapes, strict=True)]
        return dict(zip(tails, shaped, strict=True))

    return tf.data.Dataset.range(-(-n // batch_size)).map(batch).prefetch(2).with_options(options())


def streamed_batch(
    arrays: Mapping[str, Rows], start: int, batch_size: int, padding: bool
) -> dict[str, np.ndarray]:
    """The batch of `streamed_batches` that begins with row `start`."""
    rows = slice(start, start + batch_size)
    parts = {name: np.asarray(values[rows], np.float32) for name, values in arrays.items()}
    weight = parts.setdefault("sample_weight", np.ones(len(parts["x"]), np.float32))
    missing = batch_size - len(weight) if padding else 0
    if missing:
        parts = {name: np.concatenate([part, np.repeat(part[-1:], missing, 0)]) for name, part in parts.items()}
        parts["sample_weight"][-missing:] = 0.0
    return parts
