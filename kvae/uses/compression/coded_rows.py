"""A chunk of coded rows, and the checks before coding and decoding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from kvae.uses.compression.coding_model import CodingModel

# Most words at the start: enough for a code of about a million dimensions.
MOST_START = 2**20


@dataclass(frozen=True)
class CodedRows:
    """A chunk of coded rows: all that decoding needs besides the model and its precision.

    Attributes:
        n: Number of rows.
        words: The stack after coding, from the bottom, uint32.
        n_start: Number of words of a fixed generator on the stack before the first row.
        batches: Sizes of the batches of rows, in the order of coding; their sum is `n`.
        n_values: Number of values, for a likelihood without a largest value; else None.
        messages: The packed priors of the rows; None for N(0, I).
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
    """A precision as an array; raises ValueError where it does not fit the model."""
    exponents = np.asarray(precision)
    fits = exponents.shape == (model.latent_dim,) and exponents.dtype.kind == "i"
    if not fits or exponents.min() < -64 or exponents.max() > 64:
        raise ValueError(
            f"a precision has {model.latent_dim} whole numbers, one per latent dimension. Received: {precision!r}"
        )
    return exponents.astype(np.int64)


def as_levels(model: CodingModel, levels: np.ndarray) -> np.ndarray:
    """Levels as an array, checked.

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
    """Raise ValueError for counts that contradict each other, before memory is allocated by them."""
    sizes = np.asarray(coded.batches, np.int64)
    fits = sizes.sum() == coded.n >= 0 and (sizes.min(initial=1) >= 1)
    if not fits or sizes.max(initial=1) > model.rows_at_once:
        raise ValueError(damaged(f"its batches must have 1 to {model.rows_at_once} rows, {coded.n} in all"))
    if not 0 <= coded.n_start <= MOST_START or (not coded.n and len(coded.words)):
        raise ValueError(damaged("its number of words is out of range"))
    if (coded.n_values is None) != (model.n_values is not None):
        raise ValueError(damaged("the number of values is given only for a likelihood without a largest one"))


def damaged(why: str) -> str:
    """The text of an error for a chunk that cannot be decoded."""
    return f"the chunk is damaged, or was made with another model or message: {why}"
