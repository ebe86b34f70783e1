"""The input pipeline: blocks of batches for training, batches for evaluation."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from kvae.data.stored import Buffers, Rows, StoredRows
from kvae.training.plan import STEPS_PER_BLOCK, Plan

# Data that is larger is not copied into a tensor: in memory a second copy of it, on a GPU the only one.
RESIDENT_BYTES = 2**26
GPU_RESIDENT_BYTES = 2**32
# Streamed blocks are no larger; a few of them are in memory at a time.
BLOCK_BYTES = 2**26
# Floating-point operations of a block: about a second of two cores.
BLOCK_WORK = 50 * 10**9

# Rows of a batch of evaluation: with one of another size the draws of the codes, and so the losses, are others.
EVALUATION_BATCH = 1024

MakeBlock = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True)
class Blocks:
    """The blocks of a run, in the forms that `kvae.training.loops` takes.

    Attributes:
        dataset: What differs from block to block, a dictionary per block.
        resident: What all of them share, which stays on the device.
        per_interval: Blocks of one interval of the plan.
        rest: Rows of the batches that are short and marked so; None: short batches are filled up.
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
    """All blocks of a run in the plan's order.

    The rows of `x` `(n, *data_shape)`, and of what `prior` holds (`prior_mu`, `prior_cov`), stay in one tensor
    each and blocks hold row numbers. Blocks hold the observations themselves where they come from files, where a
    second copy of them would be large, and where `binarize` is `dynamic`: then they are drawn anew for every
    presentation (Burda et al. 2016) from the plan's seed and the number of the block. `weights` `(n,)` weigh
    the observations. Without `padding` blocks say which of their batches are short. Where `first()`, asked with
    the first block, is an interval later than the plan's first, blocks begin with that.
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
    """A function that moves the numbers of blocks on to interval `first()`."""

    def moved(number: np.int64) -> np.int64:
        return np.int64(number + max(0, first() - plan.first_interval) * plan.blocks_per_interval)

    return lambda number: tf.ensure_shape(tf.numpy_function(moved, [number], tf.int64), ())


def whole_blocks(plan: Plan) -> MakeBlock:
    """Blocks of steps that all take the whole of the data."""

    def block(number: Any) -> dict[str, Any]:
        return {"steps": tf.ensure_shape(tf.numpy_function(plan.steps, [number], tf.int32), ())}

    return block


def marked_blocks(make: MakeBlock, plan: Plan) -> MakeBlock:
    """The blocks of `make`, which say in `short` which of their batches are not full."""

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
        # Not Dataset.from_generator: it makes malloc give memory back after every step (a tenth of the time).
        rows, sample_weight, steps = tf.numpy_function(make, [number], [tf.int32, tf.float32, tf.int32])
        rows, sample_weight = tf.ensure_shape(rows, shape), tf.ensure_shape(sample_weight, shape)
        if weights is not None:
            sample_weight *= tf.gather(tf.cast(weights, tf.float32), rows)
        return {"rows": rows, "sample_weight": sample_weight, "steps": tf.ensure_shape(steps, ())}

    return block


def drawn_blocks(arrays: Mapping[str, Rows], plan: Plan, weights: np.ndarray | None) -> MakeBlock:
    """Blocks of observations that are drawn from their probabilities `x`."""
    numbered = numbered_blocks(plan, weights)
    with tf.device("CPU"):  # where tf.data works
        resident = {name: tf.constant(values) for name, values in arrays.items()}

    def block(number: Any) -> dict[str, Any]:
        block = numbered(number)
        rows = block.pop("rows")
        batches = {name: tf.gather(values, rows) for name, values in resident.items()}
        uniform = tf.random.stateless_uniform(tf.shape(batches["x"]), (plan.seed, tf.cast(number, tf.int32)))
        batches["x"] = tf.cast(uniform < batches["x"], tf.float32)
        return {**block, **batches}

    return block


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
        work: Floating-point operations per observation (`kvae.training.loops.training_work`): nobody waits for the
            end of a block, after Ctrl-C for one, longer than a processor takes for `BLOCK_WORK`.
    """
    at_once = STEPS_PER_BLOCK
    if not on_gpu():
        at_once = min(at_once, BLOCK_WORK // max(1, work * batch_size))
    if is_streamed(x) and batch_size < len(x):
        at_once = min(at_once, BLOCK_BYTES // (4 * batch_size * math.prod(x.shape[1:])))
    return max(1, at_once)


def taker(x: Rows, plan: Plan) -> Callable[[int, int, int], tuple[np.ndarray, np.ndarray]]:
    """A function that gives the rows between two places of a pass, and their numbers in the data."""
    if isinstance(x, StoredRows):
        return Buffers(x, plan.seed, plan.shuffle).take

    def take(iteration: int, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        rows = plan.order(iteration)[start:stop]
        return x[rows], rows

    return take


def streamed_blocks(arrays: Mapping[str, Rows], plan: Plan, weights: np.ndarray | None) -> MakeBlock:
    """Blocks that hold their observations."""
    take = taker(arrays["x"], plan)
    prior = {name: values for name, values in arrays.items() if name != "x"}
    lead = (plan.steps_per_block, plan.batch_size)
    tails = {name: values.shape[1:] for name, values in arrays.items()}

    def block(number: int) -> tuple[np.ndarray, ...]:
        arrays = {name: np.zeros((*lead, *tail), np.float32) for name, tail in tails.items()}
        weight, steps = np.zeros(lead, np.float32), plan.steps(number)
        for step in range(int(steps)):
            batch, rows = take(*plan.place(int(number), step))
            arrays["x"][step, : len(rows)] = batch
            for name, values in prior.items():
                arrays[name][step, : len(rows)] = values[rows]
            weight[step, : len(rows)] = 1.0 if weights is None else weights[rows]
        return (*arrays.values(), weight, np.asarray(steps))

    def streamed_block(number: Any) -> dict[str, Any]:
        types = [tf.float32] * (len(tails) + 1) + [tf.int32]
        *arrays, weight, steps = tf.numpy_function(block, [number], types)
        shaped = {
            name: tf.ensure_shape(values, (*lead, *tail))
            for (name, tail), values in zip(tails.items(), arrays, strict=True)
        }
        return {**shaped, "sample_weight": tf.ensure_shape(weight, lead), "steps": tf.ensure_shape(steps, ())}

    return streamed_block


def evaluation_batches(
    x: Rows,
    batch_size: int = EVALUATION_BATCH,
    prior: Mapping[str, np.ndarray] | None = None,
    weights: np.ndarray | None = None,
    padding: bool = True,
) -> tf.data.Dataset:
    """`x` and its `prior` once, in order, as batches of one length: the last is filled with rows of weight 0.

    `weights` `(n,)` weigh the observations. Without `padding` the last batch is a short one.
    """
    n = len(x)
    arrays: dict[str, Rows] = {"x": x, **(prior or {})}
    if weights is not None:
        arrays["sample_weight"] = np.asarray(weights, np.float32)
    if is_streamed(x):
        return streamed_batches(arrays, min(batch_size, n), padding)
    with tf.device("CPU"):  # where tf.data works
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
    """The batches of `evaluation_batches`, read as they are asked for."""
    n = len(arrays["x"])
    tails = {name: array.shape[1:] for name, array in arrays.items()} | {"sample_weight": ()}

    def read(number: int) -> list[np.ndarray]:
        rows = slice(int(number) * batch_size, (int(number) + 1) * batch_size)
        parts = {name: np.asarray(values[rows], np.float32) for name, values in arrays.items()}
        weight = parts.setdefault("sample_weight", np.ones(len(parts["x"]), np.float32))
        missing = batch_size - len(weight) if padding else 0
        if missing:
            parts = {
                name: np.concatenate([part, np.repeat(part[-1:], missing, 0)]) for name, part in parts.items()
            }
            parts["sample_weight"][-missing:] = 0.0
        return [parts[name] for name in tails]

    def batch(number: Any) -> dict[str, Any]:
        values = tf.numpy_function(read, [number], [tf.float32] * len(tails))
        length = batch_size if padding else None
        shapes = [(length, *tail) for tail in tails.values()]
        shaped = [tf.ensure_shape(value, shape) for value, shape in zip(values, shapes, strict=True)]
        return dict(zip(tails, shaped, strict=True))

    return tf.data.Dataset.range(-(-n // batch_size)).map(batch).prefetch(2).with_options(options())


def options() -> tf.data.Options:
    """No autotuning: there is nothing to tune, and the end of `fit` would wait for its thread, seconds long."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return options
