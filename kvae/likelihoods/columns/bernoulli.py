"""Yes or no: two categories, with the numbers 0 and 1 and one logit."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import Tensor
from kvae.likelihoods.columns.categories import OfCategories
from kvae.table import Column


class Bernoulli(OfCategories):
    """Bernoulli variables: the decoder gives the logit of 1, which starts at that of the column's share."""

    n_params = 1

    def __init__(self, columns: Sequence[Column], **kwargs: Any):
        super().__init__(columns, **kwargs)
        for column in self.columns:
            if self.count(column) > 2:
                raise ValueError(
                    f"the likelihood bernoulli is for two categories, and the column {column.name!r} has "
                    f"{column.n_categories}: choose categorical"
                )
        shares = self.shares()
        self.begin = np.log(np.maximum(shares[:, 1:], 1e-9)) - np.log(shares[:, :1])

    @property
    def width(self) -> int:
        return 2

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        logit = params[..., 0]
        return (ops.stack([-ops.softplus(logit), -ops.softplus(-logit)], axis=-1),)
