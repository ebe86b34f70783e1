"""The input pipeline: blocks of batches for training, batches for evaluation."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from kvae.plan import Plan


def training_blocks(
    x: np.ndarray,
    plan: Plan,
    binarize: str = "none",
    prior: Mapping[str, np.ndarray] | None = None,
    weights: np.ndarray | None = None,
) -> tf.data.Dataset:
    """All blocks of a run in the plan's order, in the forms that `kvae.loop` takes.

    The rows of `x` `(n, *data_shape)`, and of what `prior` holds (`prior_mu`, `prior_cov`), stay in one tensor
    each and blocks hold row numbers; only where `binarize` is `dynamic` do blocks hold the observations, drawn
    anew for every presentation (Burda et al. 2016) from the plan's seed and the number of the block. `weights`
    `(n,)` weigh the observations.
    """
    shape = (plan.steps_per_block, plan.batch_size)
    resident = {name: tf.constant(values) for name, values in {"x": x, **(prior or {})}.items()}

    def block(number: int) -> tuple[np.ndarray, ...]:
        return tuple(plan.block(int(number)).values())

    def whole_block(number: Any) -> dict[str, Any]:
        steps = tf.numpy_function(plan.steps, [number], tf.int32)
        return {**resident, "steps": tf.ensure_shape(steps, ())}

    def resident_block(number: Any) -> dict[str, Any]:
        # Not Dataset.from_generator: it makes malloc give memory back after every step (a tenth of the time).
        rows, sample_weight, steps = tf.numpy_function(block, [number], [tf.int32, tf.float32, tf.int32])
        rows, sample_weight = tf.ensure_shape(rows, shape), tf.ensure_shape(sample_weight, shape)
        if weights is not None:
            sample_weight *= tf.gather(tf.cast(weights, tf.float32), rows)
        return {**resident, "rows": rows, "sample_weight": sample_weight, "steps": tf.ensure_shape(steps, ())}

    def drawn_block(number: Any) -> dict[str, Any]:
        block = resident_block(number)
        rows = block.pop("rows")
        batches = {name: tf.gather(block[name], rows) for name in resident}
        uniform = tf.random.stateless_uniform(tf.shape(batches["x"]), (plan.seed, tf.cast(number, tf.int32)))
        batches["x"] = tf.cast(uniform < batches["x"], tf.float32)
        return {**block, **batches}

    form = whole_block if plan.steps_per_pass == 1 and weights is None else resident_block
    blocks = tf.data.Dataset.range(plan.first_block, plan.n_blocks)
    return blocks.map(drawn_block if binarize == "dynamic" else form).prefetch(2).with_options(options())


def evaluation_batches(
    x: np.ndarray, batch_size: int = 1024, prior: Mapping[str, np.ndarray] | None = None
) -> tf.data.Dataset:
    """`x` and its `prior` once, in order, as batches of one length: the last is filled with rows of weight 0."""
    n = len(x)
    resident = {name: tf.constant(values) for name, values in {"x": x, **(prior or {})}.items()}
    if n <= batch_size:
        return tf.data.Dataset.from_tensors(resident).with_options(options())
    rows = np.arange(-(-n // batch_size) * batch_size).reshape(-1, batch_size)
    weight = (rows < n).astype(np.float32)
    rows = np.minimum(rows, n - 1)

    def batch(row_numbers: Any, sample_weight: Any) -> dict[str, Any]:
        gathered = {name: tf.gather(values, row_numbers) for name, values in resident.items()}
        return {**gathered, "sample_weight": sample_weight}

    return tf.data.Dataset.from_tensor_slices((rows, weight)).map(batch).prefetch(1).with_options(options())


def options() -> tf.data.Options:
    """No autotuning: there is nothing to tune, and the end of `fit` would wait for its thread, seconds long."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return options
