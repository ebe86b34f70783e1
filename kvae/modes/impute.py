"""`mode=impute`: fill the gaps of a table with a learnt VAE."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np

from kvae.data.pieces import pieces
from kvae.errors import InputError
from kvae.metrics.imputation import imputed
from kvae.metrics.work import speed
from kvae.modes.finish import finish_run
from kvae.modes.options import RowsConfig
from kvae.options.rules import NULL, Name, Rule, integer, one_of
from kvae.options.schema import Config
from kvae.runs import RunFolder
from kvae.tracking import NoTracker, Tracker

if TYPE_CHECKING:
    from kvae.data.table.filling import TableToFill
    from kvae.uses.imputation import Imputed
    from kvae.uses.opened import Chosen, Opened

log = logging.getLogger(__name__)

# Names of the files that it may write to the folder of the VAE.
RESULTS = r"impute(_\d+|_uncertainty)?\.csv|imputed\.png"

MOST = 200  # files that are written at once
N = Rule(f"an integer from 1 to {MOST}", lambda v: integer(1, 5).accepts(v) and v <= MOST, 5)
# Rows whose values the picture shows.
SHOWN = 100_000


@dataclass(frozen=True, kw_only=True)
class Options(RowsConfig):
    """The keys of `mode=impute`."""

    name: Name = "impute"
    split: Annotated[str, one_of("test", "train", "all")] = "all"
    n: Annotated[int, N] = 1
    draw: Annotated[str | None, one_of("mean", "mode", "sample") | NULL] = None
    n_samples: Annotated[int, integer(1, 128)] = 128

    needs_messages: ClassVar[bool] = True


def run(config: Config, folder: RunFolder, tracker: Tracker | None = None) -> tuple[dict[str, float], RunFolder]:
    """Fill the gaps of rows with the learnt run that the config names or fits; never trains.

    Writes `impute.csv`, or `impute_1.csv` and so on of several imputations, the table as it is with its gaps
    filled, `impute_uncertainty.csv`, and a picture. Draws from `seed`. `tracker` records the run.

    Raises:
        InputError: When no learnt run fits, or the data does not fit it.
    """
    from kvae.data.table.filling import open_to_fill
    from kvae.modes.learnt_keys import as_learnt
    from kvae.modes.opening import choose_rows, open_learnt, refuse_conditional

    began, mode = time.perf_counter(), config.mode
    check_draw(mode)
    learnt = open_learnt(config)
    if learnt.spec.table is None:
        raise InputError(
            f"mode=impute needs a run that learnt a table, and {learnt.folder.path} learnt other data. Learn one "
            "with data=table data.path=x.csv, or choose another run with mode.run=FOLDER"
        )
    refuse_conditional(learnt, "mode=impute")
    log.info("imputing with %s", learnt.folder.path)
    chosen = choose_rows(config, learnt)
    table = open_to_fill(config.data.path, learnt.spec.table, as_learnt(config, learnt.folder).data.text)
    log.info("data %s: %s rows (%s), %s", config.data.name, f"{len(chosen.part):,}", chosen.which, what(mode))
    if stay := table.gaps_that_stay():
        log.info("gaps of columns that were not learnt, or have one value, stay gaps: %s", ", ".join(stay[:20]))
    (tracker or NoTracker()).begin(folder)
    folder.reopen(RESULTS)
    folder.write_run(config.plain | {"learnt_run": str(learnt.folder.path)})
    found = fill(config, learnt, chosen, table, folder)
    metrics = results(found, learnt, folder, mode.n_samples)
    metrics |= speed(time.perf_counter() - began, len(chosen.part))
    finish_run(folder, metrics)
    return metrics, folder


def check_draw(mode: Any) -> None:
    """Raise InputError where several imputations are asked for that are not draws."""
    if mode.n > 1 and mode.draw not in (None, "sample"):
        raise InputError(
            f"mode.n={mode.n} imputations differ only where they are drawn. Type mode.draw=sample, or mode.n=1. "
            f"Received: mode.draw={mode.draw}"
        )


def what(mode: Any) -> str:
    """What gaps are filled with, in words."""
    if mode.draw == "sample" or mode.n > 1:
        return "gaps filled by a draw" if mode.n == 1 else f"gaps filled by {mode.n} draws each"
    numbers = "median" if mode.draw == "mode" else "mean"
    return f"gaps filled by the {numbers} of numbers and the most probable category"


@dataclass
class Found:
    """What was found while all rows were filled.

    Attributes:
        cells, rows: How many gaps were filled, and in how many rows.
        of: How many values there are, gaps included.
        unknown: Rows of which nothing was known.
        effective: Effective number of importance samples of each row with gaps.
        x, filled: For the picture: rows with their gaps, and only the filled values of these rows, else NaN.
    """

    cells: int
    rows: int
    of: int
    unknown: int
    effective: np.ndarray
    x: np.ndarray
    filled: np.ndarray


def fill(config: Config, learnt: Opened, chosen: Chosen, table: TableToFill, folder: RunFolder) -> Found:
    """Fill and write all rows, a bounded number at a time."""
    from kvae.training.progress import counted

    part, mode = chosen.part, config.mode
    numbers: Any = range(len(part)) if part.numbers is None else part.numbers
    counts, n_kept = np.zeros(4, np.int64), 0
    effective, kept = [], []
    rng = np.random.default_rng(config.run.seed)
    with (
        files_of(mode.n, len(part), table, folder) as (write, write_uncertainty),
        counted("rows", len(part)) as count,
    ):
        for start, x in pieces(part.x):
            gaps = table.gaps(x)
            given = None if chosen.messages is None else chosen.messages.rows(slice(start, start + len(x)))
            done = filled(learnt, x, given, mode, rng, after(start, count))
            came = table.rows(numbers[start : start + len(x)])
            for write_one, values in zip(write, done.x, strict=True):
                write_one(table.filled(came, gaps, values))
            write_uncertainty(table.beside_gaps(gaps, done.uncertainty))
            counts += [gaps.sum(), gaps.any(axis=1).sum(), gaps.size, np.isnan(x).all(axis=1).sum()]
            effective.append(done.effective[gaps.any(axis=1)])
            shown = slice(max(0, SHOWN - n_kept))
            kept.append((x[shown], np.where(gaps, done.x[0], np.nan)[shown]))
            n_kept += len(x)
            count(start + len(x))
    cells, rows, of, unknown = map(int, counts)
    shown_x, shown_filled = (np.concatenate(parts) for parts in zip(*kept, strict=True))
    return Found(cells, rows, of, unknown, np.concatenate(effective), shown_x, shown_filled)


def after(start: int, count: Callable[[int], None]) -> Callable[[int], None]:
    """`count` for rows that come after `start` others."""
    return lambda rows: count(start + rows)


def filled(
    learnt: Opened, x: np.ndarray, given: Any, mode: Any, rng: np.random.Generator, count: Callable[[int], None]
) -> Imputed:
    """Some rows with their gaps filled, under the messages of the modules that were learnt with them."""
    from kvae.uses.imputation import impute

    message = learnt.messages(x, given)
    prior = {} if message is None else message.as_prior()
    return impute(learnt.vae, x, mode.n, mode.draw, mode.n_samples, rng, count=count, **prior)


@contextlib.contextmanager
def files_of(n: int, rows: int, table: TableToFill, folder: RunFolder) -> Iterator[tuple[list[Any], Any]]:
    """Functions that append rows to the files of `n` imputations, and one for their uncertainty."""
    names = ["impute"] if n == 1 else [f"impute_{k + 1}" for k in range(n)]
    with contextlib.ExitStack() as files:
        *writers, uncertainty = (
            files.enter_context(folder.vae.frames_writer(name, rows, table.separator, table.header))
            for name in (*names, "impute_uncertainty")
        )
        yield writers, uncertainty


def results(found: Found, learnt: Opened, folder: RunFolder, n_samples: int) -> dict[str, float]:
    """Log and draw what was filled; return the metrics."""
    from kvae import plots
    from kvae.modules.table_rows import texts_of
    from kvae.uses.codes_given import poor

    if not found.cells:
        log.info("the table has no gaps in the columns that were learnt: it is written unchanged")
        return imputed(0, found.of, 0)
    if found.unknown:
        log.info("%s rows have no known value: they are filled from the prior alone", f"{found.unknown:,}")
    if (words := poor(found.effective, n_samples)) is not None:
        log.warning("warning: %s", words.replace("n_samples", "mode.n_samples"))
    table = learnt.spec.table
    assert table is not None
    places = [place for place in range(len(table.columns)) if np.isfinite(found.filled[:, place]).any()]
    if places:
        columns, as_text = ([every[place] for place in places] for every in (table.columns, texts_of(table)))
        shown = (found.x[:, places], found.filled[:, places], columns, as_text)
        folder.vae.write_figure("imputed", plots.imputed_columns, *shown)
    return imputed(found.cells, found.of, found.rows, found.effective)
