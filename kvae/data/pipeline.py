"""The input pipeline: blocks of batches for training, batches for evaluation."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from kvae.plan import Plan


def training_blocks(
    x: np.ndarray, plan: Plan, binarize: str = "none", prior: Mapping[str, np.ndarray] | None = None
) -> tf.data.Dataset:
    """All blocks of a run in the plan's order, in the forms that `kvae.loop` takes.

    The rows of `x` `(n, *data_shape)`, and of what `prior` holds (`prior_mu`, `prior_cov`), stay in one tensor
    each and blocks hold row numbers; only where `binarize` is `dynamic` do blocks hold the observations, drawn
    anew for every presentation (Burda et al. 2016) from the plan's seed and the number of the block.
    """
    steps = (plan.steps_per_block, plan.batch_size)
    signature = {
        "rows": tf.TensorSpec(steps, tf.int32),
        "sample_weight": tf.TensorSpec(steps, tf.float32),
        "steps": tf.TensorSpec((), tf.int32),
        "number": tf.TensorSpec((), tf.int32),
    }
    resident = {name: tf.constant(values) for name, values in {"x": x, **(prior or {})}.items()}

    def resident_block(block: dict[str, Any]) -> dict[str, Any]:
        return {**resident, **{name: block[name] for name in ("rows", "sample_weight", "steps")}}

    def drawn_block(block: dict[str, Any]) -> dict[str, Any]:
        batches = {name: tf.gather(values, block["rows"]) for name, values in resident.items()}
        uniform = tf.random.stateless_uniform(tf.shape(batches["x"]), (plan.seed, block["number"]))
        batches["x"] = tf.cast(uniform < batches["x"], tf.float32)
        return {**batches, **{name: block[name] for name in ("sample_weight", "steps")}}

    blocks = tf.data.Dataset.from_generator(plan.blocks, output_signature=signature)
    return blocks.map(drawn_block if binarize == "dynamic" else resident_block).prefetch(2)


def evaluation_batches(
    x: np.ndarray, batch_size: int = 1024, prior: Mapping[str, np.ndarray] | None = None
) -> tf.data.Dataset:
    """`x` and its `prior` once, in order, as batches of one length: the last is filled with rows of weight 0."""
    n = len(x)
    batch_size = min(batch_size, n)
    rows = np.arange(-(-n // batch_size) * batch_size).reshape(-1, batch_size)
    weight = (rows < n).astype(np.float32)
    rows = np.minimum(rows, n - 1)
    resident = {name: tf.constant(values) for name, values in {"x": x, **(prior or {})}.items()}

    def batch(row_numbers: Any, sample_weight: Any) -> dict[str, Any]:
        gathered = {name: tf.gather(values, row_numbers) for name, values in resident.items()}
        return {**gathered, "sample_weight": sample_weight}

    return tf.data.Dataset.from_tensor_slices((rows, weight)).map(batch).prefetch(1)
