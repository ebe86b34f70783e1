"""Rows that are signals: the values of a row follow each other in time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

# Units of time, and how many seconds they have, the largest first.
UNITS = (("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))


@dataclass(frozen=True)
class Signal(Sequence[str]):
    """The rate and unit of a signal; as a sequence, the times of its values as text, in place of column names.

    Attributes:
        n: Number of values per row.
        rate: Values per second; None where it is not known.
        unit: Unit of the values, such as mV; None where it is not known.
    """

    n: int
    rate: float | None = None
    unit: str | None = None

    def __len__(self) -> int:
        return self.n

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(self.n))]
        number = range(self.n)[place]
        return str(number) if self.rate is None else f"{number / self.seconds_of_a_unit / self.rate:g} {self.time}"

    @property
    def time(self) -> str:
        """The unit of the time axis: the largest that a row lasts at least once; empty without a rate."""
        return "" if self.rate is None else self.in_units[0]

    @property
    def in_units(self) -> tuple[str, float]:
        lasts = self.n / (self.rate or 1.0)
        return next((unit for unit in UNITS if lasts >= unit[1]), UNITS[-1])

    @property
    def seconds_of_a_unit(self) -> float:
        return self.in_units[1]

    @property
    def step(self) -> float:
        """The time from one value to the next, in units of the time axis; 1 without a rate."""
        return 1.0 if self.rate is None else 1.0 / self.rate / self.seconds_of_a_unit

    @property
    def time_axis(self) -> str:
        """The label of the time axis."""
        return "value number" if self.rate is None else f"time ({self.time})"

    @property
    def value_axis(self) -> str:
        """The label of the axis of values."""
        return "value" if self.unit is None else self.unit

    def to_json(self) -> dict[str, Any]:
        return {"rate": self.rate, "unit": self.unit}

    @classmethod
    def from_json(cls, n: int, values: Any) -> "Signal":
        """What `to_json` gave, of rows of `n` values.

        Raises:
            ValueError: For anything else.
        """
        if not isinstance(values, dict):
            raise ValueError(f"its signal is {str(values)[:80]}")
        rate, unit = values.get("rate"), values.get("unit")
        is_rate = isinstance(rate, int | float) and not isinstance(rate, bool) and math.isfinite(rate) and rate > 0
        if not (rate is None or is_rate) or not (unit is None or isinstance(unit, str)):
            raise ValueError(f"its signal has the rate {str(rate)[:40]} and the unit {str(unit)[:40]}")
        return cls(n, None if rate is None else float(rate), unit)
