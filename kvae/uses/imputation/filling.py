"""Fills gaps with means, medians or draws, and gives the uncertainty of each."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kvae.model import VAE
from kvae.options.arguments import check_count
from kvae.uses.codes.chains import drawn_by_weight
from kvae.uses.codes.known import decoded
from kvae.uses.codes.row_noise import RowNoise
from kvae.uses.codes.weights import WeightedCodes
from kvae.uses.codes_given import N_SAMPLES, STEPS, in_batches
from kvae.uses.imputation.predictive import (
    Predictive,
    as_wide,
    categories_of,
    draw_values,
    weighted_median,
)

# What a gap is filled with: see `impute`.
DRAWS = ("mean", "mode", "sample")
# Numbers of the decoder's output that are held at once.
NUMBERS_AT_ONCE = 2**23


@dataclass(frozen=True)
class Imputed:
    """Rows whose gaps are filled.

    Attributes:
        x: `(n, rows, *data_shape)` float32; known values are unchanged.
        uncertainty: `(rows, *data_shape)` float32, NaN where a value was known: the standard deviation of a number
            in its unit, and for a category one minus the largest probability.
        effective: Effective number of importance samples of every row, `(rows,)`; NaN for rows without gaps.
    """

    x: np.ndarray
    uncertainty: np.ndarray
    effective: np.ndarray


def impute(
    vae: VAE,
    x: np.ndarray,
    n: int = 1,
    draw: str | None = None,
    n_samples: int = N_SAMPLES,
    rng: np.random.Generator | int = 0,
    prior_mu: np.ndarray | None = None,
    prior_cov: np.ndarray | None = None,
    gaps_tell: bool | np.ndarray = True,
    count: Callable[[int], None] = lambda rows: None,
) -> Imputed:
    """Fill the gaps of rows by p(x_missing | x_known), averaged over codes z ~ p(z | x_known).

    Codes are inferred by importance sampling (`kvae.uses.codes_given`), as in MIWAE (Mattei and Frellsen 2019,
    equations 12 and 13): a poor encoder makes fewer samples effective, but its errors are corrected. With
    `draw="mean"` what a row is filled with depends on no other row.

    Args:
        vae: A learnt model.
        x: Rows as the model takes them, `(rows, *data_shape)`, NaN where a value is missing.
        n: Number of imputations of every row; several must be draws.
        draw: `mean`: the mean of numbers, the most probable category. `mode`: the median of numbers, which is
            always a value that the column may have, and the most probable category. `sample`: a joint draw of all
            gaps of a row. None: `mean` if `n` is 1, else `sample`.
        n_samples: Importance samples per row; at least `n`.
        rng: Source of the draws, or its seed.
        prior_mu, prior_cov: The prior of every row, as in `kvae.VAE`; None: N(0, I).
        gaps_tell: As in `kvae.uses.codes_given.codes_given`.
        count: Called with the number of rows that are done.

    Raises:
        ValueError: For counts below 1, another `draw`, several imputations that are not draws, or a conditional
            model.
    """
    draw = check_draws(n, draw)
    check_fills(vae)
    check_count("n_samples", n_samples)
    rng = np.random.default_rng(rng)
    row_seed = int(rng.integers(2**32)) if draw != "sample" else None
    missing, tells = np.isnan(x), np.broadcast_to(gaps_tell, x.shape)
    gaps = np.flatnonzero(missing.reshape(len(x), -1).any(axis=1))
    filled = np.repeat(np.asarray(x, np.float32)[None], n, axis=0)
    uncertainty = np.full(x.shape, np.nan, np.float32)
    effective = np.full(len(x), np.nan)
    widest = max(vae.latent_dim, int(np.prod(vae.decoder.output_shape[1:])), int(np.prod(vae.data_shape)))
    at_once = max(1, NUMBERS_AT_ONCE // (max(n, n_samples) * widest))
    for start in range(0, len(gaps), at_once):
        rows = gaps[start : start + at_once]
        mu, cov = (None if part is None else part[rows] for part in (prior_mu, prior_cov))
        given = np.asarray(x[rows], np.float32)
        for part, codes in in_batches(vae, given, None, rng, max(n, n_samples), mu, cov, tells[rows], row_seed):
            own, hidden = rows[part], missing[rows[part]]
            own_seed = None if row_seed is None or draw != "mode" else row_seed + 1
            noise = None if own_seed is None else RowNoise.of(given[part], own_seed)
            values, spread = filled_values(vae, codes, hidden, n, draw, rng, noise)
            filled[:, own] = np.where(hidden, values, filled[:, own])
            uncertainty[own] = np.where(hidden, spread, np.nan)
            effective[own] = codes.effective
        count(int(rows[-1]) + 1)
    return Imputed(filled, uncertainty, effective)


def check_fills(vae: VAE) -> None:
    """Raise ValueError for a model without a probability of some columns."""
    if vae.likelihood.given:
        raise ValueError(
            "gaps can only be filled by a model of all columns, and this one is conditional on "
            f"{', '.join(vae.likelihood.condition)}: learn one without model.condition"
        )


def check_draws(n: int, draw: str | None) -> str:
    """What gaps are filled with: one of `DRAWS`.

    Raises:
        ValueError: As `impute` does.
    """
    check_count("n", n)
    if draw is None:
        return "mean" if n == 1 else "sample"
    if draw not in DRAWS:
        raise ValueError(f"`draw` must be one of {', '.join(DRAWS)}. Received: draw={draw!r}")
    if n > 1 and draw != "sample":
        raise ValueError(f"several imputations are draws: pass draw='sample'. Received: n={n}, draw={draw!r}")
    return draw


def filled_values(
    vae: VAE,
    codes: WeightedCodes,
    hidden: np.ndarray,
    n: int,
    draw: str,
    rng: np.random.Generator,
    noise: RowNoise | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Values of a batch of rows `(n, rows, *data_shape)`, and their uncertainty `(rows, *data_shape)`.

    `noise` is that of the draws whose medians are taken.
    """
    likelihood = vae.likelihood
    predictive = Predictive(vae, codes)
    mean, draws = predictive.mean(), predictive.draws(rng) if noise is None else predictive.draws_by_row(noise)
    spread = np.sqrt(np.sum(as_wide(codes.weights, draws) * (draws - mean) ** 2, axis=0))
    best = mean if draw == "mean" else weighted_median(draws, codes.weights)
    for place, n_categories in categories_of(likelihood).items():
        for rows, p in predictive.probabilities(place, n_categories, np.flatnonzero(hidden[:, place])):
            best[rows, place] = p.argmax(axis=1)
            spread[rows, place] = 1.0 - p.max(axis=1)
    if draw != "sample":
        return best[None], spread
    z = drawn_by_weight(codes, n, STEPS, rng)
    return np.stack([draw_values(likelihood, params, rng) for params in decoded(vae, z)]), spread
