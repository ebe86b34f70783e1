"""The base class of likelihoods of categories: the numbers 0, 1, ..., K - 1, with a log-probability for each."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import ColumnLikelihood, Tensor, constant, rounded_up
from kvae.likelihoods.support import Support
from kvae.table import Column


class OfCategories(ColumnLikelihood):
    """Base class: all methods use only the log-probabilities of the categories, `(..., n_columns, K)`.

    K is rounded up, so that columns with similar numbers of categories are computed together; categories that a
    column does not have get no probability.
    """

    def __init__(self, columns: Sequence[Column], **kwargs: Any):
        super().__init__(columns, **kwargs)
        self.fill = np.zeros(len(self.columns))

    @classmethod
    def bucket(cls, column: Column) -> Hashable:
        return rounded_up(cls.count(column))

    @classmethod
    def count(cls, column: Column) -> int:
        """How many categories a column has.

        Raises:
            ValueError: For numbers.
        """
        if column.n_categories is None or column.n_categories < 1:
            name = column.likelihood["name"]
            raise ValueError(
                f"the likelihood {name} is for categories, and the column {column.name!r} has none: choose one "
                "for numbers"
            )
        return column.n_categories

    @property
    def width(self) -> int:
        """The number of categories that are computed, including those that no column has."""
        return int(self.bucket(self.columns[0]))  # type: ignore[call-overload]

    def shares(self) -> np.ndarray:
        """Shares of the categories among the learning rows, `(n_columns, width)`.

        Half a row is added to the count of every category of a column, so that none of their shares is 0.
        """
        counts = np.zeros((len(self.columns), self.width))
        for row, column in zip(counts, self.columns, strict=True):
            n = self.count(column)
            row[:n] = np.asarray(column.coding.get("counts", np.zeros(n)), np.float64) + 0.5
        return counts / counts.sum(axis=1, keepdims=True)

    @classmethod
    def support(cls, column: Column) -> Support:
        last = cls.count(column) - 1
        return Support(0.0, last, name="table", step=1.0, mend="number the categories from 0")

    def log_probabilities(self, *parameters: Tensor) -> Tensor:
        return parameters[0]

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        log_p = parameters[0]
        chosen = ops.one_hot(ops.cast(ops.round(x), "int32"), log_p.shape[-1], dtype=log_p.dtype)
        return ops.sum(ops.where(chosen > 0, log_p, 0.0), axis=-1)

    def mean(self, *parameters: Tensor) -> Tensor:
        return most_probable(parameters[0])

    def sample(self, rng: np.random.Generator, *parameters: np.ndarray) -> np.ndarray:
        return np.argmax(parameters[0] + rng.gumbel(size=parameters[0].shape), axis=-1)  # the Gumbel-max trick

    def cdf(self, x: np.ndarray, *parameters: np.ndarray) -> np.ndarray:
        upto = np.arange(parameters[0].shape[-1]) <= x[..., None]
        return np.minimum(np.where(upto, np.exp(parameters[0]), 0.0).sum(axis=-1), 1.0)


def most_probable(log_p: Tensor) -> Tensor:
    """The number of the first largest of `(..., K)`: an `argmax` that all export formats have."""
    numbers = constant(np.arange(log_p.shape[-1]), log_p)
    largest = log_p >= ops.max(log_p, axis=-1, keepdims=True)
    return ops.min(ops.where(largest, numbers, float(log_p.shape[-1])), axis=-1)
