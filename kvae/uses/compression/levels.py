"""Levels: indices, from 0, of the numbers of observations among the values of a discrete likelihood."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kvae.errors import InputError
from kvae.likelihoods.lookup import class_of, names
from kvae.likelihoods.support import OFF_STEP

# Values that are converted together: few enough to fit a processor's cache.
AT_ONCE = 2**17


@dataclass(frozen=True)
class Levels:
    """The values of a likelihood, `lowest + step * level`.

    Attributes:
        lowest, step: In the model's units.
        n_values: Number of values; None if unbounded.
        name: Name of the likelihood.
    """

    lowest: float
    step: float
    n_values: int | None
    name: str

    @classmethod
    def of(cls, likelihood: Any) -> "Levels":
        """The levels of a likelihood.

        Raises:
            InputError: For a continuous likelihood, which has no probabilities, and for values that are not evenly
                spaced.
        """
        support, name = likelihood.support, name_of(likelihood)
        check_coded(likelihood)
        try:
            values = likelihood.values()
        except ValueError:
            if support is None or not support.step:
                raise InputError(
                    f"model.likelihood={name} is continuous, and only a discrete likelihood can be coded to "
                    f"the bit. Learn with one: {', '.join(discrete())}"
                ) from None
            return cls(float(support.lowest), float(support.step), None, name)
        steps = np.diff(values)
        if not len(steps) or np.ptp(steps) > OFF_STEP * steps[0]:
            raise InputError(
                f"model.likelihood={name} must have evenly spaced values. It has {values[:5].tolist()}"
            )
        return cls(float(values[0]), float(values[1] - values[0]), len(values), name)

    def __call__(self, x: np.ndarray, first: int = 0, columns: Sequence[str] | None = None) -> np.ndarray:
        """The levels of observations `(n, *shape)` in the model's units, int32.

        Args:
            x: The observations.
            first: Row number of the first, for messages.
            columns: Names of the columns, for messages.

        Raises:
            InputError: For numbers that are not values of the likelihood, or are NaN; names the first of them.
        """
        levels = np.empty(x.shape, np.int32)
        at_once = max(1, AT_ONCE // max(1, int(np.prod(x.shape[1:]))))
        for start in range(0, len(x), at_once):
            rows = slice(start, start + at_once)
            with np.errstate(invalid="ignore", over="ignore"):
                steps = (np.asarray(x[rows], np.float64) - self.lowest) / self.step
                nearest = np.rint(steps)
                fits = np.abs(steps - nearest) <= OFF_STEP * np.maximum(1.0, 1e-3 * np.abs(nearest))
                fits &= (nearest >= 0) & (nearest < (2**31 if self.n_values is None else self.n_values))
            if not fits.all():
                raise self.refused(x[rows], ~fits, first + start, columns)
            levels[rows] = nearest
        return levels

    def refused(self, x: np.ndarray, bad: np.ndarray, first: int, columns: Sequence[str] | None) -> InputError:
        """The error for numbers that are not values of the likelihood."""
        index = tuple(map(int, np.argwhere(bad)[0]))
        inside = index[1:] if columns is None or len(index) > 2 else columns[index[1]]
        more = f", and {int(bad.sum()) - 1:,} more" if bad.sum() > 1 else ""
        return InputError(
            f"only values of model.likelihood={self.name} ({self}, in the model's units) can be compressed to the "
            f"bit. Received: {x[index]:g} in row {first + index[0]}, at {inside}{more}. {self.mend(x)}"
        )

    def __str__(self) -> str:
        first = f"{self.lowest:g}, {self.lowest + self.step:g}"
        if self.n_values == 2:
            return first
        return f"{first}, ..." + (f", {self.lowest + self.step * (self.n_values - 1):g}" if self.n_values else "")

    def mend(self, x: np.ndarray) -> str:
        """Advice for the user on observations that hold other numbers."""
        with np.errstate(invalid="ignore"):
            grey = self.n_values == 2 and bool(np.all((x >= self.lowest) & (x <= self.lowest + self.step)))
        if grey:
            return (
                "Learn with data.binarize=threshold or data.binarize=dynamic, or with a likelihood that has a "
                "value for every grey level, such as binomial"
            )
        if self.n_values is None and bool(np.any(x >= 2**31)):
            return "So large counts cannot be coded: leave such columns out of what is learnt, or compress lossily"
        return f"Learn with a likelihood whose values they are, one of {', '.join(discrete())}"

    def to_model(self, levels: np.ndarray) -> np.ndarray:
        """Levels in the model's units, float32."""
        return (self.lowest + self.step * levels).astype(np.float32)


def name_of(likelihood: Any) -> str:
    """A likelihood's name, as in the config."""
    package, _, name = type(likelihood).__module__.rpartition(".")
    return name if package == "kvae.likelihoods" else type(likelihood).__name__


def check_coded(likelihood: Any) -> None:
    """Raise InputError for a likelihood with which no archives can be written, discrete or not."""
    if not getattr(likelihood, "coded", True):
        raise InputError(
            f"model.likelihood={name_of(likelihood)} has no coding: an archive needs one likelihood for all "
            f"values. Learn numbers (data=file) with a discrete one: {', '.join(discrete())}"
        )


def discrete() -> list[str]:
    """The names of discrete likelihoods that archives can be written with."""
    return [name for name in names() if is_discrete(class_of(name))]


def is_discrete(kind: type) -> bool:
    """Whether a class of likelihoods is discrete and can be coded."""
    from kvae.likelihoods.base import Likelihood

    support = getattr(kind, "support", None)
    return getattr(kind, "coded", True) and (
        kind.values is not Likelihood.values  # type: ignore[attr-defined]
        or isinstance(support, property)
        or bool(getattr(support, "step", 0))
    )
