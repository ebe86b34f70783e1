"""The similarity of generated tables to real ones, and their usefulness: kvae's command line beside others.

A fifth of the rows, drawn by the seed, is held out. Each method learns the other rows, and generates as many.
"""

import importlib.util
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.column_mixture import COMPONENTS, mixture_rows
from benchmarks.table import markdown

ROOT = Path(__file__).resolve().parent.parent
HELD_OUT = 0.2
TVAE_EPOCHS = 300  # its default
# The key for labels that are given to the rows that they are likeliest for.
LIKELIEST = "mode.draw_label=likeliest"
# Names of methods with their new rows and the seconds of learning.
Made = dict[str, tuple[np.ndarray, float]]
MEASURES = ("shape", "trend", "c2st", "tstr", "dcr", "seconds")


class Split(NamedTuple):
    """A table, split into learning and held-out rows.

    Attributes:
        frame: The learning rows as a polars DataFrame.
        spec: The kinds of its columns.
        x, x_test: Learning and held-out rows, `(n, n_columns)`.
        label: The name of the column with labels.
    """

    frame: Any
    spec: Any
    x: np.ndarray
    x_test: np.ndarray
    label: str


def shared_out(path: str, label: str, seed: int) -> Split:
    """The rows of a file, a fifth of which, drawn by the seed, is held out."""
    from kvae.data.table import encode, infer_columns, read_frame

    frame = read_frame(path)
    order = np.random.default_rng(seed).permutation(len(frame))
    n = len(frame) - int(HELD_OUT * len(frame))
    learnt, test = frame[order[:n].tolist()], frame[order[n:].tolist()]
    spec = infer_columns(learnt, label)
    return Split(learnt, spec, encode(learnt, spec), encode(test, spec, unseen="other"), label)


def kvae_rows(split: Split, seed: int) -> Made:
    """Rows from the commands for learning and generating, with default keys and with `LIKELIEST`."""
    from kvae.data.table import encode, read_frame, write_table

    with tempfile.TemporaryDirectory() as place:
        path, outputs = Path(place) / "table.csv", Path(place) / "outputs"
        write_table(path, split.frame)
        keys = ["data=table", f"data.path={path}", f"data.label_column={split.label}"]
        keys += [f"outputs={outputs}", f"seed={seed}"]
        began = time.perf_counter()
        command(keys)
        seconds = time.perf_counter() - began
        found: Made = {}
        for name, more in {"kvae": [], f"kvae, {LIKELIEST}": [LIKELIEST]}.items():
            folder = outputs / str(len(found))
            command([*keys, "mode=generate", f"mode.n={len(split.x)}", f"hydra.run.dir={folder}", *more])
            (made,) = folder.rglob("x_generate.csv")
            found[name] = encode(read_frame(made), split.spec, unseen="other"), seconds
        return found


def command(keys: list[str]) -> None:
    """Run `run.py`."""
    ran([sys.executable, str(ROOT / "run.py"), *keys])


def ran(line: list[str]) -> str:
    """The output of a command.

    Raises:
        RuntimeError: When the command fails, with its output.
    """
    done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"{' '.join(line)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


def column_mixture(split: Split, seed: int) -> Made:
    """New rows from a mixture of independent columns."""
    began = time.perf_counter()
    made = mixture_rows(split.x.astype(np.float64), split.spec.columns, seed)
    rows = as_written(made, split)
    return {f"mixture of independent columns, {COMPONENTS}": (rows, time.perf_counter() - began)}


def independent(split: Split, seed: int) -> Made:
    """The learning rows with every column shuffled by itself."""
    began, rng = time.perf_counter(), np.random.default_rng(seed)
    made = np.stack([rng.permutation(column) for column in split.x.T], axis=1)
    return {"independent columns": (made, time.perf_counter() - began)}


def tvae(split: Split, seed: int) -> Made:
    """New rows from CTGAN's TVAE with its defaults; it learns only rows without missing values.

    Raises:
        ImportError: When `ctgan` is not installed.
        RuntimeError: When it fails, with its output.
    """
    import polars as pl

    from kvae.data.table import decode

    if importlib.util.find_spec("ctgan") is None:
        raise ImportError(name="ctgan")
    names = [column.name for column in split.spec.columns if not column.is_number]
    with tempfile.TemporaryDirectory() as place:
        whole, made = Path(place) / "whole.parquet", Path(place) / "made.parquet"
        decode(split.x, split.spec).drop_nulls().write_parquet(whole)
        sizes = [str(value) for value in (len(split.x), TVAE_EPOCHS, seed)]
        done = ran([sys.executable, "-m", "benchmarks.tvae_rows", str(whole), str(made), *sizes, *names])
        return {"TVAE (ctgan)": (as_numbers(pl.read_parquet(made), split), float(done.split()[-1]))}


def as_numbers(made: Any, split: Split) -> np.ndarray:
    """A DataFrame in the form of `decode` as rows; values are kept that kvae refuses, such as a price of -146."""
    found = np.full(split.x.shape, np.nan)
    for j, column in enumerate(split.spec.columns):
        values = made[column.name].to_numpy()
        if column.is_number:
            found[:, j] = values.astype(np.float64)
        else:
            places = {name: place for place, name in enumerate(column.categories or ())}
            found[:, j] = [places.get(str(value), np.nan) for value in values]
    return found


def as_written(x: np.ndarray, split: Split) -> np.ndarray:
    """Rows rounded to the decimals of the table."""
    from kvae.data.table import decode, encode

    return encode(decode(x.astype(np.float32), split.spec), split.spec)


MAKERS: tuple[Callable[[Split, int], Made], ...] = (kvae_rows, column_mixture, independent, tvae)


def scores(split: Split, made: np.ndarray, seed: int) -> dict[str, float]:
    """The metrics of `mode=evaluate` with the same names; shape, trend and C2ST compare with the learning rows."""
    from kvae.metrics.tables.privacy import privacy_metrics
    from kvae.metrics.tables.shapes import shape_metrics
    from kvae.metrics.tables.trends import pair_trends, trend_metrics
    from kvae.metrics.tables.two_samples import c2st_metrics
    from kvae.metrics.tables.usefulness import usefulness

    columns, label = split.spec.columns, split.spec.place(split.label)
    found = shape_metrics(split.x, made, columns) | trend_metrics(pair_trends(split.x, made, columns))
    found |= c2st_metrics(split.x, made, columns, seed)
    found |= privacy_metrics(split.x, made, split.x_test, columns, seed)
    useful = usefulness(made, split.x_test, columns, label, seed)
    return found | ({} if useful is None else {"tstr": useful})


def tables(repeats: int, paths: list[str], labels: list[str]) -> str:
    """Means over `repeats` seeds for every table, and notes on missing methods."""
    from kvae.metrics.tables.usefulness import usefulness

    parts, missing = [], {}
    for path, label in zip(paths, labels, strict=True):
        found: dict[str, list[dict[str, float]]] = {}
        real = []
        for seed in range(repeats):
            split = shared_out(path, label, seed)
            real.append(
                usefulness(split.x, split.x_test, split.spec.columns, split.spec.place(label), seed) or np.nan
            )
            for maker in MAKERS:
                try:
                    made = maker(split, seed)
                except ImportError as error:
                    missing[maker.__name__] = error.name or str(error)
                    continue
                for name, (rows_made, seconds) in made.items():
                    found.setdefault(name, []).append(scores(split, rows_made, seed) | {"seconds": seconds})
                    print(Path(path).name, seed, name, found[name][-1], flush=True)
        rows = [[name, *(said(ones, measure) for measure in MEASURES)] for name, ones in found.items()]
        title = (
            f"`{Path(path).name}`, label `{label}`: {len(split.x):,} rows learnt, {len(split.x_test):,} kept apart"
        )
        said_real = f"learning on real rows has a TSTR of {np.mean(real):.3f}"
        parts.append(f"{title}; {said_real}.\n\n{markdown(['', *MEASURES], rows)}")
    parts += [f"Not measured: {name} ({why} is missing)" for name, why in missing.items()]
    return "\n\n".join(parts)


def said(ones: list[dict[str, float]], measure: str) -> str:
    """The mean of a measure over the seeds."""
    values = [one[measure] for one in ones if measure in one]
    if not values:
        return ""
    return f"{np.mean(values):,.1f}" if measure == "seconds" else f"{np.mean(values):.3f}"
