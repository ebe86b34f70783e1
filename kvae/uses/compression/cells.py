"""Cells of latent codes, for lossy compression: their widths, the cell of a code, and the code of a cell.

Codes are whole multiples of `UNIT`, so that the sums below are exact in any order.
"""

from dataclasses import dataclass

import numpy as np

from kvae.uses.compression.archive.varints import take_varint, varint

# Latent codes lie on this grid.
UNIT = 2.0**-14
FARTHEST = 2**26  # 4096, in units
MOST_BITS = 16
# Most cells of one dimension: 2^bits of them span the bulk of the codes, and outliers have more.
MOST_CELLS = 2**16
# Standard deviations that 2^bits cells span, and the ratio of that of a normal law to its mean absolute deviation.
SPAN = 6.0
TO_SD = 1.2533141373155003
# Codes that spread by less than a tenth of the posterior's standard deviation are not informative, and their cells
# are no finer than for this spread.
LEAST_SPREAD = 0.1 * SPAN
# Precisions are summed in whole multiples of the first, and clipped to the second.
PRECISION_UNIT, MOST_PRECISION = 2.0**-10, 2.0**22
# A dimension of at most FEW_CELLS cells, with this many rows per cell, stores the mean code of each cell.
FEW_CELLS, ROWS_PER_CELL, PARTS = 8, 32, 256
# 256 * 2^(k / 8): eight widths per octave. Origins are multiples of an eighth of a width. Each takes about a byte.
EIGHTHS = (256, 279, 304, 332, 362, 395, 431, 470)
LARGEST_WIDTH = 8 * 31


@dataclass(frozen=True)
class Cells:
    """The cells of every latent dimension; all arrays are int64 `(latent_dim,)`, lengths in units.

    Attributes:
        start: Middle of cell 0, in eighths of a width.
        width: Index of the cells' width in `widths()`.
        lowest: Number of the first cell that is used.
        count: Number of cells.
        shifts: Per dimension, the distance of each cell's restored code from its middle, in 256ths of the width,
            `(count,)`; None where the middle is restored.
    """

    start: np.ndarray
    width: np.ndarray
    lowest: np.ndarray
    count: np.ndarray
    shifts: tuple[np.ndarray | None, ...]

    @property
    def step(self) -> np.ndarray:
        """Width of every cell."""
        return widths()[self.width]

    @property
    def origin(self) -> np.ndarray:
        """Middle of cell 0."""
        return (self.start * self.step) >> 3

    def index(self, codes: np.ndarray) -> np.ndarray:
        """The cells `(n, latent_dim)` in which codes lie, each from 0 to below `count`, int32."""
        cells = (2 * (codes - self.origin) + self.step) // (2 * self.step) - self.lowest
        return cells.astype(np.int32)

    def codes(self, cells: np.ndarray) -> np.ndarray:
        """The codes that the cells `(n, latent_dim)` restore, in units, int64; the same on every machine."""
        found = self.origin + (self.lowest + cells.astype(np.int64)) * self.step
        for column, (shift, step) in enumerate(zip(self.shifts, self.step.tolist(), strict=True)):
            if shift is not None:
                found[:, column] += (shift[cells[:, column]] * step) // PARTS
        return np.clip(found, -FARTHEST, FARTHEST)


def widths() -> np.ndarray:
    """All widths that cells may have, ascending, in units: whole numbers near 2^(i / 8)."""
    i = np.arange(LARGEST_WIDTH + 1)
    return (np.array(EIGHTHS)[i % 8] << (i // 8)) >> 8


def to_units(codes: np.ndarray) -> np.ndarray:
    """Codes as whole numbers of `UNIT`, int64."""
    return np.rint(np.clip(np.asarray(codes, np.float64) / UNIT, -FARTHEST, FARTHEST)).astype(np.int64)


def choose_cells(
    codes: np.ndarray, precision: np.ndarray, bits: int, prior_precision: np.ndarray | float = 1.0
) -> Cells:
    """Cells for codes `(n, latent_dim)` in units, of which 2^bits span the bulk of the most informative dimension.

    Cells of every dimension cause about the same error of the decoded observation. Near a posterior mean, this
    error grows with the square of the width times the gain: the posterior's precision less the prior's. So widths
    are inversely proportional to the square root of the mean gain; a dimension without information has one cell.
    Cells of equal width are optimal for an entropy coder at high rates (Gish and Pierce 1968).

    Args:
        codes: Posterior means.
        precision: Inverse posterior variances, `(n, latent_dim)`.
        bits: From 1 to 16.
        prior_precision: Mean inverse variances of the priors, `(latent_dim,)` or one for all.
    """
    n = len(codes)
    whole = np.rint(np.minimum(precision, MOST_PRECISION) / PRECISION_UNIT).astype(np.int64)
    gain = np.maximum(whole.sum(axis=0) / n * PRECISION_UNIT - prior_precision, PRECISION_UNIT)
    length = np.sqrt(1.0 / gain) / UNIT
    mean = (2 * codes.sum(axis=0) + n) // (2 * n)
    spread = SPAN * TO_SD * (np.abs(codes - mean).sum(axis=0) / n)
    widest = max(float((spread / length).max()), LEAST_SPREAD)
    reach = codes.max(axis=0) - codes.min(axis=0)
    wanted = np.maximum(widest / 2.0**bits * length, reach / (MOST_CELLS - 2))
    width = np.minimum(np.searchsorted(widths(), wanted), LARGEST_WIDTH)
    start = np.rint(8.0 * mean / widths()[width]).astype(np.int64)
    none = np.zeros_like(width)
    middle = Cells(start, width, none, none, (None,) * len(width))
    cells = middle.index(codes)
    lowest = cells.min(axis=0).astype(np.int64)
    count = cells.max(axis=0) - lowest + 1
    off = codes - middle.codes(cells)
    shifts = tuple(
        shifts_of(off[:, j], cells[:, j] - lowest[j], many, int(middle.step[j])) if has_shifts(many, n) else None
        for j, many in enumerate(count.tolist())
    )
    return Cells(start, width, lowest, count, shifts)


def has_shifts(count: int, n: int) -> bool:
    """Whether the cells of a dimension keep the means of their codes.

    With few cells, these means reduce the error by more than finer cells of as many bytes; with many, by less.
    """
    return 1 < count <= FEW_CELLS and n >= ROWS_PER_CELL * count


def shifts_of(off: np.ndarray, cells: np.ndarray, count: int, step: int) -> np.ndarray:
    """Mean of `off`, the distances of codes from the middle of their cell, per cell, in 256ths of the width."""
    sizes, sums = np.bincount(cells, minlength=count), np.zeros(count, np.int64)
    np.add.at(sums, cells, off)
    parts = np.rint(sums / np.maximum(sizes, 1) * (PARTS / step))
    return np.clip(parts, -PARTS // 2, PARTS // 2 - 1).astype(np.int64)


def pack_cells(cells: Cells) -> bytes:
    """The cells of a chunk as bytes, the same on every machine."""
    parts = []
    numbers = zip(*(it.tolist() for it in (cells.count, cells.width, cells.start, cells.lowest)), strict=True)
    for (count, width, start, lowest), shift in zip(numbers, cells.shifts, strict=True):
        parts += [varint(count), varint(width), varint(zigzag(start))]
        parts += [varint(-lowest)] if count > 1 else []
        parts += [] if shift is None else [(shift + PARTS // 2).astype(np.uint8).tobytes()]
    return b"".join(parts)


def unpack_cells(content: bytes, place: int, latent_dim: int, n: int) -> tuple[Cells, int]:
    """The cells that `pack_cells` packed, of a chunk of `n` rows, and the position after them.

    Raises:
        ValueError: When the bytes are damaged, or describe no valid cells.
    """
    numbers = np.zeros((4, latent_dim), np.int64)
    shifts: list[np.ndarray | None] = []
    for column in range(latent_dim):
        count, place = take_varint(content, place)
        width, place = take_varint(content, place)
        start, place = take_varint(content, place)
        below, place = take_varint(content, place) if count > 1 else (0, place)
        check_numbers(count, width, start, below)
        shift = None
        if has_shifts(count, n):
            shift = np.frombuffer(content[place : place + count], np.uint8).astype(np.int64) - PARTS // 2
            place += count
            if len(shift) < count:
                raise ValueError("a value of a cell is cut off")
        numbers[:, column] = unzigzag(start), width, -below, count
        shifts.append(shift)
    return Cells(numbers[0], numbers[1], numbers[2], numbers[3], tuple(shifts)), place


def check_numbers(count: int, width: int, start: int, below: int) -> None:
    """Raise ValueError for numbers that no cells have."""
    if not 1 <= count <= MOST_CELLS:
        raise ValueError(f"a latent dimension has from 1 to {MOST_CELLS} cells. Received: {count}")
    if width > LARGEST_WIDTH or start > 64 * FARTHEST or below > MOST_CELLS:
        raise ValueError(f"no cells are of width {width} around {start}, {below} of them below")


def zigzag(value: int) -> int:
    """Map whole numbers to those >= 0, in the order 0, -1, 1, -2, ..."""
    return 2 * value if value >= 0 else -2 * value - 1


def unzigzag(value: int) -> int:
    """The inverse of `zigzag`."""
    return -((value + 1) >> 1) if value & 1 else value >> 1
