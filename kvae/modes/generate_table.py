"""`mode=generate` of a run that learnt a table: how many rows, from which codes, and the rows shown beside."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from kvae.data.columns import listed
from kvae.errors import InputError
from kvae.modes.generate_results import Made
from kvae.options.schema import Config

if TYPE_CHECKING:
    from kvae.data.stored import Rows
    from kvae.uses.conditions import Condition
    from kvae.uses.opened import Opened

log = logging.getLogger(__name__)

# Default of `mode.n`: as many as were learnt, but at most MOST; OTHERWISE where those rows cannot be read.
MOST, OTHERWISE = 10_000, 1_000
# At most so many learnt rows are read for the picture; with conditions it shows only rows that meet them, if that
# many do.
LOOKED_AT, FEWEST = 100_000, 20


def new_rows(config: Config, learnt: Opened, draw: str, asked: tuple[Condition, ...]) -> Made:
    """New rows of a table from the codes that `mode.sampler` names, all of which meet the conditions `asked`.

    Raises:
        InputError: For conditions that no row meets, or where a mixture needs learning rows that can no longer be
            read.
    """
    from kvae.uses.new_rows import new_rows as made
    from kvae.uses.new_rows import rows_for_mixture

    mode, table = config.mode, learnt.spec.table
    assert table is not None
    mixed = rows_for_mixture(learnt, mode.sampler)
    rows = readable(learnt) if mixed is None else mixed
    n = mode.n or (OTHERWISE if rows is None else min(len(rows), MOST))
    if mode.n is None:
        log.info("generating %s rows; mode.n sets another number", f"{n:,}")
    if lacking := [one.name for one in table.left_out if one.value is None]:
        log.info("not generated, since the run did not learn these columns: %s", listed(lacking))
    label = None if mode.draw_label == "sample" else place_of_label(learnt, asked)
    gaps = mode.gaps and draw == "sample"
    x, z = made(learnt, n, config.run.seed, asked, mixed, mode.n_components, draw, whole=not gaps)
    if label is not None:
        x = with_labels(learnt, x, label, config.run.seed)
    if gaps:
        x = with_missing(x, rows, learnt, config.run.seed, asked)
    title = "new rows" if not asked else f"new rows with {', '.join(one.said for one in asked)}"
    beside, what = compared(rows, asked)
    return Made(x, z, title, beside, (what,) if what else ())


def check_condition(config: Config, learnt: Opened, sampler: str) -> None:
    """Raise InputError where codes alone do not say which values of `model.condition` a new row has."""
    mode, likelihood = config.mode, learnt.vae.likelihood
    if not likelihood.given or sampler == "posterior":
        return
    names = ",".join(likelihood.condition)
    key = f"sampler={sampler}" if mode.prior_mu is None else f"prior_mu={mode.prior_mu}"
    raise InputError(
        f"mode.{key} does not go with a run of model.condition=[{names}], to which it gives no values. "
        "Leave it out, or type mode.sampler=posterior"
    )


def place_of_label(learnt: Opened, asked: tuple[Condition, ...]) -> int:
    """The position of the label that `mode.draw_label=likeliest` gives out.

    Raises:
        InputError: When the run learnt no label of categories, or the conditions name it.
    """
    from kvae.uses.new_labels import place_to_give

    return place_to_give(learnt, "mode.draw_label", [one.place for one in asked])


def with_labels(learnt: Opened, x: np.ndarray, place: int, seed: int) -> np.ndarray:
    """New rows whose labels are given to the rows that they are likeliest for; a log line says so."""
    from kvae.training.progress import counted
    from kvae.uses.new_labels import with_likeliest

    assert learnt.spec.table is not None
    log.info("each label, %s, is given to the rows it is likeliest for", learnt.spec.table.columns[place].name)
    with counted("labels", len(x)) as count:
        return with_likeliest(learnt, x, place, seed, count)


def with_missing(
    x: np.ndarray, rows: Rows | None, learnt: Opened, seed: int, asked: tuple[Condition, ...]
) -> np.ndarray:
    """New rows with missing values where similar learnt rows have them; a log line names the columns."""
    from kvae.uses.new_gaps import names_with_gaps, with_gaps
    from kvae.uses.new_rows import without_gaps

    table = learnt.spec.table
    assert table is not None
    if rows is not None and (names := names_with_gaps(table.columns, [one.place for one in asked])):
        log.info(
            "values are missing as in similar learnt rows, in %s; mode.gaps=false leaves none missing",
            listed(names),
        )
    return with_gaps(x, rows, table.columns, seed, without_gaps(learnt, asked))


def readable(learnt: Opened) -> Rows | None:
    """The rows that were learnt, to show them beside new ones; None where they can no longer be read."""
    from kvae.uses.new_rows import rows_if_readable

    rows = rows_if_readable(learnt)
    if rows is None:
        log.info("the picture lacks the rows that were learnt, which can no longer be read")
    return rows


def compared(rows: Rows | None, asked: tuple[Condition, ...]) -> tuple[np.ndarray | None, str]:
    """Learnt rows to show beside new ones, and a name for them: those that meet the conditions, if enough do."""
    from kvae.uses.evaluation.encoding import evenly_spread

    if rows is None:
        return None, ""
    some = np.asarray(rows[evenly_spread(len(rows), LOOKED_AT)])
    if not asked:
        return some, "learnt rows"
    kept = some[np.all([one.holds(some[:, one.place]) for one in asked], axis=0)]
    if len(kept) >= FEWEST:
        return kept, f"the {len(kept):,} learnt rows that meet this"
    return some, f"all learnt rows ({len(kept)} meet this)"
