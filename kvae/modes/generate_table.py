"""`mode=generate` of a run that learnt a table: how many rows, from which codes, and what they are beside."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from kvae.errors import InputError
from kvae.modes.generate_results import Made
from kvae.options.schema import Config

if TYPE_CHECKING:
    from kvae.data.stored import Rows
    from kvae.uses.conditions import Condition
    from kvae.uses.opened import Opened

log = logging.getLogger(__name__)

# Rows that are made where the user does not say: as many as were learnt, at most; where those cannot be read.
MOST, OTHERWISE = 10_000, 1_000
# Learnt rows that are looked at for the picture, and how many must keep the conditions to be shown alone.
LOOKED_AT, FEWEST = 100_000, 20


def new_rows(config: Config, learnt: Opened, draw: str, asked: tuple[Condition, ...]) -> Made:
    """New rows of a table from the codes that `mode.sampler` names, all of which keep the conditions `asked`.

    Raises:
        InputError: For conditions that no row keeps, or learning rows that a mixture needs and that cannot be read
            any more.
    """
    from kvae.uses.new_rows import new_rows as made
    from kvae.uses.new_rows import rows_for_mixture

    mode, table = config.mode, learnt.spec.table
    assert table is not None
    mixed = rows_for_mixture(learnt, mode.sampler)
    rows = readable(learnt) if mixed is None else mixed
    n = mode.n or (OTHERWISE if rows is None else min(len(rows), MOST))
    if mode.n is None:
        log.info("%s rows are made; another number with mode.n", f"{n:,}")
    if lacking := [one.name for one in table.left_out if one.value is None]:
        log.info("not made, since they were left out of what was learnt: %s", ", ".join(lacking))
    x, z = made(learnt, n, config.run.seed, asked, mixed, mode.n_components, draw)
    title = "new rows" if not asked else f"new rows with {', '.join(one.said for one in asked)}"
    beside, what = compared(rows, asked)
    return Made(x, z, title, beside, (what,) if what else ())


def readable(learnt: Opened) -> Rows | None:
    """The rows that were learnt, to show them beside new ones; None where they cannot be read any more."""
    from kvae.uses.new_rows import rows_that_were_learnt

    try:
        return rows_that_were_learnt(learnt)
    except InputError:
        log.info("the picture lacks the rows that were learnt, which cannot be read any more")
        return None


def compared(rows: Rows | None, asked: tuple[Condition, ...]) -> tuple[np.ndarray | None, str]:
    """Learnt rows to show beside new ones, and what they are: those that keep the conditions, where some do."""
    from kvae.uses.evaluation.encoding import evenly_spread

    if rows is None:
        return None, ""
    some = np.asarray(rows[evenly_spread(len(rows), LOOKED_AT)])
    if not asked:
        return some, "learnt rows"
    kept = some[np.all([one.holds(some[:, one.place]) for one in asked], axis=0)]
    if len(kept) >= FEWEST:
        return kept, f"the {len(kept):,} learnt rows with that"
    return some, f"all learnt rows ({len(kept)} with that)"
