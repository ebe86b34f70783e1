"""One of several categories without an order, with a logit each."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import Tensor
from kvae.likelihoods.columns.categories import OfCategories
from kvae.table import Column

# The logit of a category that a column does not have: its probability is 0 in float32.
NONE = -1e4


class Categorical(OfCategories):
    """Categorical variables: the decoder gives a logit per category, which starts at that of its share."""

    def __init__(self, columns: Sequence[Column], **kwargs: Any):
        super().__init__(columns, **kwargs)
        shares = self.shares()
        self.even = self.spread()
        self.begin = np.where(shares > 0, np.log(np.maximum(shares, 1e-30)), NONE)

    @property
    def n_params(self) -> int:  # type: ignore[override]
        return self.width

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        return (self.even.log_p_of_all(ops.log_softmax(params, axis=-1)),)
