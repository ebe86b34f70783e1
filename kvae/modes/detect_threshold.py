"""`mode=detect`: the rows whose scores set the threshold."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kvae.data import Data, Part, load_data
from kvae.data.dataset import normal_rows
from kvae.data.labels import is_label
from kvae.errors import InputError
from kvae.modules import Gaussian
from kvae.options.schema import Config, check

if TYPE_CHECKING:
    from kvae.uses.opened import Chosen, Opened

log = logging.getLogger(__name__)

# With fewer normal held-out rows the learning rows set the threshold. One row in 21 scores above 20 others.
ENOUGH = 20

WORDS = {"test": "held-out rows", "train": "learning rows", "all": "learning and held-out rows"}


@dataclass(frozen=True)
class Known:
    """The data that a run learnt.

    Attributes:
        config: The config that it was read with.
        data: Its learning and held-out rows.
        learnt: The run.
        split: Which of its rows are scored, `test`, `train` or `all`; None where other data is scored.
    """

    config: Config
    data: Data
    learnt: Opened
    split: str | None

    @property
    def label(self) -> str | int | bool | None:
        """The label of normal rows; None: all rows are normal."""
        return check(self.learnt.plain).data.normal_label

    def is_normal(self, part: Part) -> np.ndarray:
        """Which rows of a part count as normal, booleans `(n,)`."""
        if self.label is None or part.labels is None:
            return np.ones(len(part), bool)
        return is_label(part.labels, self.label)

    def rows(self, which: str) -> tuple[Part, Gaussian | None]:
        """The normal rows of a split, and their messages from a file, if any."""
        from kvae.modes.opening import choose, messages_for

        part = choose(self.data, which)
        if self.label is not None:
            part = normal_rows(part, check(self.learnt.plain).data, some=True)
        return part, messages_for(self.config, self.learnt, self.data, which)

    def n_held_out(self) -> int:
        """Number of normal held-out rows."""
        test = self.data.test
        return 0 if test is None else int(self.is_normal(test).sum())


def known_data(config: Config, learnt: Opened, chosen: Chosen) -> Known:
    """The data that a run learnt, which is loaded where other data is scored.

    Raises:
        InputError: When other data is scored, and the learnt data can no longer be read.
    """
    from kvae.modes.opening import is_learnt_data
    from kvae.uses.learnt_data import plain_config, say_changed

    if is_learnt_data(config, learnt.folder):
        return Known(config, chosen.data, learnt, chosen.which)
    known = check(plain_config(learnt))
    say_changed(learnt.folder, held_out=True)
    try:
        return Known(known, load_data(known.data, known.run.seed, learnt.spec).without_own(), learnt, None)
    except InputError as error:
        raise InputError(f"the threshold needs the rows that were learnt, but {error}") from error


def threshold_split(config: Config, known: Known) -> str:
    """Whose scores set the threshold, a split of the data that was learnt.

    By default those that are scored; for other data the held-out rows. New rows score as held-out rows do.
    Learning rows score lower, since a model overfits them, and stand in where few rows are held out.

    Raises:
        InputError: When `mode.threshold_split=test`, and no normal row is held out.
    """
    share, asked, n = config.mode.contamination, config.mode.threshold_split, known.n_held_out()
    which = asked or known.split or "test"
    if which != "test":
        return which
    if asked is None and n < ENOUGH:
        log.info(
            "%s, so that learning rows set the threshold: new rows may score higher than these",
            f"only {n} {'rows are' if n > 1 else 'row is'} held out" if n else "nothing is held out",
        )
        return "train"
    if n == 0:
        raise InputError(
            "mode.threshold_split=test: no normal row is held out. Type mode.threshold_split=train, or learn with "
            "data.test_fraction=0.2"
        )
    if share * (n + 1) < 1 - 1e-9:  # the share of new rows that score above all of n others
        log.info(
            "%s held-out rows are few for mode.contamination=%g: about one normal row in %s is flagged",
            *(n, share, n + 1),
        )
    return which
