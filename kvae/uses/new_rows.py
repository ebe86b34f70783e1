"""New rows of a table that a run learnt: from its prior or from a mixture of its codes, and under conditions."""

from collections.abc import Sequence

import numpy as np

from kvae.data import load_data
from kvae.data.stored import Rows
from kvae.options.schema import check
from kvae.uses.code_prior import of_codes, of_network
from kvae.uses.conditional import codes_where
from kvae.uses.conditions import Condition
from kvae.uses.conditions.weighing import Conditions
from kvae.uses.opened import Opened


def new_rows(
    learnt: Opened,
    n: int,
    seed: int,
    asked: Sequence[Condition] = (),
    rows: Rows | None = None,
    n_components: int | None = None,
    draw: str = "sample",
    key: str = "mode.where",
) -> tuple[np.ndarray, np.ndarray]:
    """New rows of a table `(n, n_columns)`, NaN where a learnt gap is drawn, and their codes `(n, latent_dim)`.

    Args:
        learnt: A run that learnt a table.
        n: How many.
        seed: Source of all draws.
        asked: Conditions that all of them keep.
        rows: Learning rows, to draw codes from a mixture of theirs; None: from the run's own prior.
        n_components: Of the mixture; see `kvae.uses.code_prior.of_codes`.
        draw: `sample`: draws from p(x|z); `mean`: its means, without conditions.
        key: What messages call the conditions.

    Raises:
        InputError: For conditions that no row of the model keeps.
    """
    rng = np.random.default_rng(seed)
    mixture = None if rows is None else of_codes(learnt.vae, rows, n_components, seed)
    if asked:
        conditions = Conditions(learnt.vae, asked)
        prior = of_network(learnt.network, rng) if mixture is None else mixture
        z = codes_where(conditions, n, prior, rng, key)
        return conditions.imposed(learnt.vae.sample_likelihood(z, seed), z, rng), z
    z = learnt.network.sample_prior(n, rng) if mixture is None else mixture.sample(n, rng)
    z = z.astype(np.float32)
    return (learnt.vae.decode(z) if draw == "mean" else learnt.vae.sample_likelihood(z, seed)), z


def rows_that_were_learnt(learnt: Opened) -> Rows:
    """The learning rows of a run as its model takes them, from where it learnt them.

    Raises:
        InputError: When they cannot be read any more.
    """
    known = check(learnt.plain)
    return load_data(known.data, known.run.seed, learnt.spec).train.x
