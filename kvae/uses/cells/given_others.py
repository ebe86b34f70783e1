"""How likely every cell of a row is given the others, p(x_j | x_k, k != j), by importance sampling."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from keras import ops

from kvae.likelihoods.table import Table
from kvae.model import VAE
from kvae.table import Column
from kvae.table.coding import from_codes, to_codes
from kvae.uses.codes.known import posterior_of_known
from kvae.uses.codes.proposals import Mixture, Normals
from kvae.uses.codes.weights import normalised

# Of a row's proposal: codes drawn per part; the most parts that leave a cell out; the weight of q(z|x) and of the
# prior, relative to such a part; and a factor on the encoder's standard deviations.
PER_PART, MOST_PARTS, OTHERS, WIDER = 16, 24, 2, 1.5
# Numbers of all codes, and of what is decoded from them, that are held at once.
NUMBERS_AT_ONCE = 2**23
# Of more categories, probabilities are averaged over only so many draws, those with the most weight.
FEW_CATEGORIES, HEAVIEST = 256, 16
# The mass of a number is that of an interval of this half-width in codes, which are about N(0, 1); masses are at
# least the second, since rounding hides smaller ones.
NEAR, LEAST = 0.25, 1e-13
# The lowest log-density, given to impossible values.
NEVER = -1e6


@dataclass(frozen=True)
class CellScores:
    """Scores of every cell of some rows, arrays `(n, n_columns)`.

    Attributes:
        nats: -log P(cell | the row's other cells); for a number, P is that of an interval around it. NaN where a
            value is missing, unless the column's gaps were learnt: then the score of the gap.
        expected: Given the other cells, the mean of a number or the most probable category; None unless asked for.
        effective: Effective number of the drawn codes.
    """

    nats: np.ndarray
    expected: np.ndarray | None
    effective: np.ndarray


def cell_scores(
    vae: VAE,
    x: np.ndarray,
    prior_mu: np.ndarray | None = None,
    prior_cov: np.ndarray | None = None,
    expected: bool = False,
    seed: int = 0,
    done: Callable[[int], None] = lambda rows: None,
    wholes: Sequence[int] | None = None,
) -> CellScores:
    """Score every cell of rows of a table by its probability given the row's other cells.

    With codes z_s drawn from r(z) and weights w_s = p(z_s) prod_(k != j) p(x_k|z_s) / r(z_s),

        P(x_j | others) = sum_s w_s P(x_j|z_s) / sum_s w_s.

    P of a number is that of an interval around it. A density would depend on the unit and, where values repeat, on
    whether this value was learnt, although a new value is not unusual by itself.

    The proposal r is a mixture of q(z|x), the prior, and q(z|others) with each of the least likely cells hidden in
    turn, so that it covers codes that explain a row except for one cell. All columns share the draws. Memory is
    bounded.

    Args:
        vae: A VAE with the likelihood `table`.
        x: Rows, `(n, n_columns)`, NaN where a value is missing.
        prior_mu: Means of the prior, `(n, latent_dim)`; None: 0.
        prior_cov: Variances or covariances, as in `kvae.VAE`; None: the identity.
        expected: Whether to compute expected values as well.
        seed: Seed of the draws.
        done: Called with the number of rows that are done.
        wholes: For every column the position of the date that it is a part of, or its own position; a date and its
            parts are no "others" of each other. None: no column is a part.

    Raises:
        ValueError: For another likelihood, or arrays of another shape.
    """
    if not isinstance(vae.likelihood, Table):
        raise ValueError(f"cells are scored with model.likelihood=table only. Received: {vae.likelihood.name!r}")
    if x.ndim != 2 or x.shape[1:] != vae.data_shape:
        raise ValueError(f"`x` must have shape (n, {vae.data_shape[0]}). Received: {x.shape}")
    x, rng = np.asarray(x, np.float32), np.random.default_rng(seed)
    given = vae._check_prior(prior_mu, prior_cov, len(x))
    own = np.arange(x.shape[1]) if wholes is None else np.asarray(wholes)
    same = own[:, None] == own
    found = CellScores(np.empty(x.shape), np.empty(x.shape) if expected else None, np.empty(x.shape))
    for rows in batches(vae, len(x)):
        prior = Normals.prior(rows.stop - rows.start, vae.latent_dim, *(part[rows] for part in given))
        score_batch(vae, x[rows], prior, rng, found, rows, same)
        done(rows.stop)
    return found


def n_parts(n_columns: int) -> int:
    """Number of parts of the proposal that leave a cell out."""
    return min(n_columns, MOST_PARTS)


def batches(vae: VAE, n: int) -> Iterator[slice]:
    """Slices of rows that are scored at once."""
    n_columns = vae.data_shape[0]
    widest = max(vae.latent_dim, n_columns, vae.likelihood.widest)
    step = max(1, NUMBERS_AT_ONCE // (PER_PART * (n_parts(n_columns) + 2 * OTHERS) * widest))
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))


def score_batch(
    vae: VAE,
    x: np.ndarray,
    prior: Normals,
    rng: np.random.Generator,
    found: CellScores,
    rows: slice,
    same: np.ndarray,
) -> None:
    """Score the cells of a batch and write the results to `rows` of `found`.

    `same` are booleans `(n_columns, n_columns)`: which columns are left out where one of them is scored.
    """
    proposal = proposed(vae, x, prior, same)
    z, shares = proposal.draw_from_each(round(PER_PART * (len(proposal.parts) - 2 + 2 * OTHERS)), rng)
    z = z.astype(np.float32)
    params = vae._in_batches(vae._decoded_params, (z.reshape(-1, z.shape[-1]),), 8192)[0]
    params = params.reshape(*z.shape[:2], -1)
    log_p = per_column(vae.likelihood, x, params)
    mass = log_mass(vae.likelihood, x, params, log_p)
    means = None if found.expected is None else ops.convert_to_numpy(vae.likelihood.mean_of_numbers(params))
    log_w = prior.log_density(z) - shares.log_density(z) + log_p.sum(axis=-1)
    for j, column in enumerate(vae.likelihood.columns):
        without = log_w - log_p[..., same[j]].sum(axis=-1)
        nats = np.logaddexp.reduce(without, axis=0) - np.logaddexp.reduce(without + mass[..., j], axis=0)
        unknown = np.isnan(x[:, j]) & (column.missing != "learn")
        weights = normalised(without)
        found.nats[rows, j] = np.where(unknown, np.nan, nats)
        found.effective[rows, j] = 1.0 / np.sum(weights**2, axis=0)
        if found.expected is None or means is None:
            continue
        if column.is_number:
            found.expected[rows, j] = np.sum(weights * means[..., j], axis=0)
        else:
            found.expected[rows, j] = most_probable(vae.likelihood, j, params, weights)


def per_column(likelihood: Table, x: np.ndarray, params: np.ndarray) -> np.ndarray:
    """Nats log p(x_j|z_s), `(S, n, n_columns)`, of rows `(n, n_columns)`, decoded codes `(S, n, n_params)`."""
    log_p = ops.convert_to_numpy(likelihood.log_prob_per_column(x, ops.convert_to_tensor(params)))
    return np.maximum(np.nan_to_num(np.asarray(log_p, np.float64), nan=NEVER, posinf=-NEVER, neginf=NEVER), NEVER)


def log_mass(likelihood: Table, x: np.ndarray, params: np.ndarray, log_p: np.ndarray) -> np.ndarray:
    """Log-probabilities of cells, `(S, n, n_columns)`; arguments as in `per_column`, which gave `log_p`."""
    number = np.array([is_coded(column) for column in likelihood.columns])
    if not number.any():
        return log_p
    ends = [ends_near(x[:, j], column) for j, column in enumerate(likelihood.columns)]
    places = np.flatnonzero(number).tolist()
    below, above = (likelihood.cdf(np.stack(one, axis=1), params, places) for one in zip(*ends, strict=True))
    # In float32, 1 - LEAST would be 1.
    p_missing = likelihood.p_missing(params).astype(np.float64)
    found = np.log(np.maximum(above - below, LEAST)) + np.log1p(-np.minimum(p_missing, 1 - LEAST))
    return np.where(number & ~np.isnan(x), found, log_p)


def is_coded(column: Column) -> bool:
    """Whether a column holds numbers with a learnt coding: a map to codes that are about N(0, 1)."""
    return column.is_number and "knots" in column.coding


def ends_near(x: np.ndarray, column: Column) -> tuple[np.ndarray, np.ndarray]:
    """Ends of intervals around values `(n,)` of a column, float32; at least a unit wide for whole numbers."""
    values = x.astype(np.float64)
    if not is_coded(column):
        return x, x
    codes = to_codes(values, column.coding)
    ends = [from_codes(codes + sign * NEAR, column.coding) for sign in (-1, 1)]
    if column.coding.get("whole"):
        ends = [np.minimum(ends[0], values - 0.5), np.maximum(ends[1], values + 0.5)]
    low, high = (np.clip(end, -3e38, 3e38).astype(np.float32) for end in ends)
    return np.minimum(low, np.nextafter(x, np.float32(-np.inf))), np.maximum(high, x)


def proposed(vae: VAE, x: np.ndarray, prior: Normals, same: np.ndarray) -> Mixture:
    """The proposal for codes of rows: q(z|x), the prior, and q(z|others) with one cell, and the `same`, hidden."""
    mean, sd = posterior_of_known(vae, x, prior.mean)
    params = vae._in_batches(vae._decoded_params, (mean.astype(np.float32),), 8192)[0]
    left_out = np.argsort(per_column(vae.likelihood, x, params[None])[0], axis=1)[:, : n_parts(x.shape[1])].T
    hidden = np.where(same[left_out], np.float32(np.nan), x)
    means = np.repeat(prior.mean[None], len(left_out), axis=0)
    flat = posterior_of_known(vae, hidden.reshape(-1, x.shape[1]), means.reshape(-1, means.shape[-1]))
    parts = [Normals(m, WIDER * s) for m, s in zip(*(one.reshape(means.shape) for one in flat), strict=True)]
    weights = np.array([OTHERS, OTHERS, *np.ones(len(parts))])
    return Mixture((Normals(mean, WIDER * sd), prior, *parts), weights / weights.sum())


def most_probable(likelihood: Table, place: int, params: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The most probable category, `(n,)`, of decoded codes `(S, n, n_params)` with `weights` `(S, n)`."""
    if (likelihood.columns[place].n_categories or 0) > FEW_CATEGORIES:
        heaviest = np.argsort(-weights, axis=0, kind="stable")[:HEAVIEST]
        weights = np.take_along_axis(weights, heaviest, axis=0)
        params = np.take_along_axis(params, heaviest[..., None], axis=0)
    found = likelihood.probabilities(params, place)
    return np.einsum("sn,snk->nk", weights, found).argmax(axis=1).astype(np.float64)
