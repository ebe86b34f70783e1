"""The shards of a recognition, put together in the data's order."""

import contextlib
import csv
import io
import itertools
import logging
import math
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from kvae import plots
from kvae.errors import InputError
from kvae.metrics import Spread, clustering_metrics, meaning_of
from kvae.metrics.meaning import DECLARED, kept_in, of_kvae
from kvae.modes.finish import finish_run
from kvae.runs import ModuleFolder, RunFolder, select
from kvae.runs.files import relative, whole_file
from kvae.runs.lock import locked
from kvae.runs.npy import Header, check_length, numbers_in, open_plain_npz, read_header, read_plain_npy
from kvae.runs.plain import is_plain, open_plain
from kvae.sweep.pieces import Piece, pieces_in

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 100_000
LONGEST_LINE = 2**26  # bytes: more than a row of numbers has


def join(path: Path) -> RunFolder:
    """Put the shards under a sweep's folder together, in its folder `joined`.

    Raises:
        InputError: When a shard is missing, or they are not all of one recognition.
    """
    with damage(path):
        pieces = pieces_in(path)
        folder = RunFolder(path / "joined", pieces[0].config["format"])
        with locked(folder.path, what="sweep"):
            return join_pieces(pieces, folder)


@contextlib.contextmanager
def damage(path: Path) -> Iterator[None]:
    """Word what is wrong with the files of shards: somebody else may have made them, in any shape."""
    try:
        yield
    except InputError:
        raise
    except (OSError, ArithmeticError, IndexError, KeyError, TypeError, ValueError) as error:
        why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise InputError(f"the shards in {path} cannot be joined, they are damaged ({why})") from error


def join_pieces(pieces: list[Piece], folder: RunFolder) -> RunFolder:
    """Put shards together in a folder that this process holds."""
    first = pieces[0]
    folder.reopen()
    mode = first.config["mode"] | {"shard": None, "n_shards": None}
    folder.write_run(first.config | {"mode": mode, "learnt_run": first.learnt_run})
    for module in ("module001_vae", "module002_gmm"):
        for file in sorted((first.folder.path / module).glob("*_recog.*")):
            if file.suffix in (".txt", ".npy", ".csv") and not file.name.startswith("acc_"):
                files = [piece.folder.path / module / file.name for piece in pieces]
                join_files(files, pieces, folder.path / module)
    metrics = joined_metrics(pieces, folder)
    if "accuracy" in metrics:
        folder.gmm.write_rows("acc_recog", np.array([metrics["accuracy"]]))
    finish_run(folder, metrics)
    log.info("%d shards, %s rows, in %s", len(pieces), f"{first.n:,}", relative(folder.path))
    return folder


def join_files(files: Sequence[Path], pieces: Sequence[Piece], folder: Path) -> None:
    """Write the rows of several files one after the other to a file of their name."""
    missing = [str(file) for file in files if not is_plain(file)]
    if missing:
        raise InputError(f"a shard lacks a file that others have: {', '.join(missing)}")
    known: Header | None = None
    first = b""
    with whole_file(folder / files[0].name) as part, part.open("wb") as out:
        for file, piece in zip(files, pieces, strict=True):
            with open_plain(file) as source:
                if file.suffix == ".npy":
                    known = copy_array(source, out, file, piece, known)
                elif file.suffix == ".csv":
                    names = source.readline(LONGEST_LINE)
                    out.write(b"" if first else names)
                    copy_lines(source, out, file, piece)
                    if first and names != first:
                        raise InputError(f"{file} cannot be joined: its columns are called otherwise than others'")
                    first = names
                else:
                    copy_lines(source, out, file, piece)


def copy_array(source: BinaryIO, out: BinaryIO, file: Path, piece: Piece, known: Header | None) -> Header:
    """Append the numbers of an `.npy` file, under a header for all of them; `known` is that of the first."""
    try:
        shape, fortran, dtype = header = read_header(source)
        check_length(header, os.fstat(source.fileno()).st_size - source.tell())
        if not shape or (fortran and len(shape) > 1):
            raise ValueError(f"it holds no rows one after another, but shape {shape}")
        if known is not None and (shape[1:], dtype) != (known[0][1:], known[2]):
            raise ValueError(f"its rows are {dtype} {shape[1:]}, those of others {known[2]} {known[0][1:]}")
    except ValueError as error:
        raise InputError(f"{file} cannot be joined: {error}") from error
    check_rows(file, shape[0], piece)
    if known is None:
        joined = {"descr": dtype.str, "fortran_order": False, "shape": (piece.n, *shape[1:])}
        np.lib.format.write_array_header_1_0(out, joined)
    shutil.copyfileobj(source, out)
    return header


def copy_lines(source: BinaryIO, out: BinaryIO, file: Path, piece: Piece) -> None:
    """Append the lines of a text file."""
    lines = length = 0
    while chunk := source.read(1 << 20):
        lines += chunk.count(b"\n")
        last = chunk.rfind(b"\n")
        length = length + len(chunk) if last < 0 else len(chunk) - last - 1
        if length > LONGEST_LINE:
            raise InputError(f"{file} cannot be joined: it has a line of more than {LONGEST_LINE >> 20} MiB")
        out.write(chunk)
    check_rows(file, lines, piece)


def check_rows(file: Path, rows: int, piece: Piece) -> None:
    """Raise InputError unless a file has the rows of its shard."""
    if rows != piece.stop - piece.start:
        raise InputError(f"{file} must have {piece.stop - piece.start} rows. Received: {rows}")


def joined_metrics(pieces: Sequence[Piece], folder: RunFolder) -> dict[str, float]:
    """The metrics of all rows, from those of the shards; draws the latent map on the way."""
    of_shards = [piece.folder.read_metrics() for piece in pieces]
    rows = [piece.stop - piece.start for piece in pieces]
    for piece in pieces:
        DECLARED.update(kept_in(piece.folder.read_meanings()))
    means = [name for name in of_shards[0] if meaning_of(name).mean]
    # One of the user's own is left out where it failed for a shard.
    means = [name for name in means if name in of_kvae() or all(name in own for own in of_shards)]
    for piece, own in zip(pieces, of_shards, strict=True):
        missing = {"loss", "reconstruction", "kl", "seconds", *means} - own.keys()
        if missing:
            raise InputError(f"{piece.folder.metrics} is damaged: it lacks {', '.join(sorted(missing))}")
    n = sum(rows)
    metrics: dict[str, float] = {
        name: math.fsum(own[name] * count for own, count in zip(of_shards, rows, strict=True)) / n
        for name in means
    }
    spread, shown = latent_codes(folder.vae, n)
    folder.vae.write_figure("latent_recog", plots.latent_map, shown)
    if select(pieces[0].config, "mode.latent") == "mean":
        metrics["active_units"] = spread.active_units
    metrics |= agreement([piece.folder.gmm for piece in pieces], rows)
    seconds = math.fsum(own["seconds"] for own in of_shards)
    return metrics | {"seconds": seconds, "observations_per_second": n / seconds}


def latent_codes(folder: ModuleFolder, n: int) -> tuple[Spread, np.ndarray]:
    """How far the joined codes spread, and as many of them as are drawn."""
    spread, shown = Spread(), []
    step = max(1, n // plots.MANY_POINTS)
    for start, z in codes_in(folder, n):
        spread.add(z)
        shown.append(z[-start % step :: step])
    return spread, np.concatenate(shown)


def codes_in(folder: ModuleFolder, n: int) -> Iterator[tuple[int, np.ndarray]]:
    """The joined codes in bounded pieces, each with the number of its first row."""
    named, table = folder.path / "z_recog.csv", folder.path / "z_recog.txt"
    if is_plain(named):
        yield from named_codes(named)
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


def named_codes(path: Path) -> Iterator[tuple[int, np.ndarray]]:
    """The same of a file with names, whose last columns are the codes."""
    with open_plain(path) as stored, io.TextIOWrapper(stored, encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        names, start = next(reader), 0
        n = sum(1 for _ in itertools.takewhile(lambda name: re.fullmatch(r"z\d+", name), reversed(names)))
        while rows := [row[-n:] for row in itertools.islice(reader, ROWS_AT_ONCE)]:
            yield start, np.array(rows, np.float64)
            start += len(rows)


def agreement(folders: Sequence[ModuleFolder], rows: Sequence[int]) -> dict[str, float]:
    """How well classes agree with labels, where the shards counted both of their `rows`; `{}` elsewhere."""
    if not all(is_plain(folder.counts) for folder in folders):
        return {}
    classes, labels = [], []
    for folder, n in zip(folders, rows, strict=True):
        with open_plain_npz(folder.counts) as arrays:
            counts, class_names, label_names = (arrays[name] for name in ("counts", "classes", "labels"))
        if counts.dtype.kind not in "iu" or counts.min(initial=0) < 0 or not 0 <= counts.sum(dtype=float) <= n:
            raise InputError(f"{folder.counts} is damaged: it does not count the {n:,} rows of its shard")
        class_numbers, label_numbers = np.nonzero(counts)
        times = counts[class_numbers, label_numbers]
        classes.append(np.repeat(class_names[class_numbers], times))
        labels.append(np.repeat(label_names[label_numbers], times))
    return clustering_metrics(np.concatenate(classes), np.concatenate(labels))
