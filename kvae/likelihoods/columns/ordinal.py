"""Categories with an order: intervals of a line between learnt thresholds."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import Tensor, constant, log_1_minus_exp
from kvae.likelihoods.columns.categories import OfCategories
from kvae.table import Column

# The logit of a threshold that a column does not have: all of the probability lies below it.
ABOVE_ALL = 60.0


class Ordinal(OfCategories):
    """Cumulative logits (McCullagh 1980): P(X <= k) = sigmoid(exp(-s) (threshold_k - h)).

    The decoder gives h and s of every row; the thresholds are ascending weights that start at the column's shares.
    """

    def __init__(self, columns: Sequence[Column], **kwargs: Any):
        super().__init__(columns, **kwargs)
        shares = self.shares()
        upto = np.clip(np.cumsum(shares, axis=1)[:, :-1], 1e-6, 1.0 - 1e-6)
        thresholds = np.log(upto) - np.log1p(-upto)
        self.there = np.arange(1, shares.shape[1]) < [[column.n_categories] for column in self.columns]
        steps = np.maximum(np.diff(thresholds, axis=1), 1e-3)
        start = np.concatenate([thresholds[:, :1], np.log(np.expm1(steps))], axis=1)
        self.steps = self.add_weight(
            name="steps", shape=start.shape, initializer=keras.initializers.Constant(start.astype(np.float32))
        )

    @property
    def width(self) -> int:
        return max(2, super().width)

    def thresholds(self, like: Tensor) -> Tensor:
        """`(n_columns, width - 1)`, ascending; those that a column does not have lie above all."""
        steps = ops.cast(self.steps, like.dtype)
        upto = steps[:, :1] + ops.cumsum(ops.softplus(steps[:, 1:]), axis=1)
        thresholds = ops.concatenate([steps[:, :1], upto], axis=1)
        return ops.where(ops.convert_to_tensor(self.there), thresholds, constant(ABOVE_ALL, like))

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        scale = ops.exp(-ops.clip(params[..., 1:2], -4.0, 4.0))
        cuts = scale * (self.thresholds(params) - params[..., :1])
        there = ops.convert_to_tensor(self.there)
        # log(sigmoid(b) - sigmoid(a)) = log sigmoid(b) + log sigmoid(-a) + log(1 - exp(a - b)): no cancellation
        first, last = ops.log_sigmoid(cuts), ops.log_sigmoid(-cuts)
        first = ops.where(there, first, 0.0)
        gap = ops.maximum(cuts[..., 1:] - cuts[..., :-1], 1e-6)
        gaps = ops.where(there[:, 1:], log_1_minus_exp(gap), 0.0)
        zeros = ops.zeros_like(cuts[..., :1])
        below = ops.concatenate([first, zeros], axis=-1)
        above = ops.concatenate([zeros, last], axis=-1)
        between = ops.concatenate([zeros, gaps, zeros], axis=-1)
        own = np.concatenate([np.ones((len(self.there), 1), bool), self.there], axis=1)
        return (ops.where(ops.convert_to_tensor(own), below + above + between, constant(-1e4, params)),)
