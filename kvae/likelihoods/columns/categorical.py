"""One of several categories without an order, with a logit each, and one for all rare ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import Tensor, constant
from kvae.likelihoods.columns.categories import OfCategories
from kvae.table import Column
from kvae.table.rare import Slots

# The logit of a category that a column does not have: its probability is 0 in float32.
NONE = -1e4


class Categorical(OfCategories):
    """Categorical variables: the decoder gives a logit per category, which starts at that of its share.

    The rare categories of a column, those that at most one learning row has, are equally probable: they share the
    logit of the first of them. With logits of their own the decoder would learn by heart which code each of these
    rows has, and give nearly no probability to the categories of other rows.
    """

    def __init__(self, columns: Sequence[Column], **kwargs: Any):
        super().__init__(columns, **kwargs)
        shares = self.shares()
        self.rare = np.zeros(shares.shape, bool)
        self.first, self.log_n = np.zeros(shares.shape), np.zeros(len(shares))
        for j, column in enumerate(self.columns):
            rare = Slots.of_column(column).rare
            if len(rare):
                self.rare[j, rare], self.first[j, rare[0]], self.log_n[j] = True, 1.0, np.log(len(rare))
                shares[j, rare[0]] = shares[j, rare].sum()
        self.begin = np.where(shares > 0, np.log(np.maximum(shares, 1e-30)), NONE)

    @property
    def n_params(self) -> int:  # type: ignore[override]
        return self.width

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        if self.rare.any():
            shared = ops.sum(params * constant(self.first, params), axis=-1) - constant(self.log_n, params)
            params = ops.where(ops.convert_to_tensor(self.rare), shared[..., None], params)
        return (ops.log_softmax(params, axis=-1),)
