"""How a run's passes over the data fall into steps, blocks and logged intervals."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

# Steps in one compiled call: enough that Python's share vanishes, few enough that progress stays lively.
STEPS_PER_BLOCK = 50


@dataclass(frozen=True)
class Plan:
    """The order of work of a run, a function of its numbers and of `seed` alone.

    An iteration is one pass over the data, as in Serket. Every `log_every` iterations make an interval, after
    which the run logs, validates and may checkpoint; Keras calls it an epoch. An interval is cut into blocks
    of equally many steps, each of which is one compiled call.

    Attributes:
        n: Observations in the learning data.
        batch_size: Observations per step; the last step of a pass takes what is left.
        itr: Iterations of the whole run.
        log_every: Iterations per interval.
        seed: Source of every shuffle.
        start: Iterations that are done already (a resumed run).
    """

    n: int
    batch_size: int
    itr: int
    log_every: int
    seed: int
    start: int = 0

    @property
    def steps_per_pass(self) -> int:
        return math.ceil(self.n / self.batch_size)

    @property
    def blocks_per_interval(self) -> int:
        return math.ceil(self.log_every * self.steps_per_pass / STEPS_PER_BLOCK)

    @property
    def steps_per_block(self) -> int:
        return math.ceil(self.log_every * self.steps_per_pass / self.blocks_per_interval)

    @property
    def first_interval(self) -> int:
        return self.start // self.log_every

    @property
    def n_intervals(self) -> int:
        return math.ceil(self.itr / self.log_every)

    def interval(self, number: int) -> tuple[int, int]:
        """First iteration of an interval, and the iteration after its last."""
        first = max(number * self.log_every, self.start)
        return first, min((number + 1) * self.log_every, self.itr)

    def iteration(self, interval: int, block: int) -> float:
        """Iterations that are done when a block of an interval begins; a fraction within a pass."""
        first, stop = self.interval(interval)
        return min(stop, first + block * self.steps_per_block / self.steps_per_pass)

    def rows_of_pass(self, iteration: int) -> np.ndarray:
        """Row numbers `(steps_per_pass, batch_size)` in the order of one pass; -1 fills the last batch up."""
        rows = np.full(self.steps_per_pass * self.batch_size, -1, np.int32)
        order = np.arange(self.n)
        if self.steps_per_pass > 1:
            order = np.random.default_rng((self.seed, iteration)).permutation(self.n)
        rows[: self.n] = order
        return rows.reshape(self.steps_per_pass, self.batch_size)

    def blocks(self) -> Iterator[dict[str, np.ndarray]]:
        """All blocks of the run in order, `blocks_per_interval` of them per interval.

        Yields:
            `rows` `(steps_per_block, batch_size)` int32, with 0 where `sample_weight` (same shape, float32) is
            0; `steps`, the number of filled batches; `number`, which counts blocks from iteration 0.
        """
        for interval in range(self.first_interval, self.n_intervals):
            batches = self._batches(interval)
            for block in range(self.blocks_per_interval):
                rows = np.full((self.steps_per_block, self.batch_size), -1, np.int32)
                steps = 0
                for steps, batch in enumerate(_take(batches, self.steps_per_block), 1):
                    rows[steps - 1] = batch
                yield {
                    "rows": np.maximum(rows, 0),
                    "sample_weight": (rows >= 0).astype(np.float32),
                    "steps": np.array(steps, np.int32),
                    "number": np.array(interval * self.blocks_per_interval + block, np.int32),
                }

    def _batches(self, interval: int) -> Iterator[np.ndarray]:
        for iteration in range(*self.interval(interval)):
            yield from self.rows_of_pass(iteration)


def _take(items: Iterator[np.ndarray], n: int) -> Iterator[np.ndarray]:
    for _, item in zip(range(n), items, strict=False):
        yield item
