"""Metrics of every column of a table, and the pictures of its calibration."""

from collections.abc import Sequence

import numpy as np

from kvae import plots
from kvae.data import Part
from kvae.metrics.calibration import Ranks, Reliability
from kvae.metrics.columns import calibration_metrics, column_metrics
from kvae.model import VAE
from kvae.runs import ModuleFolder
from kvae.table import Column

# Calibration is measured on at most this many evenly spread rows.
CALIBRATED = 10_000
# Calibration leaves out columns of more categories: nearly all of their probabilities are small.
MOST_CATEGORIES = 1000
SEED = 0


def measure_columns(
    vae: VAE, part: Part, columns: Sequence[Column], folder: ModuleFolder | None = None, mode: str = ""
) -> dict[str, float]:
    """Loss, share of missing values and calibration error of every column on the rows of a part.

    Draws random numbers from a fixed seed. With `folder` it writes the pictures `calibration_numbers_{mode}.png`
    and `calibration_categories_{mode}.png` there.
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
    """Calibration of the predicted distributions of numbers and of categories, by column name.

    The predicted distributions of a row are those of p(x|z) for one draw z from its posterior q(z|x). If q is the
    true posterior and the model is true of the data, the values are uniformly distributed over their quantiles.

    Attributes:
        ranks: For every column of numbers.
        reliability: For every column of at most 1000 categories.
    """

    def __init__(self, vae: VAE, columns: Sequence[Column]) -> None:
        self.likelihood, self.names = vae.likelihood, [column.name for column in columns]
        given = vae.likelihood.given  # columns of a condition have no predicted distribution
        columns = [column for j, column in enumerate(columns) if j not in given]
        self.ranks = {column.name: Ranks() for column in columns if column.is_number}
        few = (column for column in columns if column.n_categories and column.n_categories <= MOST_CATEGORIES)
        self.reliability = {column.name: Reliability() for column in few}
        self.rng = np.random.default_rng(SEED)

    @property
    def errors(self) -> dict[str, float]:
        """The calibration error of every column, in the table's order."""
        found: dict[str, Ranks | Reliability] = {**self.ranks, **self.reliability}
        return {name: found[name].error for name in self.names if name in found}

    def add(self, x: np.ndarray, params: np.ndarray) -> None:
        """Add rows `(n, n_columns)` and the likelihood's parameters for them `(n, n_params)`."""
        if not len(x):
            return
        numbers = [place for place, name in enumerate(self.names) if name in self.ranks]
        upto = self.likelihood.cdf(x, params, numbers)
        # The cdf just below a value: the difference from the cdf at it is the probability of the value itself.
        below = self.likelihood.cdf(np.nextafter(x, np.float32(-np.inf)), params, numbers)
        for place, name in enumerate(self.names):
            if name in self.ranks:
                self.ranks[name].add(below[:, place], upto[:, place], self.rng)
            elif name in self.reliability:
                self.reliability[name].add(self.likelihood.probabilities(params, place), x[:, place])
