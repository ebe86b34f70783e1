"""What is measured of every column of a table, and the pictures of it."""

from collections.abc import Sequence

import numpy as np

from kvae import plots
from kvae.data import Part
from kvae.metrics.calibration import Ranks, Reliability
from kvae.metrics.columns import calibration_metrics, column_metrics
from kvae.model import VAE
from kvae.runs import ModuleFolder
from kvae.table import Column

# Rows, evenly spread, on which calibration is measured.
CALIBRATED = 10_000
# Columns of more categories have no picture: nearly all of their probabilities are small.
MOST_CATEGORIES = 1000
SEED = 0


def measure_columns(
    vae: VAE, part: Part, columns: Sequence[Column], folder: ModuleFolder | None = None, mode: str = ""
) -> dict[str, float]:
    """Loss, missing share and calibration of every column on the rows of a part; draws from a fixed seed.

    With `folder` draws `calibration_numbers_{mode}.png` and `calibration_categories_{mode}.png` there.
    """
    calibration = Calibration(vae, columns)
    losses, missing = np.zeros(len(columns)), np.zeros(len(columns))
    n = len(part)
    shown = np.unique(np.linspace(0, n - 1, min(n, CALIBRATED)).astype(int))
    start = 0
    for x, loss, params in vae.losses_by_column(part.x):
        losses += loss.sum(axis=0, dtype=np.float64)
        missing += np.isnan(x).sum(axis=0)
        here = shown[(shown >= start) & (shown < start + len(x))] - start
        calibration.add(x[here], params[here])
        start += len(x)
    metrics = column_metrics([column.name for column in columns], losses / n, missing / n)
    if folder is not None:
        folder.write_figure(f"calibration_numbers_{mode}", plots.calibration_numbers, calibration.ranks)
        shown_categories = plots.calibration_categories, calibration.reliability
        folder.write_figure(f"calibration_categories_{mode}", *shown_categories)
    return metrics | calibration_metrics(calibration.errors)


class Calibration:
    """How far the probabilities of numbers and of categories are borne out, by the columns' names.

    Every row's own distributions are those of p(x|z) for one draw z from its posterior q(z|x). Were q the true
    posterior and the model the data's, values would fall evenly into them.

    Attributes:
        ranks: Of numbers.
        reliability: Of categories; columns of more than 1000 have none.
    """

    def __init__(self, vae: VAE, columns: Sequence[Column]) -> None:
        self.likelihood, self.names = vae.likelihood, [column.name for column in columns]
        told = vae.likelihood.given  # columns of a condition have no probabilities
        columns = [column for j, column in enumerate(columns) if j not in told]
        self.ranks = {column.name: Ranks() for column in columns if column.is_number}
        few = (column for column in columns if column.n_categories and column.n_categories <= MOST_CATEGORIES)
        self.reliability = {column.name: Reliability() for column in few}
        self.rng = np.random.default_rng(SEED)

    @property
    def errors(self) -> dict[str, float]:
        """How far off probabilities are, by column in the table's order."""
        found: dict[str, Ranks | Reliability] = {**self.ranks, **self.reliability}
        return {name: found[name].error for name in self.names if name in found}

    def add(self, x: np.ndarray, params: np.ndarray) -> None:
        """Take more rows `(n, n_columns)` and their parameters `(n, n_params)` into account."""
        if not len(x):
            return
        upto = self.likelihood.cdf(x, params)
        # Just below a value: what it loses on the way is the probability of the value itself.
        below = self.likelihood.cdf(np.nextafter(x, np.float32(-np.inf)), params)
        for place, name in enumerate(self.names):
            if name in self.ranks:
                self.ranks[name].add(below[:, place], upto[:, place], self.rng)
            elif name in self.reliability:
                self.reliability[name].add(self.likelihood.probabilities(params, place), x[:, place])
