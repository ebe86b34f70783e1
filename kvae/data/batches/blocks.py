"""Blocks of batches for training: one compiled call takes one block."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from kvae.data.batches.buffers import Buffers
from kvae.data.batches.plan import Plan
from kvae.data.batches.sizes import is_streamed, options
from kvae.data.stored import Rows, StoredRows

MakeBlock = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True)
class Blocks:
    """The blocks of a run, in the forms that `kvae.training.loops` takes.

    Attributes:
        dataset: A dictionary of tensors per block.
        resident: Tensors that all blocks share, which stay on the device.
        per_interval: Number of blocks in one interval of the plan.
        rest: Number of rows in a short batch, which blocks mark in `short`; None: short batches are padded.
    """

    dataset: tf.data.Dataset
    resident: dict[str, Any]
    per_interval: int
    rest: int | None = None

    def __iter__(self) -> Iterator[dict[str, np.ndarray]]:
        for block in self.dataset.as_numpy_iterator():
            yield {**block, **{name: values.numpy() for name, values in self.resident.items()}}


def training_blocks(
    x: Rows,
    plan: Plan,
    binarize: str = "none",
    prior: Mapping[str, np.ndarray] | None = None,
    weights: np.ndarray | None = None,
    padding: bool = True,
    first: Callable[[], int] | None = None,
) -> Blocks:
    """All blocks of a run in the order of the plan.

    The rows of `x` `(n, *data_shape)`, and of the arrays in `prior` (`prior_mu`, `prior_cov`), stay in one tensor
    each, and blocks hold row numbers. Blocks hold the observations themselves where these come from files, where a
    second copy of them would be large, and where `binarize` is `dynamic`: then they are drawn anew in every
    iteration (Burda et al. 2016) from the plan's seed and the number of the block.

    Args:
        x: The observations.
        plan: The order of the steps.
        binarize: `none`, `threshold` or `dynamic`.
        prior: Messages, a row per observation.
        weights: Weights of the observations, `(n,)`.
        padding: Whether short batches are padded with rows of weight 0; else blocks mark them in `short`.
        first: Called for every block. Where it returns a later interval than the plan's first, the blocks begin
            with that interval.
    """
    arrays: dict[str, Rows] = {"x": x, **(prior or {})}
    resident: dict[str, Any] = {}
    if binarize == "dynamic":
        make = drawn_blocks(arrays, plan, weights)
    elif plan.steps_per_pass > 1 and is_streamed(x):
        make = streamed_blocks(arrays, plan, weights)
    else:
        resident = {name: tf.constant(values) for name, values in arrays.items()}
        whole = plan.steps_per_pass == 1 and weights is None
        make = whole_blocks(plan) if whole else numbered_blocks(plan, weights)
    rest = None if padding else plan.rest
    if rest is not None:
        make = marked_blocks(make, plan)
    blocks = tf.data.Dataset.range(plan.first_block, plan.n_blocks)
    if first is not None:
        blocks = blocks.map(later(plan, first))
    return Blocks(blocks.map(make).prefetch(2).with_options(options()), resident, plan.blocks_per_interval, rest)


def later(plan: Plan, first: Callable[[], int]) -> Callable[[Any], Any]:
    """A function that shifts the numbers of blocks so that they begin with interval `first()`."""

    def moved(number: np.int64) -> np.int64:
        return np.int64(number + max(0, first() - plan.first_interval) * plan.blocks_per_interval)

    return lambda number: tf.ensure_shape(tf.numpy_function(moved, [number], tf.int64), ())


def whole_blocks(plan: Plan) -> MakeBlock:
    """Blocks of steps that each take all of the data."""

    def block(number: Any) -> dict[str, Any]:
        return {"steps": tf.ensure_shape(tf.numpy_function(plan.steps, [number], tf.int32), ())}

    return block


def marked_blocks(make: MakeBlock, plan: Plan) -> MakeBlock:
    """The blocks of `make` with `short`, booleans `(steps_per_block,)` that mark short batches."""

    def block(number: Any) -> dict[str, Any]:
        short = tf.numpy_function(plan.short, [number], tf.bool)
        return {**make(number), "short": tf.ensure_shape(short, (plan.steps_per_block,))}

    return block


def numbered_blocks(plan: Plan, weights: np.ndarray | None) -> MakeBlock:
    """Blocks of row numbers."""
    shape = (plan.steps_per_block, plan.batch_size)

    def make(number: int) -> tuple[np.ndarray, ...]:
        return tuple(plan.block(int(number)).values())

    def block(number: Any) -> dict[str, Any]:
        # Not Dataset.from_generator: with it malloc returns memory after every step, a tenth of the time.
        rows, sample_weight, steps = tf.numpy_function(make, [number], [tf.int32, tf.float32, tf.int32])
        rows, sample_weight = tf.ensure_shape(rows, shape), tf.ensure_shape(sample_weight, shape)
        found = {"rows": rows, "sample_weight": sample_weight, "steps": tf.ensure_shape(steps, ())}
        if weights is not None:
            found["n"] = tf.reduce_sum(sample_weight, axis=1)
            found["sample_weight"] = sample_weight * tf.gather(tf.cast(weights, tf.float32), rows)
        return found

    return block


def drawn_blocks(arrays: Mapping[str, Rows], plan: Plan, weights: np.ndarray | None) -> MakeBlock:
    """Blocks of observations that are drawn, 0 or 1, with the probabilities `x`."""
    numbered = numbered_blocks(plan, weights)
    with tf.device("CPU"):  # tf.data runs on the CPU
        resident = {name: tf.constant(values) for name, values in arrays.items()}

    def block(number: Any) -> dict[str, Any]:
        block = numbered(number)
        rows = block.pop("rows")
        batches = {name: tf.gather(values, rows) for name, values in resident.items()}
        uniform = tf.random.stateless_uniform(tf.shape(batches["x"]), (plan.seed, tf.cast(number, tf.int32)))
        batches["x"] = tf.cast(uniform < batches["x"], tf.float32)
        return {**block, **batches}

    return block


def taker(x: Rows, plan: Plan) -> Callable[[int, int, int], tuple[np.ndarray, np.ndarray]]:
    """A function that gives the rows between two positions of a pass, and their numbers in the data."""
    if isinstance(x, StoredRows):
        return Buffers(x, plan.seed, plan.shuffle).take

    def take(iteration: int, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        rows = plan.order(iteration)[start:stop]
        return x[rows], rows

    return take


def streamed_blocks(arrays: Mapping[str, Rows], plan: Plan, weights: np.ndarray | None) -> MakeBlock:
    """Blocks that hold the observations themselves."""
    take = taker(arrays["x"], plan)
    prior = {name: values for name, values in arrays.items() if name != "x"}
    lead = (plan.steps_per_block, plan.batch_size)
    tails = {name: values.shape[1:] for name, values in arrays.items()}

    def block(number: int) -> tuple[np.ndarray, ...]:
        arrays = {name: np.zeros((*lead, *tail), np.float32) for name, tail in tails.items()}
        weight, n, steps = np.zeros(lead, np.float32), np.zeros(lead[:1], np.float32), plan.steps(number)
        for step in range(int(steps)):
            batch, rows = take(*plan.place(int(number), step))
            arrays["x"][step, : len(rows)] = batch
            for name, values in prior.items():
                arrays[name][step, : len(rows)] = values[rows]
            weight[step, : len(rows)] = 1.0 if weights is None else weights[rows]
            n[step] = len(rows)
        return (*arrays.values(), weight, n, np.asarray(steps))

    def streamed_block(number: Any) -> dict[str, Any]:
        types = [tf.float32] * (len(tails) + 2) + [tf.int32]
        *arrays, weight, n, steps = tf.numpy_function(block, [number], types)
        shaped = {
            name: tf.ensure_shape(values, (*lead, *tail))
            for (name, tail), values in zip(tails.items(), arrays, strict=True)
        }
        weighed = {"sample_weight": tf.ensure_shape(weight, lead), "n": tf.ensure_shape(n, lead[:1])}
        return {**shaped, **weighed, "steps": tf.ensure_shape(steps, ())}

    return streamed_block
