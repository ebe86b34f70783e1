"""Codes given what is known: draws from p(z | known values, evidence), for rows with missing values.

The encoder's q(z|x) of such a row is only a guess. Importance sampling corrects it. Its proposal is a mixture of
q(z|x), a wider q(z|x) and the prior. Where the effective number of draws is small, one part of the mixture is
fitted to the weighted draws, and new ones are drawn (adaptive importance sampling with tempered weights: Cappé et
al. 2004, Koblents and Míguez 2015). The draws are resampled by their weights (Rubin 1988) and then moved by Markov
chains whose stationary distribution is p(z | ...).
"""

import logging
from collections.abc import Callable, Iterator

import numpy as np

from kvae.model import VAE
from kvae.options.arguments import check_count
from kvae.uses.codes.chains import drawn_by_weight
from kvae.uses.codes.known import log_known, posterior_of_known
from kvae.uses.codes.proposals import Mixture, Normals
from kvae.uses.codes.row_noise import Noise, RowNoise, noise_of
from kvae.uses.codes.weights import WeightedCodes, effective_number, normalised

log = logging.getLogger(__name__)

# Codes `(S, rows, d)` to log-evidence in nats `(S, rows)`, the same for every row.
Evidence = Callable[[np.ndarray], np.ndarray]

N_SAMPLES, STEPS = 128, 10
# Numbers of all codes that are held at once.
NUMBERS_AT_ONCE = 2**23
# Weights in the proposal of q(z|x), of q(z|x) with a standard deviation `WIDER` times as large, of the prior, and
# of the part that is fitted, which is q(z|x) at first.
SHARES, WIDER = np.array([0.3, 0.2, 0.2, 0.3]), 2.0
# While the effective number of draws is below this share of them, the last part is fitted again, at most so often.
ENOUGH, ROUNDS = 0.1, 4
# The fitted part is made wider than the few draws with large weights; a variance has at least this value.
WIDENED, SMALLEST = 1.2, 1e-6
# A row is poor with an effective number of draws below the first, or below this share of all its draws; a warning
# is logged where more than this share of rows is poor.
FEW, SHARE_OF_FEW, SOME = 8.0, 1 / 8, 0.01


def codes_given(
    vae: VAE,
    x: np.ndarray,
    log_evidence: Evidence | None = None,
    n: int = 1,
    rng: np.random.Generator | int = 0,
    n_samples: int = N_SAMPLES,
    steps: int = STEPS,
    prior_mu: np.ndarray | None = None,
    prior_cov: np.ndarray | None = None,
    gaps_tell: bool | np.ndarray = True,
) -> np.ndarray:
    """Draws from p(z | known values of x, evidence), `(n, rows, latent_dim)` float32.

    Logs a warning where too few draws are effective. Codes of rows without any known value are draws from the
    prior. Memory is bounded whatever the number of rows.

    Args:
        vae: A learnt model.
        x: Rows as the model takes them, `(rows, *data_shape)`, NaN where a value is not known.
        log_evidence: Further evidence: a function from codes `(S, rows, latent_dim)` to its log-probability in
            nats, `(S, rows)`, the same for every row. -inf is allowed.
        n: Draws per row.
        rng: Source of the draws, or its seed.
        n_samples: Importance samples per row; at least `n`.
        steps: Number of steps of the Markov chains.
        prior_mu: Means of the prior, `(rows, latent_dim)`; None: 0.
        prior_cov: Variances or covariances, as in `kvae.VAE`; None: the identity.
        gaps_tell: Whether a gap counts as known in a column whose gaps were learnt, or where, booleans of the
            shape of `x`. False: NaN means that nothing is known of the value.

    Raises:
        ValueError: When counts are no integers >= 1, `steps` is below 0, or arrays have another shape.
    """
    check_count("n", n)
    if steps:
        check_count("steps", steps)
    rng = np.random.default_rng(rng)
    z = np.empty((n, len(x), vae.latent_dim), np.float32)
    effective = np.empty(len(x))
    weighed = in_batches(vae, x, log_evidence, rng, max(n, n_samples), prior_mu, prior_cov, gaps_tell)
    for rows, codes in weighed:
        z[:, rows] = drawn_by_weight(codes, n, steps, rng)
        effective[rows] = codes.effective
    if (words := poor(effective, max(n, n_samples))) is not None:
        log.warning("warning: %s", words)
    return z


def in_batches(
    vae: VAE,
    x: np.ndarray,
    log_evidence: Evidence | None = None,
    rng: np.random.Generator | int = 0,
    n_samples: int = N_SAMPLES,
    prior_mu: np.ndarray | None = None,
    prior_cov: np.ndarray | None = None,
    gaps_tell: bool | np.ndarray = True,
    row_seed: int | None = None,
) -> Iterator[tuple[slice, WeightedCodes]]:
    """Weighted codes of all rows, a bounded number at a time; arguments are those of `codes_given`.

    With `row_seed` the codes of a row are drawn from this seed and its values, and depend on no other row; `rng`
    is then not used.
    """
    check_count("n_samples", n_samples)
    rng = np.random.default_rng(rng)
    if x.shape[1:] != vae.data_shape:
        raise ValueError(f"`x` must have shape (rows, {str(vae.data_shape)[1:]}. Received: {x.shape}")
    given = vae._check_prior(prior_mu, prior_cov, len(x))  # raises for other shapes, or if not finite
    tells = np.broadcast_to(gaps_tell, x.shape)
    at_once = max(1, NUMBERS_AT_ONCE // (n_samples * vae.latent_dim))
    for start in range(0, len(x), at_once):
        rows = slice(start, min(start + at_once, len(x)))
        prior = Normals.prior(rows.stop - start, vae.latent_dim, *(part[rows] for part in given))
        part = np.asarray(x[rows])
        noise = rng if row_seed is None else RowNoise.of(part, row_seed)
        yield rows, weighted_codes(vae, part, prior, log_evidence, n_samples, noise, tells[rows])


def weighted_codes(
    vae: VAE,
    x: np.ndarray,
    prior: Normals,
    log_evidence: Evidence | None,
    n_samples: int,
    rng: Noise,
    tells: np.ndarray,
) -> WeightedCodes:
    """Codes of a batch of rows with their importance weights; arguments are those of `codes_given`.

    `tells` is `gaps_tell`, of the shape of `x`.
    """

    def target_of(rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        density, own = log_known(vae, x[rows], tells[rows]), prior.rows(rows)

        def target(z: np.ndarray) -> np.ndarray:
            evidence = 0.0 if log_evidence is None else np.asarray(log_evidence(z.astype(np.float32)), np.float64)
            found = own.log_density(z) + density(z) + evidence
            return np.where(np.isnan(found), -np.inf, found)

        return target

    mean, sd = posterior_of_known(vae, x, prior.mean)
    guess = Normals(mean, sd)
    parts = Mixture((guess, Normals(mean, WIDER * sd), prior, guess), SHARES)
    everything = target_of(np.arange(len(x)))
    z, log_w = weighed(parts, everything, n_samples, rng)
    effective = effective_number(log_w)
    for _ in range(ROUNDS):
        rows = np.flatnonzero(effective < ENOUGH * n_samples)
        if not len(rows):
            break
        parts = parts.with_last(rows, fit_to(z[:, rows], log_w[:, rows]))
        z[:, rows], log_w[:, rows] = weighed(parts.rows(rows), target_of(rows), n_samples, noise_of(rng, rows))
        effective[rows] = effective_number(log_w[:, rows])
    nothing = nothing_known(vae, x, tells) if log_evidence is None else np.zeros(len(x), bool)
    drawn = prior.rows(nothing).draw(n_samples, noise_of(rng, nothing))
    z[:, nothing], log_w[:, nothing] = drawn.astype(np.float32), 0.0
    effective[nothing] = n_samples
    return WeightedCodes(z, normalised(log_w), effective, everything, parts)


def nothing_known(vae: VAE, x: np.ndarray, tells: np.ndarray) -> np.ndarray:
    """Whether nothing is known of each row, `(n,)`: all values are missing, and no gap counts as known."""
    learnt = [column.missing == "learn" for column in getattr(vae.likelihood, "columns", ())]
    counts = ~np.isnan(x) | (tells & np.array(learnt)) if learnt else ~np.isnan(x)
    return ~counts.reshape(len(x), -1).any(axis=1)


def weighed(
    proposal: Mixture, target: Callable[[np.ndarray], np.ndarray], n_samples: int, rng: Noise
) -> tuple[np.ndarray, np.ndarray]:
    """Draw codes `(S, n, d)` from a proposal, rounded to float32; return them and their log-weights `(S, n)`."""
    z, shares = proposal.draw_from_each(n_samples, rng)
    z = z.astype(np.float32)
    return z, target(z) - shares.log_density(z)


def fit_to(z: np.ndarray, log_w: np.ndarray) -> Normals:
    """Normal distributions with the means and variances of weighted codes.

    The weights of each row are tempered: raised to the largest power up to 1 with which the effective number of
    draws is at least a share `ENOUGH` of them.
    """
    low, high = np.zeros(log_w.shape[1]), np.ones(log_w.shape[1])
    finite = np.where(np.isneginf(log_w), -1e30, log_w)
    for _ in range(20):
        power = 0.5 * (low + high)
        enough = effective_number(power * finite) >= ENOUGH * len(z)
        low, high = np.where(enough, power, low), np.where(enough, high, power)
    w = normalised(low * finite)[..., None]
    mean = np.sum(w * z, axis=0)
    variance = np.sum(w * (z - mean) ** 2, axis=0)
    return Normals(mean, np.sqrt(WIDENED * variance + SMALLEST))


def poor(effective: np.ndarray, n_samples: int) -> str | None:
    """A sentence for the user where rows have too few effective draws; None where all have enough."""
    least = min(FEW, SHARE_OF_FEW * n_samples)
    impossible, few = int(np.sum(effective == 0)), int(np.sum(effective < least))
    if impossible:
        return (
            f"for {impossible:,} of {len(effective):,} rows, what is known of them has probability 0 under every "
            "code that was tried: do not rely on what is drawn for them"
        )
    if few > SOME * len(effective):
        return (
            f"the codes of {few:,} of {len(effective):,} rows rest on fewer than {least:g} effective draws of "
            f"{n_samples:,}: more draws help (n_samples)"
        )
    return None
