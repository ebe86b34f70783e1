"""Rows read back from the files of a run in pieces, and the rows of several files joined."""

import csv
import io
import itertools
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, TextIO

import numpy as np

from kvae.errors import InputError
from kvae.runs.files import whole_file
from kvae.runs.npy import Header, check_length, numbers_in, read_header, read_plain_npy
from kvae.runs.plain import is_plain, open_plain

ROWS_AT_ONCE = 100_000
CLUSTERS = "clusters"  # the file with a row per cluster
LONGEST_LINE = 2**26  # bytes: more than a row of numbers has


def rows_in(path: Path, n: int) -> Iterator[tuple[int, np.ndarray]]:
    """The `n` rows of a file in bounded pieces, each with the number of its first row.

    Args:
        path: The file without its suffix, as in `write_rows`; the value columns of a `.csv` begin with its name.
        n: How many rows there are.

    Raises:
        InputError: When the file does not hold numbers in every row.
    """
    named, table = (path.with_name(f"{path.name}.{ending}") for ending in ("csv", "txt"))
    if is_plain(named):
        yield from named_rows(named, path.name.rsplit("_", 1)[0])
        return
    if not is_plain(table):
        z = read_plain_npy(table.with_suffix(".npy"))
        yield from ((start, np.asarray(z[start : start + ROWS_AT_ONCE])) for start in range(0, n, ROWS_AT_ONCE))
        return
    with open_plain(table) as stored, io.TextIOWrapper(stored, encoding="utf-8") as file:
        for start in range(0, n, ROWS_AT_ONCE):
            z = numbers_in(itertools.islice(file, ROWS_AT_ONCE))
            if len(z) != min(ROWS_AT_ONCE, n - start):
                raise InputError(f"{table} cannot be read: it has lines without numbers")
            yield start, z


def named_rows(path: Path, prefix: str) -> Iterator[tuple[int, np.ndarray]]:
    """`rows_in` for a `.csv`, whose last columns hold the values: a prefix and a number, `z0`, `z1`."""
    import polars as pl

    with open_plain(path) as stored, io.TextIOWrapper(stored, encoding="utf-8", newline="") as file:
        names, start = next(csv.reader(file)), 0
        n = sum(1 for _ in itertools.takewhile(lambda name: re.fullmatch(rf"{prefix}\d+", name), reversed(names)))
        types = {f"column_{i + 1}": pl.String if i < len(names) - n else pl.Float64 for i in range(len(names))}
        while lines := whole_lines(file):
            try:
                frame = pl.read_csv(lines.encode(), has_header=False, schema=types)[:, len(names) - n :]
            except pl.exceptions.PolarsError as error:
                raise InputError(f"{path} cannot be read: {' '.join(str(error).split())[:200]}") from error
            if any(frame.null_count().row(0)):
                raise InputError(f"{path} cannot be read: it has rows without numbers")
            yield start, frame.to_numpy(order="c")
            start += len(frame)


def whole_lines(file: TextIO) -> str:
    """The next lines of a `.csv`, cut at no line end inside quotes; empty at the end of the file."""
    text = "".join(itertools.islice(file, ROWS_AT_ONCE))
    while text.count('"') % 2 and (more := file.readline()):
        text += more
    return text


def row_files(folder: Path, mode: str) -> list[Path]:
    """The files of rows that a mode wrote for a module, sorted; without the one with a row per cluster."""
    files = [file for file in sorted(folder.glob(f"*_{mode}.*")) if file.suffix in (".txt", ".npy", ".csv")]
    return [file for file in files if file.stem != f"{CLUSTERS}_{mode}"]


def join_files(files: Sequence[Path], counts: Sequence[int], folder: Path) -> None:
    """Join the rows of several files in order to a file of the same name in `folder`.

    Args:
        files: The files, of one name and format.
        counts: How many rows each of them must have.
        folder: Where the joined file is written.

    Raises:
        InputError: When a file is missing, or has other columns or another number of rows.
    """
    missing = [str(file) for file in files if not is_plain(file)]
    if missing:
        raise InputError(f"a shard lacks a file that others have: {', '.join(missing)}")
    known: Header | None = None
    first = b""
    with whole_file(folder / files[0].name) as part, part.open("wb") as out:
        for file, count in zip(files, counts, strict=True):
            with open_plain(file) as source:
                if file.suffix == ".npy":
                    known = copy_array(source, out, file, count, sum(counts), known)
                elif file.suffix == ".csv":
                    names = source.readline(LONGEST_LINE)
                    out.write(b"" if first else names)
                    copy_lines(source, out, file, count)
                    if first and names != first:
                        raise InputError(f"{file} cannot be joined: its column names differ from the first's")
                    first = names
                else:
                    copy_lines(source, out, file, count)


def copy_array(source: BinaryIO, out: BinaryIO, file: Path, count: int, n: int, known: Header | None) -> Header:
    """Append the numbers of an `.npy` file under one header for all `n` rows; `known` is the first file's."""
    try:
        shape, fortran, dtype = header = read_header(source)
        check_length(header, os.fstat(source.fileno()).st_size - source.tell())
        if not shape or (fortran and len(shape) > 1):
            raise ValueError(f"it holds no rows in C order, but an array of shape {shape}")
        if known is not None and (shape[1:], dtype) != (known[0][1:], known[2]):
            raise ValueError(f"its rows are {dtype} {shape[1:]}, those of the first {known[2]} {known[0][1:]}")
    except ValueError as error:
        raise InputError(f"{file} cannot be joined: {error}") from error
    check_rows(file, shape[0], count)
    if known is None:
        joined = {"descr": dtype.str, "fortran_order": False, "shape": (n, *shape[1:])}
        np.lib.format.write_array_header_1_0(out, joined)
    shutil.copyfileobj(source, out)
    return header


def copy_lines(source: BinaryIO, out: BinaryIO, file: Path, count: int) -> None:
    """Append the lines of a text file; a line end inside quotes does not end a row."""
    lines = length = 0
    quoted = False
    while chunk := source.read(1 << 20):
        parts = chunk.split(b'"')
        lines += sum(part.count(b"\n") for part in parts[int(quoted) :: 2])
        quoted ^= len(parts) % 2 == 0
        last = chunk.rfind(b"\n")
        length = length + len(chunk) if last < 0 else len(chunk) - last - 1
        if length > LONGEST_LINE:
            raise InputError(f"{file} cannot be joined: it has a line of more than {LONGEST_LINE >> 20} MiB")
        out.write(chunk)
    check_rows(file, lines, count)


def check_rows(file: Path, rows: int, count: int) -> None:
    """Raise InputError unless a file has as many rows as it should."""
    if rows != count:
        raise InputError(f"{file} must have {count} rows. Received: {rows}")
