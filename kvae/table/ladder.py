"""A column's numbers on the line of their ranks: a monotone map to logits, with a step for every atom."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np


class Ladder(NamedTuple):
    """The pieces of `kvae.table.bins` in the order of their values, and the logits of the ranks at their ends.

    Of integers a piece `[low, high)` is a set of them; of other numbers a bin is an interval, an atom one value. A
    piece where nothing was met has one logit at both ends, or the share of the numbers in it that may yet be met.

    Attributes:
        start: Where a piece begins, `(n_pieces,)`, as values in float32 are compared: `value >= start`.
        low, high: Its ends, the same for an atom that is no integer.
        begin, end: Logits of the share of values below its ends. Half a row more is thought below the first piece
            and above the last, so that all are finite.
        is_atom: Whether it is one value.
    """

    start: np.ndarray
    low: np.ndarray
    high: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    is_atom: np.ndarray

    @property
    def met(self) -> np.ndarray:
        """Pieces in which there was a value, or may be one, as booleans."""
        return self.end > self.begin


def ladder(coding: Mapping[str, Any]) -> Ladder:
    """The ladder of a column whose `coding` was learnt; draws nothing."""
    whole = bool(coding["whole"])
    unit = coding.get("step", 1.0) if whole else 0.0
    pieces = [
        (atom, atom + unit, float(count), True)
        for atom, count in zip(coding["atoms"], coding["at_atoms"], strict=True)
    ]
    edges = coding["edges"]
    for low, high, count in zip(edges[:-1], edges[1:], coding["in_bins"], strict=True):
        pieces += _less_atoms(low, high, count, coding["atoms"], unit)
    pieces.sort(key=lambda piece: (piece[0], piece[1]))
    filled = pieces[:1]
    for piece in pieces[1:]:
        if piece[0] > filled[-1][1]:  # nothing was met between the two
            length = (piece[0] - filled[-1][1]) / coding.get("step", 1.0)
            filled.append((filled[-1][1], piece[0], length * coding.get("unmet", 0.0), False))
        filled.append(piece)
    low, high, counts, is_atom = (np.array(part) for part in zip(*filled, strict=True))
    ranks = (np.concatenate([[0.0], np.cumsum(counts)]) + 0.5) / (counts.sum() + 1.0)
    logits = np.log(ranks) - np.log1p(-ranks)
    start = low.astype(np.float64)
    # What comes after an atom begins right behind it: so does an integer whose neighbour float32 does not have.
    behind = np.flatnonzero(is_atom[:-1]) + 1
    single = low[behind - 1].astype(np.float32)
    least = np.float32(np.finfo(np.float32).tiny)  # what is less counts as 0 where machines compare
    start[behind] = np.maximum(start[behind], np.maximum(np.nextafter(single, np.float32(np.inf)), single + least))
    return Ladder(
        start, low.astype(np.float64), high.astype(np.float64), logits[:-1], logits[1:], is_atom.astype(bool)
    )


def _less_atoms(
    low: float, high: float, count: float, atoms: Any, unit: float
) -> list[tuple[float, float, float, bool]]:
    """A bin as the pieces between the atoms in it, which share its count by their lengths."""
    inner = [atom for atom in atoms if (low <= atom if unit else low < atom) and atom < high]
    starts, ends = [low, *(atom + unit for atom in inner)], [*inner, high]
    parts = [(a, b) for a, b in zip(starts, ends, strict=True) if b > a]
    length = sum(b - a for a, b in parts)
    return [(a, b, count * (b - a) / length, False) for a, b in parts]
