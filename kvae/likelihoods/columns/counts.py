"""The base class of likelihoods of counts: they start at the column's mean and use one of `kvae.likelihoods`."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kvae.likelihoods.base import Likelihood
from kvae.likelihoods.columns.base import ColumnLikelihood, Tensor
from kvae.likelihoods.support import Support
from kvae.table import Column

COUNTS = Support(0.0, name="table", step=1.0, mend="pass counts unscaled, or choose another likelihood")


class OfCounts(ColumnLikelihood):
    """Base class: the first parameter is the logarithm of the mean; all are passed to `of_observations`."""

    def __init__(self, columns: Sequence[Column], **kwargs: Any):
        super().__init__(columns, **kwargs)
        self.fill = np.rint(np.maximum(self.fill, 0.0))
        self.begin[:, 0] = np.log(np.maximum(self.learnt("mean", 1.0), 0.01))

    @classmethod
    def support(cls, column: Column) -> Support:
        return COUNTS

    def of_observations(self) -> Likelihood:
        """The likelihood of `kvae.likelihoods` that computes these columns' log-probabilities."""
        raise NotImplementedError

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        return self.of_observations().log_density(x, *parameters)
