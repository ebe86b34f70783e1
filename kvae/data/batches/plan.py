"""How a run's passes over the data are divided into steps, blocks and logged intervals."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

# Steps in one compiled call: many, so that Python takes little of the time; few, so that progress is shown often.
STEPS_PER_BLOCK = 50


@dataclass(frozen=True)
class Plan:
    """The order of the steps of a run, a function of the attributes alone.

    An iteration is one pass over the data, as in Serket. Every `log_every` iterations are an interval, after
    which the run logs, validates and may checkpoint; Keras calls it an epoch. An interval is divided into blocks
    of equally many steps, each of which is one compiled call.

    Attributes:
        n: Observations in the learning data.
        batch_size: Observations per step; the last step of a pass takes the remaining ones.
        itr: Iterations of the whole run.
        log_every: Iterations per interval.
        seed: Seed of every shuffle.
        start: Iterations that are done already, in a resumed run.
        shuffle: Whether every pass shuffles the rows; else it has the order of the data.
        steps_at_once: The largest number of steps in one block.
        skip: Steps that are done already of the interval that begins at `start`.
        even: Whether the blocks of an interval are equally long; else all but the last have `steps_at_once` steps.
    """

    n: int
    batch_size: int
    itr: int
    log_every: int
    seed: int
    start: int = 0
    shuffle: bool = True
    steps_at_once: int = STEPS_PER_BLOCK
    skip: int = 0
    even: bool = True

    @property
    def steps_per_pass(self) -> int:
        return math.ceil(self.n / self.batch_size)

    @property
    def blocks_per_interval(self) -> int:
        return math.ceil(self.log_every * self.steps_per_pass / self.steps_at_once)

    @property
    def steps_per_block(self) -> int:
        if not self.even:
            return min(self.steps_at_once, self.log_every * self.steps_per_pass)
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
        """Iterations that are done when a block of an interval begins, with the fraction of a pass."""
        first, stop = self.interval(interval)
        return min(stop, first + block * self.steps_per_block / self.steps_per_pass)

    def steps_after(self, interval: int, block: int) -> int:
        """Steps of an interval that are done when a block of it begins."""
        first, stop = self.interval(interval)
        return min((stop - first) * self.steps_per_pass, block * self.steps_per_block)

    @property
    def first_block(self) -> int:
        return self.first_interval * self.blocks_per_interval

    @property
    def n_blocks(self) -> int:
        """Number of blocks of the whole run, with those that are done already."""
        return self.n_intervals * self.blocks_per_interval

    def block(self, number: int) -> dict[str, np.ndarray]:
        """Block `number` of the run, counted from iteration 0.

        A resumed run leaves out the steps that are done.

        Returns:
            `rows` `(steps_per_block, batch_size)`, int32 row numbers; `sample_weight` of the same shape, float32,
            which is 0 for padding, where `rows` is 0; `steps`, the number of filled batches.
        """
        rows = np.full((self.steps_per_block, self.batch_size), -1, np.int32)
        steps = int(self.steps(number))
        for step in range(steps):
            iteration, start, stop = self.place(number, step)
            rows[step, : stop - start] = self.order(iteration)[start:stop]
        return {
            "rows": np.maximum(rows, 0),
            "sample_weight": (rows >= 0).astype(np.float32),
            "steps": np.array(steps, np.int32),
        }

    def place(self, number: int, step: int) -> tuple[int, int, int]:
        """The iteration of a step of block `number`, and the first and end position of its rows in that pass."""
        interval, index = divmod(number, self.blocks_per_interval)
        step += self.done(number)
        past, batch = divmod(index * self.steps_per_block + step, self.steps_per_pass)
        start = batch * self.batch_size
        return self.interval(interval)[0] + past, start, min(start + self.batch_size, self.n)

    @property
    def rest(self) -> int | None:
        """Rows of the last batch of a pass if it is short, else None."""
        return self.n % self.batch_size or None

    def short(self, number: int) -> np.ndarray:
        """Which steps of block `number` take a short batch, `(steps_per_block,)`."""
        filled = range(int(self.steps(number)))
        places = [self.place(int(number), step) for step in filled]
        short = [stop - start < self.batch_size for _, start, stop in places]
        return np.array(short + [False] * (self.steps_per_block - len(short)))

    def steps(self, number: int) -> np.int32:
        """Filled batches of block `number`: fewer than `steps_per_block` at the end of an interval."""
        interval, index = divmod(int(number), self.blocks_per_interval)
        first, stop = self.interval(interval)
        left = (stop - first) * self.steps_per_pass - index * self.steps_per_block
        return np.int32(max(0, min(self.steps_per_block, left) - self.done(int(number))))

    def done(self, number: int) -> int:
        """Steps of block `number` that were done before the run was resumed."""
        interval, index = divmod(number, self.blocks_per_interval)
        if interval != self.first_interval:
            return 0
        return min(max(self.skip - index * self.steps_per_block, 0), self.steps_per_block)

    def order(self, iteration: int) -> np.ndarray:
        """Row numbers `(n,)` in the order of one pass; a single batch of all rows keeps the order of the data."""
        if self.steps_per_pass == 1 or not self.shuffle:
            return np.arange(self.n)
        return shuffled(self.n, self.seed, iteration)


@lru_cache(maxsize=2)  # a block may begin in one pass and end in the next
def shuffled(n: int, seed: int, iteration: int) -> np.ndarray:
    """The numbers below `n` in an order that `seed` and `iteration` determine."""
    return np.random.default_rng((seed, iteration)).permutation(n)
