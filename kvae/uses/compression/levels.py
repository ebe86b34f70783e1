"""Levels: which of a discrete likelihood's values a number of an observation is, counted from 0."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kvae.errors import InputError
from kvae.likelihoods.lookup import names
from kvae.likelihoods.support import OFF_STEP


@dataclass(frozen=True)
class Levels:
    """The values of a likelihood, `lowest + step * level`.

    Attributes:
        lowest, step: In the model's units.
        n_values: How many there are; None where they have no end.
        name: Of the likelihood.
    """

    lowest: float
    step: float
    n_values: int | None
    name: str

    @classmethod
    def of(cls, likelihood: Any) -> "Levels":
        """Those of a likelihood.

        Raises:
            InputError: For a continuous one, whose values have densities and no probabilities.
        """
        support, name = likelihood.support, name_of(likelihood)
        try:
            values = likelihood.values()
        except ValueError:
            if support is None or not support.step:
                raise InputError(
                    f"likelihood {name} is continuous, and only what has probabilities can be coded to the bit: "
                    f"learn with a discrete likelihood, model.likelihood={{{', '.join(discrete())}}}, or type "
                    "mode.lossy=true"
                ) from None
            return cls(float(support.lowest), float(support.step), None, name)
        return cls(float(values[0]), float(values[1] - values[0]), len(values), name)

    def __call__(self, x: np.ndarray, first: int = 0, columns: Sequence[str] | None = None) -> np.ndarray:
        """The levels of observations `(n, *shape)` in the model's units, int32.

        Args:
            x: The observations.
            first: The number of the first, for messages.
            columns: Names of the columns, for messages.

        Raises:
            InputError: For numbers between the values, beyond them, or none, with the first of them.
        """
        with np.errstate(invalid="ignore", over="ignore"):
            steps = (np.asarray(x, np.float64) - self.lowest) / self.step
            levels = np.rint(steps)
            fits = np.abs(steps - levels) <= OFF_STEP * np.maximum(1.0, 1e-3 * np.abs(levels))
            fits &= (levels >= 0) & (levels < (2**31 if self.n_values is None else self.n_values))
        if not fits.all():
            raise self.refused(x, ~fits, first, columns)
        return levels.astype(np.int32)

    def refused(self, x: np.ndarray, bad: np.ndarray, first: int, columns: Sequence[str] | None) -> InputError:
        """The error for numbers that are no value of the likelihood."""
        index = tuple(np.argwhere(bad)[0])
        place = f"row {first + index[0]}"
        place += f", column {columns[index[1]]!r}" if columns is not None else f", at {tuple(map(int, index[1:]))}"
        most = "" if self.n_values is None else f" to {self.lowest + self.step * (self.n_values - 1):g}"
        steps = f"{self.lowest:g}{'' if self.n_values == 2 else f', {self.lowest + self.step:g}, ...'}"
        mend = (
            "learn with data.binarize=threshold or data.binarize=dynamic, or with a likelihood for grey values "
            "such as model.likelihood={name: binomial, n: 255}"
            if self.name == "bernoulli" and np.all(np.isfinite(x)) and np.min(x) >= 0 and np.max(x) <= 1
            else "learn with a likelihood whose values are those of the data"
        )
        return InputError(
            f"only the values of likelihood {self.name}, {steps}{most}, can be compressed to the bit. Received: "
            f"{x[index]:g} in {place}, and {int(bad.sum()) - 1:,} more. To compress such data, {mend}"
        )

    def to_model(self, levels: np.ndarray) -> np.ndarray:
        """Levels in the model's units, float32."""
        return (self.lowest + self.step * levels).astype(np.float32)


def name_of(likelihood: Any) -> str:
    """A likelihood's name, as it is typed."""
    package, _, name = type(likelihood).__module__.rpartition(".")
    return name if package == "kvae.likelihoods" else type(likelihood).__name__


def discrete() -> list[str]:
    """The names of likelihoods that have probabilities."""
    from kvae.likelihoods.lookup import class_of

    return [name for name in names() if is_discrete(class_of(name))]


def is_discrete(kind: type) -> bool:
    """Whether a class of likelihoods has values of its own."""
    from kvae.likelihoods.base import Likelihood

    support = getattr(kind, "support", None)
    return (
        kind.values is not Likelihood.values  # type: ignore[attr-defined]
        or isinstance(support, property)
        or bool(getattr(support, "step", 0))
    )
