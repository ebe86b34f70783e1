"""Writers of rows of numbers: text for `numpy.loadtxt`, `.npy`, and `.csv` with names and further columns."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np

from kvae.runs.csv_values import plain

# Columns that precede the values in a `.csv`, by name, with an entry per row: row numbers or ids, labels.
Beside = Mapping[str, Sequence[Any] | np.ndarray]
NUMBERS_AT_ONCE = 2**23
# Wider rows are written as several rows of a narrower frame: each column of a frame costs time.
WIDE = 1024


def names_for(name: str, shape: Sequence[int], given: Sequence[str] | None = None) -> list[str]:
    """The names of value columns: those `given`, or the file's prefix and a number, `z0 z1 z2` in `z_recog`."""
    if given is not None:
        return list(given)
    prefix = name.rsplit("_", 1)[0]
    return [f"{prefix}{i}" for i in range(math.prod(shape))] if shape else [prefix]


def npy_writer(file: BinaryIO, n: int, columns: int) -> Callable[[np.ndarray], None]:
    """A function that appends rows to an array of `n` rows; the first ones determine its type."""
    begun = False

    def write(table: np.ndarray) -> None:
        nonlocal begun
        if not begun:
            header = {"descr": table.dtype.str, "fortran_order": False, "shape": (n, columns)}
            np.lib.format.write_array_header_1_0(file, header)
        begun = True
        file.write(table.data)

    return write


def text_writer(file: BinaryIO) -> Callable[[np.ndarray], None]:
    """A function that appends rows, space-separated, in the shortest form that reads back to the same float."""
    import polars as pl

    def write(table: np.ndarray) -> None:
        for values in at_once(table):
            width = line_width(values.shape[1])
            frame = pl.DataFrame(values.reshape(-1, width), orient="row")
            if width == values.shape[1]:
                frame.write_csv(file, separator=" ", include_header=False)
                continue
            ends = np.full(len(frame), " ")
            ends[values.shape[1] // width - 1 :: values.shape[1] // width] = "\n"
            last = pl.col(frame.columns[-1]).cast(pl.String) + pl.Series(ends)
            lines = frame.with_columns(last)  # a line ends in a space inside its row, and in a line end after it
            lines.write_csv(file, separator=" ", include_header=False, line_terminator="", quote_style="never")

    return write


def at_once(table: np.ndarray) -> Iterator[np.ndarray]:
    """Rows `(n, columns)` in pieces of a bounded number of values."""
    rows = max(1, NUMBERS_AT_ONCE // max(1, table.shape[1]))
    for start in range(0, len(table), rows):
        yield table[start : start + rows]


def line_width(columns: int) -> int:
    """How many numbers a frame has per line for rows of `columns` numbers: all, or for wide rows a divisor."""
    if columns <= WIDE:
        return columns
    return max((width for width in range(16, 257) if columns % width == 0), default=columns)


def csv_writer(file: BinaryIO, names: Sequence[str], beside: Beside) -> Callable[[np.ndarray], None]:
    """A function that appends rows under a line of names, after the columns `beside` them."""
    import polars as pl

    done, lead = 0, apart(beside, names)

    def write(table: np.ndarray) -> None:
        nonlocal done
        for values in at_once(table):
            columns = [as_column(name, column[done : done + len(values)]) for name, column in lead.items()]
            columns += [pl.Series(name, values[:, i]) for i, name in enumerate(names)]
            pl.DataFrame(columns).write_csv(file, include_header=done == 0)
            done += len(values)

    return write


def frame_writer(
    file: BinaryIO, beside: Beside, separator: str = ",", names: Sequence[str] | None = (), missing: str = ""
) -> Callable[[Any], None]:
    """A function that appends polars DataFrames under a line of names, after the columns `beside` them.

    `names` replace the names of the columns; empty keeps them, and None writes no line of names. A missing value
    is written as `missing`.
    """
    import polars as pl

    done = 0

    def write(frame: Any) -> None:
        nonlocal done
        n = len(frame)
        lead = apart(beside, frame.columns)
        columns = [as_column(name, column[done : done + n]) for name, column in lead.items()]
        if names:
            frame = frame.rename(dict(zip(frame.columns, names, strict=True)))
        frame = plain(frame)
        # hstack keeps an empty name, which a new DataFrame would replace.
        whole = pl.DataFrame(columns).hstack(frame) if columns else frame
        first = names is not None and done == 0
        whole.write_csv(file, include_header=first, separator=separator, null_value=missing)
        done += n

    return write


def apart(beside: Beside, names: Sequence[str]) -> Beside:
    """The columns beside values, with `_` appended to names that are taken."""
    taken, found = set(names), {}
    for name, column in beside.items():
        while name in taken:
            name += "_"
        taken.add(name)
        found[name] = column
    return found


def as_column(name: str, values: Sequence[Any] | np.ndarray) -> Any:
    """Numbers or text as a column; text is put on one line, and empty text becomes null."""
    import polars as pl

    array = np.asarray(values)
    if array.dtype.kind not in "USO":
        return pl.Series(name, array)
    return pl.Series(name, [" ".join(str(value).split()) or None for value in array.tolist()], dtype=pl.String)
