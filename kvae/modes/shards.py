"""Shards of recognition and evaluation: which rows a shard has, and its seed."""

from dataclasses import dataclass

import numpy as np

from kvae.data import Part
from kvae.errors import InputError
from kvae.modules import Gaussian


@dataclass(frozen=True)
class Shard:
    """Shard `number` (from 0) of `of`: rows `start` to before `stop` of `n`."""

    number: int
    of: int
    start: int
    stop: int
    n: int

    @property
    def whole(self) -> bool:
        """Whether it is the only shard, with all rows."""
        return self.of == 1

    @property
    def words(self) -> str:
        """Which rows it has, in words."""
        return f"{self.n:,}" if self.whole else f"rows {self.start:,} to {self.stop:,} of {self.n:,}"

    def rows_of(self, part: Part) -> Part:
        """The shard's rows of `part`, which has all; nothing is read."""
        return part.of(slice(self.start, self.stop))

    def messages_of(self, messages: Gaussian | None) -> Gaussian | None:
        """The shard's messages, of those of all rows."""
        return None if messages is None else messages.rows(slice(self.start, self.stop))

    def seed(self, seed: int) -> int:
        """The seed of the shard's noise, from the run's `seed`; it differs between shards."""
        return int(np.random.SeedSequence([seed, self.number]).generate_state(1)[0]) if not self.whole else seed


def check_shard(number: int | None, of: int | None) -> None:
    """Raise InputError where `mode.shard` and `mode.n_shards` do not go together."""
    if (number is None) != (of is None):
        missing = "mode.shard" if number is None else "mode.n_shards"
        raise InputError(f"{missing} is missing. Type both, for example -m mode.shard=0,1,2,3 mode.n_shards=4")
    if number is not None and of is not None and number >= of:
        raise InputError(f"mode.shard must be below mode.n_shards={of}, counted from 0. Received: {number}")


def shard_of(number: int | None, of: int | None, n: int) -> Shard:
    """Shard `number` of `of` equal parts of `n` rows, in the data's order; for None, all rows.

    Raises:
        InputError: When there are fewer rows than shards.
    """
    number, of = number or 0, of or 1
    if of > n:
        raise InputError(f"mode.n_shards must be at most the number of rows, {n}. Received: {of}")
    return Shard(number, of, number * n // of, (number + 1) * n // of, n)
