"""A chunk of rows as it is coded, and what is looked at before it is coded or decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from kvae.uses.compression.coding_model import CodingModel

# Words at the start, for a code of any length: that of a million dimensions.
MOST_START = 2**20


@dataclass(frozen=True)
class CodedRows:
    """A chunk of coded rows: all that decoding takes beside the model and its precision.

    Attributes:
        n: How many rows.
        words: What is on the stack at the end, from the bottom, uint32.
        n_start: How many words of a fixed generator lay on the stack before the first row.
        batches: How many rows were coded at a time, in the order of coding; their sum is `n`.
        n_values: How many values there are, for a likelihood without a largest one; else None.
        messages: The priors that came with the rows, packed; None for N(0, I).
        check: CRC-32 of the levels.
    """

    n: int
    words: np.ndarray
    n_start: int
    batches: tuple[int, ...]
    n_values: int | None
    messages: bytes | None
    check: int


def as_exponents(model: CodingModel, precision: tuple[int, ...]) -> np.ndarray:
    """A precision as an array; ValueError for what is none of the model's."""
    exponents = np.asarray(precision)
    fits = exponents.shape == (model.latent_dim,) and exponents.dtype.kind == "i"
    if not fits or exponents.min() < -64 or exponents.max() > 64:
        raise ValueError(
            f"a precision has {model.latent_dim} whole numbers, one of every latent dimension. "
            f"Received: {precision!r}"
        )
    return exponents.astype(np.int64)


def as_levels(model: CodingModel, levels: np.ndarray) -> np.ndarray:
    """Levels, looked at.

    Raises:
        ValueError: For another shape, or levels that the likelihood does not have.
    """
    levels = np.asarray(levels)
    if levels.shape[1:] != model.data_shape or levels.dtype.kind not in "iu":
        raise ValueError(
            f"levels must be integers of shape (n, {', '.join(map(str, model.data_shape))}). "
            f"Received: {levels.dtype} of shape {levels.shape}"
        )
    lowest, highest = levels.min(initial=0), levels.max(initial=0)
    most = model.n_values
    if lowest < 0 or (most is not None and highest >= most):
        raise ValueError(
            f"levels must lie from 0 to {'any' if most is None else most - 1}. Received: {lowest} to {highest}"
        )
    return levels


def check_counts(model: CodingModel, coded: CodedRows) -> None:
    """Raise ValueError for counts that do not go together, before anything is made of them."""
    sizes = np.asarray(coded.batches, np.int64)
    fits = sizes.sum() == coded.n >= 0 and (sizes.min(initial=1) >= 1)
    if not fits or sizes.max(initial=1) > model.rows_at_once:
        raise ValueError(damaged(f"batches of 1 to {model.rows_at_once} rows that sum to n"))
    if not 0 <= coded.n_start <= MOST_START or (not coded.n and len(coded.words)):
        raise ValueError(damaged("the number of its words cannot be"))
    if (coded.n_values is None) != (model.n_values is not None):
        raise ValueError(damaged("the number of values must be there where the likelihood has no largest one"))


def damaged(why: str) -> str:
    """What is said of a chunk that cannot be decoded."""
    return f"the chunk is damaged, or was made with another model or message: {why}"
