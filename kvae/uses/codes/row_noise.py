"""Noise of rows that depends on each row alone, and not on the rows beside it."""

import hashlib
from typing import Any

import numpy as np


class RowNoise:
    """A source of noise per row, seeded by a seed and the values of the row.

    A row has the same noise in every call, whatever rows come with it and in which order; other rows have other
    noise, so that their errors are independent.

    Args:
        generators: One for every row.
    """

    def __init__(self, generators: list[np.random.Generator]):
        self.generators = generators

    @classmethod
    def of(cls, x: np.ndarray, seed: int) -> "RowNoise":
        """The noise of rows `(n, ...)`, NaN where a value is missing."""
        flat = np.ascontiguousarray(x, np.float32).reshape(len(x), -1) + np.float32(0)  # -0 is 0
        flat[np.isnan(flat)] = np.nan  # NaN has many bit patterns
        return cls([np.random.default_rng([seed, digest(row)]) for row in flat])

    def rows(self, rows: np.ndarray | slice) -> "RowNoise":
        """The sources of some rows, which go on where they are."""
        return RowNoise([self.generators[row] for row in np.arange(len(self.generators))[rows]])

    def standard_normal(self, shape: tuple[int, ...]) -> np.ndarray:
        """Draws of N(0, 1), `(S, n, d)`, with an entry of the second axis for every row."""
        n_samples, _, *tail = shape
        drawn = [generator.standard_normal((n_samples, *tail)) for generator in self.generators]
        return np.stack(drawn, axis=1) if drawn else np.empty(shape)


Noise = np.random.Generator | RowNoise


def noise_of(rng: Noise, rows: np.ndarray | slice) -> Any:
    """The source of the noise of some rows."""
    return rng.rows(rows) if isinstance(rng, RowNoise) else rng


def digest(row: np.ndarray) -> int:
    """A number of 64 bits that differs between rows with other values."""
    return int.from_bytes(hashlib.blake2b(row.tobytes(), digest_size=8).digest(), "little")
