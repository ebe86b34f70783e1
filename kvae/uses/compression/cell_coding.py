"""Entropy coding of cells: each under the counts of those before it, so that no table of frequencies is stored.

The rows of a chunk are taken in blocks that grow. A block's cells of one dimension are coded under

    mass(k) ~ (how many rows before were in cell k) + strength * (what a bell-shaped curve gives cell k)

The curve, a Student t density, is all that is known of the first block; `strength`, how many rows it counts as, is
what takes the fewest bits. A static table of frequencies, coarse or fine, takes more: its own bits come on top.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kvae.uses.compression.archive.varints import take_varint, varint
from kvae.uses.compression.cells import MOST_CELLS, TO_SD, Cells
from kvae.uses.compression.stack import Stack, constriction

FIRST_BLOCK = 32
DEGREES = 5.0  # of freedom; the curve's power is a whole number with them
HEIGHT = 2.0**20
# Widths of curves are whole numbers of this share of a cell.
PARTS = 8
# 4^1 to 4^8.
STRENGTHS = 8


@dataclass(frozen=True)
class Curve:
    """What is known of a dimension before its first row.

    Attributes:
        count: How many cells there are.
        middle: The cell in which the curve is highest.
        width: Standard deviation of the curve, in eighths of a cell.
        strength: As how many rows it counts, as a power of 4.
    """

    count: int
    middle: int
    width: int
    strength: int

    def masses(self) -> np.ndarray:
        """A whole number from 1 on for every cell; they sum to about 2^20, float64 `(count,)`.

        Of additions, multiplications, divisions and roundings alone: the same on every machine.
        """
        t = (np.arange(self.count, dtype=np.float64) - self.middle) * (PARTS / self.width)
        one = 1.0 + t * t / DEGREES
        heights = np.rint(HEIGHT / (one * one * one))
        return np.floor(heights * (HEIGHT / max(heights.sum(), 1.0))) + 1.0

    def __call__(self, seen: np.ndarray, masses: np.ndarray) -> np.ndarray:
        """Masses of the next block's cells, whole numbers, after `seen` counts `(count,)`."""
        return seen * masses.sum() + 4.0**self.strength * masses


def blocks(n: int) -> Iterator[slice]:
    """The rows of a chunk in blocks: 32, then half as many as all before."""
    start = 0
    while start < n:
        stop = min(n, start + max(FIRST_BLOCK, start // 2))
        yield slice(start, stop)
        start = stop


def choose_curve(cells: np.ndarray, count: int, middle: int) -> Curve:
    """The curve for the cells `(n,)` of a dimension."""
    away = float(np.abs(cells.astype(np.int64) - middle).sum()) / len(cells)
    width = max(1, round(PARTS * TO_SD * away))
    tried = [Curve(count, middle, width, strength) for strength in range(1, STRENGTHS + 1)]
    return min(tried, key=lambda curve: float(bits_of(cells, curve).sum()))


def bits_of(cells: np.ndarray, curve: Curve) -> np.ndarray:
    """What the cells `(n,)` of a dimension cost, in bits, `(n,)`."""
    masses = curve.masses()
    total, weight = masses.sum(), 4.0**curve.strength
    seen, bits = np.zeros(curve.count), np.empty(len(cells))
    for rows in blocks(len(cells)):
        here = cells[rows]
        bits[rows] = np.log2((rows.start + weight) * total) - np.log2(seen[here] * total + weight * masses[here])
        seen += np.bincount(here, minlength=curve.count)
    return bits


def to_code(cells: Cells) -> Iterator[tuple[int, int, int]]:
    """The dimensions of more than one cell: their numbers, how many cells, and the cell around which they lie."""
    middles = np.clip(-cells.lowest, 0, cells.count - 1)
    for column in np.flatnonzero(cells.count > 1).tolist():
        yield column, int(cells.count[column]), int(middles[column])


def encode_cells(index: np.ndarray, cells: Cells) -> tuple[bytes, np.ndarray]:
    """Code the cells `(n, latent_dim)` that rows are in: the bytes, and the bits of each row, `(n,)`.

    Args:
        index: Of the rows, `cells.index(codes)`.
        cells: Which there are. Of a dimension with one cell nothing is coded.

    Raises:
        ModuleNotFoundError: Without `constriction`, with what to type.
    """
    n, bits, head = len(index), np.zeros(len(index)), []
    pushes: list[tuple[slice, int, np.ndarray]] = []
    for column, count, middle in to_code(cells):
        here = np.ascontiguousarray(index[:, column])
        curve = choose_curve(here, count, middle)
        head += [varint(curve.width), varint(curve.strength)]
        bits += bits_of(here, curve)
        masses, seen = curve.masses(), np.zeros(curve.count)
        for rows in blocks(n):
            pushes.append((rows, column, curve(seen, masses)))
            seen = seen + np.bincount(here[rows], minlength=curve.count)
    stack = Stack()
    for rows, column, masses in sorted(pushes, key=lambda push: (push[0].start, push[1]), reverse=True):
        stack.push(np.ascontiguousarray(index[rows, column]), model_of(masses))
    return b"".join([*head, stack.words().astype("<u4").tobytes()]), bits


def decode_cells(content: bytes, place: int, n: int, cells: Cells) -> np.ndarray:
    """The cells `(n, latent_dim)` that `encode_cells` coded, from `place` to the end, int32.

    Raises:
        ValueError: When the code is damaged.
        ModuleNotFoundError: Without `constriction`, with what to type.
    """
    curves: dict[int, Curve] = {}
    for column, count, middle in to_code(cells):
        width, place = take_varint(content, place)
        strength, place = take_varint(content, place)
        curves[column] = checked(Curve(count, middle, width, strength))
    if (len(content) - place) % 4:
        raise ValueError("its words are cut off")
    stack = Stack(words=np.frombuffer(content, "<u4", offset=place).astype(np.uint32))
    index = np.zeros((n, len(cells.count)), np.int32)
    masses = {column: curve.masses() for column, curve in curves.items()}
    seen = {column: np.zeros(curve.count) for column, curve in curves.items()}
    for rows in blocks(n):
        for column, curve in curves.items():
            here = stack.pop(model_of(curve(seen[column], masses[column])), rows.stop - rows.start)
            index[rows, column] = here
            seen[column] += np.bincount(here, minlength=curve.count)
    if not stack.is_start(0):
        raise ValueError("its words do not end where its rows do: they are damaged, or of another chunk")
    return index


def checked(curve: Curve) -> Curve:
    """Raise ValueError for a curve that none is; it comes back as it is."""
    if not 1 <= curve.width <= PARTS * MOST_CELLS:
        raise ValueError(f"no curve over {curve.count} cells is {curve.width} eighths of a cell wide")
    if not 1 <= curve.strength <= STRENGTHS:
        raise ValueError(f"a curve counts as 4^1 to 4^{STRENGTHS} rows. Received: 4^{curve.strength}")
    return curve


def model_of(masses: np.ndarray) -> object:
    """The entropy coder's model of whole masses."""
    return constriction().stream.model.Categorical(masses, perfect=False)
