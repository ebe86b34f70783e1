"""The base class of likelihoods of columns: one distribution for several columns, which are computed together."""

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from kvae.likelihoods.support import Support
from kvae.table import Column

Tensor = Any


class ColumnLikelihood(keras.layers.Layer):
    """Base class: independent columns of one kind of distribution, each in its own unit.

    A subclass defines `log_density`, `mean`, `sample` and, for numbers, `cdf`, or, for categories,
    `log_probabilities`. `begin` is added to the decoder's output, so that an output of 0 gives the columns'
    marginal distributions, as far as they were learnt (`Column.coding`). A subclass may own weights.

    Args:
        columns: The columns of one `bucket`.

    Attributes:
        n_params: Parameters per column.
        keys: The keys that a column's `likelihood` may have beside `name`, and their rules.
        begin: The parameters of the marginal distributions, `(n_columns, n_params)`.
        fill: A possible value of every column, `(n_columns,)`, which replaces missing ones in computations.
    """

    n_params: int = 2
    keys: ClassVar[dict[str, Any]] = {}

    def __init__(self, columns: Sequence[Column], **kwargs: Any):
        super().__init__(**kwargs)
        self.columns = tuple(columns)
        self.begin = np.zeros((len(self.columns), self.n_params))
        self.fill = np.array([column.coding.get("mean", 0.0) for column in self.columns])
        self.built = True

    @classmethod
    def bucket(cls, column: Column) -> Hashable:
        """Columns whose buckets are equal are computed together."""
        return ()

    @classmethod
    def support(cls, column: Column) -> Support:
        """The values that a column may have."""
        return Support()

    @property
    def held(self) -> int:
        """The most numbers per row that `log_density` holds at once, roughly."""
        return len(self.columns) * self.n_params

    def learnt(self, name: str, otherwise: float) -> np.ndarray:
        """An entry of the columns' codings, `(n_columns,)`; `otherwise` where it was not learnt."""
        return np.array([float(column.coding.get(name, otherwise)) for column in self.columns])

    def key(self, name: str, otherwise: float) -> np.ndarray:
        """A key of the columns' likelihoods, `(n_columns,)`."""
        return np.array([float(column.likelihood.get(name, otherwise)) for column in self.columns])

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        """Parameters, `(..., n_columns)` or wider each, from output plus `begin`, `(..., n_columns, n_params)`."""
        raise NotImplementedError

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        """Log-density, or log-probability, of values `(..., n_columns)`, none of them missing, in nats."""
        raise NotImplementedError

    def log_density_of(self, x: Tensor, params: Tensor) -> Tensor:
        """`log_density` from the decoder's output plus `begin`, `(..., n_columns, n_params)`."""
        return self.log_density(x, *self.parameters(params))

    def mean(self, *parameters: Tensor) -> Tensor:
        """The mean, or the most probable category, `(..., n_columns)`."""
        raise NotImplementedError

    def sample(self, rng: np.random.Generator, *parameters: np.ndarray) -> np.ndarray:
        """One draw per row, `(..., n_columns)`; NumPy in and out."""
        raise NotImplementedError

    def cdf(self, x: np.ndarray, *parameters: np.ndarray) -> np.ndarray:
        """Probability of values up to `x` `(..., n_columns)`, of the same shape; NumPy in and out."""
        raise NotImplementedError

    def log_probabilities(self, *parameters: Tensor) -> Tensor:
        """Log-probabilities of the categories, `(..., n_columns, K)`; -10000 for those that a column lacks.

        Raises:
            ValueError: For a likelihood of numbers.
        """
        raise ValueError(f"{type(self).__name__} is for numbers: it has no probabilities of categories")


def constant(values: Any, like: Tensor) -> Tensor:
    """Values as a tensor of the same dtype as `like`."""
    return ops.convert_to_tensor(np.asarray(values), dtype=keras.backend.standardize_dtype(like.dtype))


def log_1_minus_exp(d: Tensor) -> Tensor:
    """Logarithm of 1 - exp(-d) for d > 0, accurate for small d, by functions that all export formats have."""
    return ops.softplus(-d) + ops.log(ops.tanh(0.5 * d))


def padded(rows: Sequence[Sequence[float]], length: int, fill: float) -> np.ndarray:
    """Rows of different lengths as one array `(n, length)`, with `fill` at their ends."""
    found = np.full((len(rows), length), fill, np.float64)
    for row, values in zip(found, rows, strict=True):
        row[: len(values)] = values
    return found


def rounded_up(n: int) -> int:
    """The next of 1, 2, 3, 4, 6, 8, 12, 16, ...: columns with similar numbers of categories share a group."""
    power = 1 << max(0, n - 1).bit_length()
    return power * 3 // 4 if power >= 4 and n <= power * 3 // 4 else power
