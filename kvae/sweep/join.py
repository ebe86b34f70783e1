"""The shards of a recognition, put together in the data's order."""

import csv
import itertools
import logging
import math
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from kvae import plots
from kvae.artifacts import ModuleFolder, RunFolder, select
from kvae.errors import InputError
from kvae.files import relative, whole_file
from kvae.metrics import Spread, clustering_metrics
from kvae.modes.finish import finish_run
from kvae.npy import check_length, open_npz, read_header, read_npy

log = logging.getLogger(__name__)

# Metrics that are means over observations.
MEANS = ("loss", "reconstruction", "kl", "bits_per_dim")
ROWS_AT_ONCE = 100_000


@dataclass(frozen=True)
class Piece:
    """A finished shard: its run folder, the rows that it has, and what it was made with."""

    folder: RunFolder
    start: int
    stop: int
    number: int
    of: int
    n: int
    learnt_run: str
    config: dict[str, Any]


def join(path: Path) -> RunFolder:
    """Put the shards under a sweep's folder together, in its folder `joined`.

    Raises:
        InputError: When a shard is missing, or they are not all of one recognition.
    """
    pieces = pieces_in(path)
    first = pieces[0]
    folder = RunFolder(path / "joined", first.config["format"])
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


def pieces_in(path: Path) -> list[Piece]:
    """The finished shards under a folder, in order.

    Raises:
        InputError: When there are none, one is missing, or they differ.
    """
    found: dict[int, Piece] = {}
    for file in sorted(path.glob("**/run.json")):
        run = RunFolder(file.parent)
        config = run.read_config()
        if config.get("shard") and select(config, "mode.shard") is not None and run.finished:
            rows, learnt = config.pop("shard"), config.pop("learnt_run")
            piece = Piece(run, rows["start"], rows["stop"], rows["number"], rows["of"], rows["n"], learnt, config)
            if piece.number in found:
                raise InputError(
                    f"there are two shards {piece.number}: {relative(found[piece.number].folder.path)} and "
                    f"{relative(run.path)}. Name the folder of one sweep"
                )
            found[piece.number] = piece
    if not found:
        raise InputError(
            f"{path} has no finished shard: they are made by mode=recog mode.shard=0,1 mode.n_shards=2"
        )
    check_complete(path, found)
    return [found[number] for number in sorted(found)]


def check_complete(path: Path, found: dict[int, Piece]) -> None:
    """Raise InputError unless shards are all those of one recognition."""
    any_piece = next(iter(found.values()))
    for name in ("of", "n", "learnt_run"):
        values = {getattr(piece, name): piece for piece in found.values()}
        if len(values) > 1:
            texts = ", ".join(f"shard {piece.number} has {value}" for value, piece in values.items())
            raise InputError(f"the shards in {path} are not of one recognition; in {name} they differ: {texts}")
    missing = [str(number) for number in range(any_piece.of) if number not in found]
    if missing:
        raise InputError(
            f"{len(missing)} of {any_piece.of} shards are missing or not finished in {path}: "
            f"{', '.join(missing)}. Type  python run.py resume={path}"
        )


def join_files(files: Sequence[Path], pieces: Sequence[Piece], folder: Path) -> None:
    """Write the rows of several files one after the other to a file of their name."""
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise InputError(f"a shard lacks a file that others have: {', '.join(missing)}")
    with whole_file(folder / files[0].name) as part, part.open("wb") as out:
        for i, (file, piece) in enumerate(zip(files, pieces, strict=True)):
            with file.open("rb") as source:
                if file.suffix == ".npy":
                    copy_array(source, out, file, piece, first=i == 0)
                elif file.suffix == ".csv":
                    names = source.readline()
                    out.write(names if i == 0 else b"")
                    copy_lines(source, out, file, piece)
                else:
                    copy_lines(source, out, file, piece)


def copy_array(source: BinaryIO, out: BinaryIO, file: Path, piece: Piece, first: bool) -> None:
    """Append the numbers of an `.npy` file, under a header for all of them."""
    try:
        shape, _, dtype = header = read_header(source)
        begin = source.tell()
        check_length(header, file.stat().st_size - begin)
    except ValueError as error:
        raise InputError(f"{file} cannot be joined: {error}") from error
    check_rows(file, shape[0], piece)
    if first:
        whole = {"descr": dtype.str, "fortran_order": False, "shape": (piece.n, *shape[1:])}
        np.lib.format.write_array_header_1_0(out, whole)
    shutil.copyfileobj(source, out)


def copy_lines(source: BinaryIO, out: BinaryIO, file: Path, piece: Piece) -> None:
    """Append the lines of a text file."""
    lines = 0
    while chunk := source.read(1 << 20):
        lines += chunk.count(b"\n")
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
    n = sum(rows)
    metrics: dict[str, float] = {
        name: math.fsum(own[name] * count for own, count in zip(of_shards, rows, strict=True)) / n
        for name in MEANS
    }
    spread, shown = latent_codes(folder.vae, n)
    folder.vae.write_figure("latent_recog", plots.latent_map, shown)
    if select(pieces[0].config, "mode.latent") == "mean":
        metrics["active_units"] = spread.active_units
    metrics |= agreement([piece.folder.gmm for piece in pieces])
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
    named = folder.path / "z_recog.csv"
    if named.is_file():
        yield from named_codes(named)
        return
    text = folder.path / "z_recog.txt"
    if not text.is_file():
        z = read_npy(text.with_suffix(".npy"), mmap=True)
        yield from ((start, np.asarray(z[start : start + ROWS_AT_ONCE])) for start in range(0, n, ROWS_AT_ONCE))
        return
    with text.open(encoding="utf-8") as file:
        for start in range(0, n, ROWS_AT_ONCE):
            yield start, np.loadtxt(itertools.islice(file, ROWS_AT_ONCE), ndmin=2)


def named_codes(path: Path) -> Iterator[tuple[int, np.ndarray]]:
    """The same of a file with names, whose last columns are the codes."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        names, start = next(reader), 0
        n = sum(1 for _ in itertools.takewhile(lambda name: re.fullmatch(r"z\d+", name), reversed(names)))
        while rows := [row[-n:] for row in itertools.islice(reader, ROWS_AT_ONCE)]:
            yield start, np.array(rows, np.float64)
            start += len(rows)


def agreement(folders: Sequence[ModuleFolder]) -> dict[str, float]:
    """How well classes agree with labels, where the shards counted both; `{}` elsewhere."""
    if not all(folder.counts.is_file() for folder in folders):
        return {}
    classes, labels = [], []
    for folder in folders:
        with open_npz(folder.counts) as arrays:
            counts, class_names, label_names = (arrays[name] for name in ("counts", "classes", "labels"))
        class_numbers, label_numbers = np.nonzero(counts)
        times = counts[class_numbers, label_numbers]
        classes.append(np.repeat(class_names[class_numbers], times))
        labels.append(np.repeat(label_names[label_numbers], times))
    return clustering_metrics(np.concatenate(classes), np.concatenate(labels))
