"""Observations as words: a sparse table of counts for each modality, scaled to its weight."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack

from kvae.errors import InputError

# The largest allowed difference of a sum of probabilities from 1.
ROUNDING = 1e-3


@dataclass(frozen=True)
class Words:
    """The words of one modality.

    Attributes:
        x: The counts of every row, `(n, V)`; zeros in rows that lack the modality.
        there: Which rows have the modality, `(n,)`.
        are_classes: Whether the rows are class probabilities instead of counts.
    """

    x: csr_array
    there: np.ndarray
    are_classes: bool

    @property
    def width(self) -> int:
        """The number of different words, V."""
        return int(self.x.shape[1])

    @property
    def per_row(self) -> float:
        """The mean number of words of the rows that have the modality."""
        return float(self.x.sum()) / max(1, int(self.there.sum()))


def as_words(array: np.ndarray, weight: float | None, receiver: str, sender: str) -> Words:
    """A forward message as words.

    Args:
        array: Counts `(n, ...)`, or class probabilities `(n, K')`; a row of NaN lacks the modality.
        weight: The sum to which the words of a row are scaled; None: unscaled.
        receiver, sender: Names of modules, for error texts.

    Raises:
        InputError: For numbers below 0, and rows that are NaN in part.
    """
    table = np.asarray(array, np.float64).reshape(len(array), -1)
    missing = np.isnan(table)
    there = np.asarray(~missing.all(axis=1))
    if (missing.any(axis=1) & there).any():
        row = int(np.argmax(missing.any(axis=1) & there))
        raise InputError(
            f"{receiver} needs rows that are complete, or missing as a whole. "
            f"Received from {sender}: {missing[row].sum()} of {table.shape[1]} missing in row {row}"
        )
    table = np.where(there[:, None], table, 0.0) if missing.any() else table
    if table.min() < 0:
        row = int(np.argmax((table < 0).any(axis=1)))
        raise InputError(
            f"{receiver} needs counts, or class probabilities, >= 0. "
            f"Received from {sender}: {table[row].min():g} in row {row}"
        )
    totals = table.sum(axis=1)
    are_classes = bool(np.all(np.abs(totals[there] - 1.0) < ROUNDING))
    x = csr_array(table)
    if weight is not None:
        x = csr_array(x.multiply((weight / np.where(totals > 0, totals, 1.0))[:, None]))
    return Words(x, there, are_classes)


def all_words(
    arrays: Sequence[np.ndarray], weights: Sequence[float | None], receiver: str, senders: Sequence[str]
) -> list[Words]:
    """Forward messages of several modules as words; see `as_words`."""
    parts = zip(arrays, weights, senders, strict=True)
    return [as_words(array, weight, receiver, sender) for array, weight, sender in parts]


def known_in(modalities: Sequence[Words]) -> np.ndarray:
    """Which rows have at least one modality, `(n,)`."""
    return np.asarray(np.stack([words.there for words in modalities]).any(axis=0))


def scales_of(arrays: Sequence[np.ndarray]) -> list[float]:
    """For each modality the mean number of words of the rows that have any; 1 if no row has."""
    totals = [np.nansum(np.asarray(array, np.float64).reshape(len(array), -1), axis=1) for array in arrays]
    return [float(total[total > 0].mean()) if (total > 0).any() else 1.0 for total in totals]


def stacked(modalities: Sequence[Words], trust: Sequence[float]) -> csr_array:
    """The words of several modalities side by side, `(n, sum of V)`, multiplied by their trust."""
    counts = [words.x * factor for words, factor in zip(modalities, trust, strict=True)]
    return csr_array(hstack(counts, format="csr"))
