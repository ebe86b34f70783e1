"""The compiled loop: a block of training steps in one call.

A block is a data set element that holds many batches, so that Python, Keras's callbacks and the data pipeline
are paid once per block and not once per step. It comes in three forms, all dictionaries with `steps`, the
number of batches that are filled:

- resident: `rows` `(n_batches, batch)` are row numbers of `x` `(n, *data_shape)`, which stays on the device;
- streamed: `x` `(n_batches, batch, *data_shape)` are the batches themselves;
- whole: `x` `(n, *data_shape)`, on the device as well, is the batch of every step.

The first two have `sample_weight` `(n_batches, batch)`, zero where a batch is padded; the third has none. Where
these are not only zeros and ones, `n` `(n_batches,)` is the number of rows of each batch. If networks must not see
padding (`kvae.networks.rowwise`), `short` `(n_batches,)` says which batches are padded.
`prior_mu` and `prior_cov` are optional and have the leading axes of `x`.
"""

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from kvae.training.replicas import WHOLE, Batch, Part

Tensor = Any


def is_block(data: Any) -> bool:
    """Whether a data set element is a block of batches rather than one batch."""
    return isinstance(data, dict) and "steps" in data


def batch_of_block(
    block: dict[str, Tensor], step: Tensor, size: int | None = None, part: Part = WHOLE
) -> tuple[dict[str, Tensor], Tensor | None]:
    """Inputs and `sample_weight` of a part of batch number `step` of a block, or of its first `size` rows.

    Where there are weights, `n` among the inputs is the number of rows of the whole batch without padding.
    """
    names: tuple[str, ...] = ("x", "prior_mu", "prior_cov")
    inputs = {name: block[name] for name in names if name in block}
    if "sample_weight" not in block:
        return {name: part.of(values) for name, values in inputs.items()}, None

    def taken(values: Tensor) -> Tensor:
        return part.of(values[step] if size is None else values[step][:size])  # twice: a static shape

    n = block["n"][step] if "n" in block else tf.reduce_sum(block["sample_weight"][step])
    if "rows" in block:
        rows = taken(block["rows"])
        inputs = {name: tf.gather(values, rows) for name, values in inputs.items()}
    else:
        inputs = {name: taken(values) for name, values in inputs.items()}
    return {**inputs, "n": n}, taken(block["sample_weight"])


def run_block(train_on: Callable[[Batch], None], block: dict[str, Tensor], rest: int | None = None) -> None:
    """Call `train_on` with every filled batch of `block`, in order.

    Args:
        train_on: Takes a step on a batch.
        block: A block, as described at the top of this file.
        rest: The number of rows of short batches; None if there are none, or if networks may see padding.
    """
    weighted = "sample_weight" in block
    size = block["sample_weight"].shape[1] if weighted else block["x"].shape[0]

    def take(step: Tensor, rows: int | None) -> Tensor:
        train_on(Batch(functools.partial(batch_of_block, block, step, rows), rows or size))
        return step + 1

    def body(step: Tensor) -> tuple[Tensor]:
        if rest is None:
            return (take(step, None),)
        return (tf.cond(block["short"][step], lambda: take(step, rest), lambda: take(step, None)),)

    # The steps depend on each other through the weights.
    tf.while_loop(lambda step: step < block["steps"], body, (tf.constant(0),), parallel_iterations=1)


def repeated(
    body: Callable[..., tuple[Tensor, ...]], times: Tensor, state: tuple[Tensor, ...]
) -> tuple[Tensor, ...]:
    """`state` after `times` updates by `body(number, *state)`, with `number` from 0."""

    def step(number: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        return number + 1, *body(number, *state)

    begin = (tf.constant(0), *state)
    return tf.while_loop(lambda number, *_: number < times, step, begin, parallel_iterations=1)[1:]
