"""The ladder of a column: a monotone map from its numbers to logits of their ranks, with a step at every atom."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np


class Ladder(NamedTuple):
    """The bins and atoms of `kvae.table.bins` by rising values, with the logits of the ranks at their ends.

    For integers a piece `[low, high)` is a set of them; for other numbers a bin is an interval, an atom one value.
    Gaps between bins and atoms are pieces too. In a gap both logits are the same, or they differ by the
    share of the rows that new values are expected to have (`unmet` of `kvae.table.bins`).

    Attributes:
        start: Where a piece begins, `(n_pieces,)`: float32 values `>= start` lie in it or in a later one.
        low, high: Its ends; they are equal for an atom that is no integer.
        begin, end: Logits of the share of rows below its ends. Half a row is added below the first piece and above
            the last, so that all logits are finite.
        is_atom: Whether the piece is one value.
    """

    start: np.ndarray
    low: np.ndarray
    high: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    is_atom: np.ndarray

    @property
    def met(self) -> np.ndarray:
        """Which pieces have values, or may have new ones, as booleans."""
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
        if piece[0] > filled[-1][1]:  # no value lies between the two
            length = (piece[0] - filled[-1][1]) / coding.get("step", 1.0)
            filled.append((filled[-1][1], piece[0], length * coding.get("unmet", 0.0), False))
        filled.append(piece)
    low, high, counts, is_atom = (np.array(part) for part in zip(*filled, strict=True))
    ranks = (np.concatenate([[0.0], np.cumsum(counts)]) + 0.5) / (counts.sum() + 1.0)
    logits = np.log(ranks) - np.log1p(-ranks)
    start = low.astype(np.float64)
    # The piece after an atom begins at the next float32 at the earliest, because float32 lacks large integers.
    behind = np.flatnonzero(is_atom[:-1]) + 1
    single = low[behind - 1].astype(np.float32)
    least = np.float32(np.finfo(np.float32).tiny)  # some machines compare smaller numbers as 0
    start[behind] = np.maximum(start[behind], np.maximum(np.nextafter(single, np.float32(np.inf)), single + least))
    return Ladder(
        start, low.astype(np.float64), high.astype(np.float64), logits[:-1], logits[1:], is_atom.astype(bool)
    )


def _less_atoms(
    low: float, high: float, count: float, atoms: Any, unit: float
) -> list[tuple[float, float, float, bool]]:
    """A bin as the pieces between the atoms in it; its count is divided in proportion to their lengths."""
    inner = [atom for atom in atoms if (low <= atom if unit else low < atom) and atom < high]
    starts, ends = [low, *(atom + unit for atom in inner)], [*inner, high]
    parts = [(a, b) for a, b in zip(starts, ends, strict=True) if b > a]
    length = sum(b - a for a, b in parts)
    return [(a, b, count * (b - a) / length, False) for a, b in parts]
