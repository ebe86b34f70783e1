"""Real numbers of any distribution: normal variables after the column's map to N(0, 1)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import Tensor
from kvae.likelihoods.columns.knots import Knots
from kvae.likelihoods.columns.location_scale import Real
from kvae.table import Column


class QuantileGaussian(Real):
    """Normal variables after the piecewise linear map of `kvae.table.coding`: the density has its log-derivative.

    For a column whose distribution is far from normal: the map makes its marginal nearly normal.
    """

    def __init__(self, columns: Sequence[Column], **kwargs: Any):
        super().__init__(columns, **kwargs)
        self.knots = Knots(columns)

    def standard(self, x: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        return self.knots.codes(x, like), self.knots.log_slopes(x, like)

    def unit(self, t: Any) -> Any:
        numbers = self.knots.numbers(ops.convert_to_tensor(t))
        return ops.convert_to_numpy(numbers) if isinstance(t, np.ndarray) else numbers

    def mean(self, *parameters: Tensor) -> Tensor:
        location, log_scale = parameters
        return self.knots.mean(location, ops.exp(log_scale))
