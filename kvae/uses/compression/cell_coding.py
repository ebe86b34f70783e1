"""Adaptive entropy coding of cells, by the counts of earlier rows: no table of frequencies is stored.

The rows of a chunk are coded in blocks of growing size. A block's cells of one dimension are coded under

    mass(k) ~ (number of earlier rows in cell k) + strength * (probability of cell k under a bell-shaped curve)

The curve is a Student t density, and the first block is coded under it alone. `strength` is the number of rows
that it counts as, chosen for the fewest bits. A static table of frequencies takes more bits, as it must be stored.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kvae.uses.compression.archive.varints import take_varint, varint
from kvae.uses.compression.cells import MOST_CELLS, TO_SD, Cells
from kvae.uses.compression.stack import Stack, constriction

FIRST_BLOCK = 32
DEGREES = 5.0  # of freedom: the density is then a power with a whole exponent, -3
HEIGHT = 2.0**20
# Widths of curves are whole multiples of 1 / PARTS of a cell.
PARTS = 8
# Strengths are 4^1 to 4^STRENGTHS.
STRENGTHS = 8


@dataclass(frozen=True)
class Curve:
    """The distribution of cells in one dimension before its first row.

    Attributes:
        count: Number of cells.
        middle: The cell in which the curve is highest.
        width: Standard deviation of the curve, in eighths of a cell.
        strength: The curve counts as 4^strength rows.
    """

    count: int
    middle: int
    width: int
    strength: int

    def masses(self) -> np.ndarray:
        """Masses of all cells, float64 `(count,)`: whole numbers of at least 1 that sum to about 2^20.

        Computed only by additions, multiplications, divisions and rounding: the same on every machine.
        """
        t = (np.arange(self.count, dtype=np.float64) - self.middle) * (PARTS / self.width)
        one = 1.0 + t * t / DEGREES
        heights = np.rint(HEIGHT / (one * one * one))
        return np.floor(heights * (HEIGHT / max(heights.sum(), 1.0))) + 1.0

    def __call__(self, seen: np.ndarray, masses: np.ndarray) -> np.ndarray:
        """Masses of the next block's cells, whole numbers, after `seen` counts `(count,)`."""
        return seen * masses.sum() + 4.0**self.strength * masses


def blocks(n: int) -> Iterator[slice]:
    """Slices of the rows of a chunk: 32 rows, then each time at least 32 and half as many as all before."""
    start = 0
    while start < n:
        stop = min(n, start + max(FIRST_BLOCK, start // 2))
        yield slice(start, stop)
        start = stop


def choose_curve(cells: np.ndarray, count: int, middle: int) -> Curve:
    """The curve for the cells `(n,)` of a dimension: its width fits them, its strength takes the fewest bits."""
    away = float(np.abs(cells.astype(np.int64) - middle).sum()) / len(cells)
    width = max(1, round(PARTS * TO_SD * away))
    tried = [Curve(count, middle, width, strength) for strength in range(1, STRENGTHS + 1)]
    return min(tried, key=lambda curve: float(bits_of(cells, curve).sum()))


def bits_of(cells: np.ndarray, curve: Curve) -> np.ndarray:
    """Bits of each of the cells `(n,)` of a dimension, `(n,)`."""
    masses = curve.masses()
    total, weight = masses.sum(), 4.0**curve.strength
    seen, bits = np.zeros(curve.count), np.empty(len(cells))
    for rows in blocks(len(cells)):
        here = cells[rows]
        bits[rows] = np.log2((rows.start + weight) * total) - np.log2(seen[here] * total + weight * masses[here])
        seen += np.bincount(here, minlength=curve.count)
    return bits


def to_code(cells: Cells) -> Iterator[tuple[int, int, int]]:
    """Yield the dimensions of more than one cell: index, number of cells, and the middle cell."""
    middles = np.clip(-cells.lowest, 0, cells.count - 1)
    for column in np.flatnonzero(cells.count > 1).tolist():
        yield column, int(cells.count[column]), int(middles[column])


def encode_cells(index: np.ndarray, cells: Cells) -> tuple[bytes, np.ndarray]:
    """Code the cells `(n, latent_dim)` of rows; return the bytes, and the bits of each row, `(n,)`.

    Args:
        index: The cells of the rows, `cells.index(codes)`.
        cells: All cells. Of a dimension with one cell nothing is coded.

    Raises:
        ModuleNotFoundError: Without the package `constriction`; says how to install it.
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
        ModuleNotFoundError: Without the package `constriction`; says how to install it.
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
        raise ValueError("its words do not end with its last row: they are damaged, or of another chunk")
    return index


def checked(curve: Curve) -> Curve:
    """Return a curve; raise ValueError where its numbers are out of range."""
    if not 1 <= curve.width <= PARTS * MOST_CELLS:
        raise ValueError(f"no curve over {curve.count} cells is {curve.width} eighths of a cell wide")
    if not 1 <= curve.strength <= STRENGTHS:
        raise ValueError(f"a curve counts as 4^1 to 4^{STRENGTHS} rows. Received: 4^{curve.strength}")
    return curve


def model_of(masses: np.ndarray) -> object:
    """The entropy coder's model of whole masses."""
    return constriction().stream.model.Categorical(masses, perfect=False)
