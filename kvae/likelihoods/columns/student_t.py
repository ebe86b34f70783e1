"""Real numbers with extreme outliers: Student t variables, which outliers hardly affect."""

from collections.abc import Hashable
from typing import Any, ClassVar

import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import Tensor
from kvae.likelihoods.columns.location_scale import Real
from kvae.likelihoods.student_t import StudentT as OfObservations
from kvae.options.rules import number
from kvae.table import Column


class StudentT(Real):
    """Student t variables of `df` degrees of freedom, a key of the column's likelihood: above 1, 4 by default."""

    keys: ClassVar[dict[str, Any]] = {"df": number(1, 4, above=True)}

    @classmethod
    def bucket(cls, column: Column) -> Hashable:
        return float(column.likelihood.get("df", 4.0))

    @property
    def df(self) -> float:
        """Degrees of freedom, the same for all these columns."""
        return float(self.columns[0].likelihood.get("df", 4.0))

    def log_standard(self, t: Tensor) -> Tensor:
        return OfObservations(self.df).log_density(t, ops.zeros_like(t), ops.zeros_like(t))

    def standard_cdf(self, t: np.ndarray) -> np.ndarray:
        from scipy.special import stdtr

        return stdtr(self.df, t)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return rng.standard_t(self.df, shape)
