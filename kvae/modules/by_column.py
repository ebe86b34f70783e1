"""What is measured of every column of a table, and the pictures of it."""

from collections.abc import Sequence

import numpy as np

from kvae import plots
from kvae.data import Part
from kvae.data.pieces import pieces
from kvae.data.stored import Rows
from kvae.metrics.calibration import Ranks, Reliability
from kvae.metrics.columns import calibration_metrics, column_metrics
from kvae.model import VAE
from kvae.runs import ModuleFolder
from kvae.table import Column

# Rows, evenly spread, on which calibration is measured, and how many at once.
CALIBRATED, AT_ONCE = 10_000, 1024
# Columns of more categories have no picture: nearly all of their probabilities are small.
MOST_CATEGORIES = 1000
SEED = 0


def measure_columns(
    vae: VAE, part: Part, columns: Sequence[Column], folder: ModuleFolder | None = None, mode: str = ""
) -> dict[str, float]:
    """Loss, missing share and calibration of every column on the rows of a part; draws from a fixed seed.

    With `folder` draws `calibration_numbers_{mode}.png` and `calibration_categories_{mode}.png` there.
    """
    names = [column.name for column in columns]
    metrics = column_metrics(names, vae.column_losses(part.x), missing_shares(part.x))
    ranks, reliability = calibration(vae, part.x, columns)
    errors = {name: one.error for name, one in ranks.items()} | {n: one.error for n, one in reliability.items()}
    metrics |= calibration_metrics({name: errors[name] for name in names if name in errors})
    if folder is not None:
        folder.write_figure(f"calibration_numbers_{mode}", plots.calibration_numbers, ranks)
        folder.write_figure(f"calibration_categories_{mode}", plots.calibration_categories, reliability)
    return metrics


def missing_shares(x: Rows) -> np.ndarray:
    """Share of the rows that have no value, `(n_columns,)` of rows `(n, n_columns)`."""
    return np.sum([np.isnan(piece).sum(axis=0) for _, piece in pieces(x)], axis=0) / len(x)


def calibration(vae: VAE, x: Rows, columns: Sequence[Column]) -> tuple[dict[str, Ranks], dict[str, Reliability]]:
    """How far the probabilities of numbers and of categories are borne out on evenly spread rows, by name.

    Every row's own distributions are those of p(x|z) for one draw z from its posterior q(z|x). Were q the true
    posterior and the model the data's, values would fall evenly into them.
    """
    rows = np.unique(np.linspace(0, len(x) - 1, min(len(x), CALIBRATED)).astype(int))
    numbers = [place for place, column in enumerate(columns) if column.is_number]
    categories = [
        place for place, one in enumerate(columns) if one.n_categories and one.n_categories <= MOST_CATEGORIES
    ]
    ranks = {place: Ranks() for place in numbers}
    reliability = {place: Reliability() for place in categories}
    rng, likelihood = np.random.default_rng(SEED), vae.likelihood
    for start in range(0, len(rows), AT_ONCE):
        part = np.asarray(x[rows[start : start + AT_ONCE]], np.float32)
        z = vae.sample_posterior(part, seed=SEED + start)
        params = vae.decoded_params(z)
        upto = likelihood.cdf(part, params)
        # Just below a value: what it loses on the way is the probability of the value itself.
        below = likelihood.cdf(np.nextafter(part, np.float32(-np.inf)), params)
        for place, one in ranks.items():
            one.add(below[:, place], upto[:, place], rng)
        for place, other in reliability.items():
            other.add(likelihood.probabilities(params, place), part[:, place])
    return (
        {columns[place].name: one for place, one in ranks.items()},
        {columns[place].name: one for place, one in reliability.items()},
    )
