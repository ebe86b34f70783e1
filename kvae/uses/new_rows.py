"""New rows of a table that a run learnt: from its prior or from a mixture of its codes, and under conditions."""

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kvae.data import load_data
from kvae.data.stored import Rows
from kvae.data.table import complete
from kvae.errors import InputError
from kvae.modules.mixture import Mixture
from kvae.options.schema import check
from kvae.uses.code_prior import of_codes, of_network
from kvae.uses.conditional import codes_where
from kvae.uses.conditions import Condition, conditions
from kvae.uses.conditions.weighing import Conditions
from kvae.uses.learnt_data import plain_config, say_changed
from kvae.uses.new_gaps import columns_with_gaps, with_gaps
from kvae.uses.new_labels import DRAWS, place_to_give, with_likeliest
from kvae.uses.normal_rows import normal_part
from kvae.uses.opened import Opened

if TYPE_CHECKING:
    import polars as pl

log = logging.getLogger(__name__)

SAMPLERS = ("prior", "gmm")
# Codes that are drawn from a mixture at once: each draw copies the matrix of its component.
AT_ONCE = 20_000
# At most so many learning rows are searched for values of a condition.
MOST_KNOWN = 200_000


def new_rows(
    learnt: Opened,
    n: int,
    seed: int,
    asked: Sequence[Condition] = (),
    rows: Rows | None = None,
    n_components: int | None = None,
    draw: str = "sample",
    key: str = "mode.where",
    whole: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """New rows of a table `(n, n_columns)`, NaN where a learnt gap is drawn, and their codes `(n, latent_dim)`.

    Args:
        learnt: A run that learnt a table.
        n: Number of rows.
        seed: Seed of all draws.
        asked: Conditions that every row meets.
        rows: Learning rows; codes are drawn from a mixture fitted to theirs. None: from the run's own prior.
        n_components: Components of the mixture; see `kvae.uses.code_prior.of_codes`.
        draw: `sample`: draws from p(x|z); `mean`: its means, without conditions.
        key: Name of the conditions in messages.
        whole: Whether columns of `model.condition` whose gaps the model did not learn have a value in every row.

    Raises:
        InputError: For conditions that no row of the model meets.
    """
    if learnt.vae.likelihood.given:
        return conditional_rows(learnt, n, seed, asked, rows, n_components, draw, key, whole)
    rng = np.random.default_rng(seed)
    mixture = None if rows is None else of_codes(learnt.vae, rows, n_components, seed)
    if asked:
        weighed = Conditions(learnt.vae, asked)
        prior = of_network(learnt.network, rng) if mixture is None else mixture
        z = codes_where(weighed, n, prior, rng, key)
        return weighed.imposed(learnt.vae.sample_likelihood(z, seed), z, rng), z
    z = learnt.network.sample_prior(n, rng) if mixture is None else drawn(mixture, n, rng)
    z = z.astype(np.float32)
    return (learnt.vae.decode(z) if draw == "mean" else learnt.vae.sample_likelihood(z, seed)), z


def drawn(mixture: Mixture, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw `n` codes from a mixture, `(n, latent_dim)`, a bounded number at a time."""
    return np.concatenate([mixture.sample(min(AT_ONCE, n - start), rng) for start in range(0, n, AT_ONCE)])


def conditional_rows(
    learnt: Opened,
    n: int,
    seed: int,
    asked: Sequence[Condition],
    rows: Rows | None,
    n_components: int | None,
    draw: str,
    key: str,
    whole: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """`new_rows` with `model.condition`: values of these columns come from learning rows that meet the conditions.

    Raises:
        InputError: For conditions on other columns, or that no learning row meets, and when `whole` and none has a
            value in all these columns.
    """
    likelihood, rng = learnt.vae.likelihood, np.random.default_rng(seed)
    given = list(likelihood.given)
    if others := [one.said for one in asked if one.place not in given]:
        raise InputError(
            f"{key} may only name {', '.join(likelihood.condition)}, the columns of model.condition of the run. "
            f"Received: {', '.join(others)}"
        )
    learnt_rows = rows_that_were_learnt(learnt)
    some = np.unique(np.linspace(0, len(learnt_rows) - 1, min(len(learnt_rows), MOST_KNOWN)).astype(int))
    known = np.asarray(learnt_rows[some])[:, given]
    keeps = np.ones(len(known), bool)
    for one in asked:
        keeps &= one.holds(known[:, given.index(one.place)])
    if not keeps.any():
        raise InputError(f"{key}: no learning row has {', '.join(one.said for one in asked)}")
    if whole:
        keeps &= ~np.isnan(known[:, [likelihood.columns[place].missing != "learn" for place in given]]).any(axis=1)
        if not keeps.any():
            and_ = "".join(f" and {one.said}" for one in asked)
            raise InputError(
                f"rows without missing values need a learning row with a value in all of "
                f"{', '.join(likelihood.condition)}{and_}, and there is none. Leave out gaps=false and draw=mean"
            )
    condition = np.full((n, len(likelihood.columns)), np.nan, np.float32)
    condition[:, given] = known[rng.choice(np.flatnonzero(keeps), n)]
    mixture = None if rows is None else of_codes(learnt.vae, rows, n_components, seed)
    z = learnt.network.sample_prior(n, rng) if mixture is None else drawn(mixture, n, rng)
    z = z.astype(np.float32)
    if draw == "mean":
        return learnt.vae.decode(z, condition=condition), z
    return learnt.vae.sample_likelihood(z, seed, condition=condition), z


def rows_that_were_learnt(learnt: Opened) -> Rows:
    """The learning rows of a run as its model takes them, read from its data again; only those it learnt.

    Says once if that may have changed.

    Raises:
        InputError: When they can no longer be read.
    """
    known = check(plain_config(learnt))
    found = normal_part(learnt, load_data(known.data, known.run.seed, learnt.spec).train).x
    if not learnt.told:
        say_changed(learnt.folder)
        learnt.told = True
    return found


def rows_for_mixture(learnt: Opened, sampler: str | None) -> Rows | None:
    """The learning rows, if codes are drawn from a mixture fitted to theirs; None: from the run's own prior.

    Args:
        learnt: A run that learnt a table.
        sampler: `prior`, `gmm`, or None: the mixture, unless a module above the VAE has a prior, or, with a
            warning, the rows can no longer be read.

    Raises:
        InputError: With `gmm`, when the rows can no longer be read.
    """
    if sampler == "prior" or (sampler is None and learnt.network.senders):
        return None
    try:
        return rows_that_were_learnt(learnt)
    except InputError as error:
        if sampler == "gmm":
            raise InputError(f"a mixture of codes needs the rows that were learnt, but {error}") from error
        log.warning(
            "warning: codes come from N(0, I), a worse fit than a mixture fitted to the learnt rows: %s",
            error,
        )
        return None


def new_table(
    learnt: Opened,
    n: int,
    seed: int,
    draw: str,
    where: Mapping[str, Any] | str | None,
    sampler: str | None,
    gaps: bool,
    draw_label: str,
) -> "pl.DataFrame":
    """New rows as the table that was learnt; the arguments are those of `kvae.uses.run.Run.generate`."""
    if sampler not in (None, *SAMPLERS):
        raise InputError(f"`sampler` must be one of {', '.join(SAMPLERS)}. Received: sampler={sampler!r}")
    if where is not None and draw != "sample":
        raise InputError(f"`where` needs draw='sample'. Received: draw={draw!r}")
    if draw_label not in DRAWS:
        raise InputError(f"`draw_label` must be one of {', '.join(DRAWS)}. Received: draw_label={draw_label!r}")
    if draw_label != "sample" and draw != "sample":
        raise InputError(f"`draw_label` needs draw='sample'. Received: draw={draw!r}")
    table = learnt.spec.table
    assert table is not None
    asked = () if where is None else conditions(where, table, "where")
    rows = rows_for_mixture(learnt, sampler)
    label = None if draw_label == "sample" else place_to_give(learnt, "draw_label", [one.place for one in asked])
    missing = gaps and draw == "sample"
    x, _ = new_rows(learnt, n, seed, asked, rows, draw=draw, key="where", whole=not missing)
    if label is not None:
        x = with_likeliest(learnt, x, label, seed)
    if missing and columns_with_gaps(table.columns):
        known = rows_if_readable(learnt) if rows is None else rows
        x = with_gaps(x, known, table.columns, seed, without_gaps(learnt, asked))
    return complete(x, table)


def without_gaps(learnt: Opened, asked: Sequence[Condition] = ()) -> list[int]:
    """Positions of the columns that get no gaps: those `asked` for, and those of `model.condition`.

    The latter are missing where they are in the learning rows that they come from.
    """
    return [*(one.place for one in asked), *learnt.vae.likelihood.given]


def rows_if_readable(learnt: Opened) -> Rows | None:
    """The learning rows of a run; None where they can no longer be read."""
    try:
        return rows_that_were_learnt(learnt)
    except InputError:
        return None
