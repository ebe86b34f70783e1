"""`python -m benchmarks.cells x.csv ...`: how often the single wrong cell of a row is ranked first.

One cell of every held-out row is made wrong: a category is replaced by another one, a number by that of another
row ("in range") or by one four standard deviations away ("far"). A table is learnt as `python run.py data=table`
learns it.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.table import markdown
from kvae.table import Column

KINDS = ("category", "in range", "far")
SHIFT = 4.0


def plant(x: np.ndarray, columns: tuple[Column, ...], seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows `(n, n_columns)` with one wrong cell each, its column and kind of error, `(n,)`; draws from `seed`."""
    rng = np.random.default_rng(seed)
    wrong, places, kinds = x.copy(), np.empty(len(x), int), np.empty(len(x), int)
    for i, row in enumerate(x):
        place = rng.choice(np.flatnonzero(~np.isnan(row)))
        known = x[~np.isnan(x[:, place]), place]
        others = known[known != row[place]]
        if not columns[place].is_number:
            kinds[i], wrong[i, place] = 0, rng.choice(np.unique(others))
        elif rng.random() < 0.5:
            kinds[i], wrong[i, place] = 1, rng.choice(others)
        else:
            kinds[i], wrong[i, place] = 2, moved(row[place], known, rng)
        places[i] = place
    return wrong, places, kinds


def moved(value: float, known: np.ndarray, rng: np.random.Generator) -> float:
    """A number four standard deviations away; not downwards if that makes a non-negative column negative."""
    shift = SHIFT * float(known.std())
    down = rng.random() < 0.5 and (known.min() < 0 or value - shift > 0)
    found = value - shift if down else value + shift
    return float(np.round(found)) if np.all(known == np.round(known)) else float(found)


def by_frequency(learning: np.ndarray, columns: tuple[Column, ...]) -> Callable[[np.ndarray], np.ndarray]:
    """The surprise of cells from their column alone: rare categories and extreme numbers have large values."""

    def surprise(x: np.ndarray) -> np.ndarray:
        found = np.full(x.shape, -np.inf)
        for place, column in enumerate(columns):
            known = np.sort(learning[~np.isnan(learning[:, place]), place])
            left, right = (np.searchsorted(known, x[:, place], side) for side in ("left", "right"))
            tail = right - left if not column.is_number else 2 * np.minimum(right, len(known) - left)
            found[:, place] = -np.log((1 + tail) / (1 + len(known)))
        return np.where(np.isnan(x), -np.inf, found)

    return surprise


def measure(path: str, label: str | None, seed: int) -> list[list[str]]:
    """Rows of the table of results for one file."""
    from kvae.config import compose
    from kvae.data import load_data
    from kvae.modes import learn
    from kvae.runs import RunFolder
    from kvae.uses.cells import Usual, cell_scores
    from kvae.uses.opened import open_folder

    keys = ["data=table", f"data.path={path}", f"seed={seed}", *([f"data.label_column={label}"] if label else [])]
    config = compose(*keys)
    with tempfile.TemporaryDirectory() as folder:
        learn.run(config, RunFolder(folder))
        learnt = open_folder(RunFolder(folder))
    data = load_data(config.data, seed, learnt.spec)
    columns, learning = learnt.spec.table.columns, data.train.x
    wrong, places, kinds = plant(data.test.x, columns, seed)
    some = np.unique(np.linspace(0, len(learning) - 1, 2000).astype(int))
    usual = Usual.of(cell_scores(learnt.vae, learning[some]).nats)
    others = usual.surprise(cell_scores(learnt.vae, wrong).nats)
    alone = by_frequency(learning, columns)(wrong)
    rows = []
    for kind, name in enumerate(KINDS):
        here = np.flatnonzero(kinds == kind)
        if len(here) == 0:
            continue
        found = [Path(path).name, name, f"{len(here):,}", f"{1 / len(columns):.2f}"]
        for surprise in (alone, others):
            order = np.argsort(-np.nan_to_num(surprise[here], nan=-np.inf), axis=1)
            hits = order == places[here, None]
            found += [f"{hits[:, 0].mean():.2f}", f"{hits[:, :2].any(axis=1).mean():.2f}"]
        rows.append(found)
        print("  ".join(found), flush=True)
    return rows


def main() -> None:
    """Measure the given files, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", help="x.csv, or x.csv:LABEL")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows: list[list[str]] = []
    for file in options.files:
        path, _, label = file.partition(":")
        rows += measure(path, label or None, options.seed)
    header = [
        "table",
        "error",
        "cells",
        "guessing",
        "by its column: first",
        "of two",
        "by the others: first",
        "of two",
    ]
    print(markdown(header, rows))


if __name__ == "__main__":
    main()
