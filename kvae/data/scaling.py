"""Scaling of the data, learnt on the learning rows and saved with the model."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from kvae.data.stored import Rows

CHUNK = 65_536


@dataclass(frozen=True)
class Scaling:
    """`scaled = (x - offset) / divisor`.

    Attributes:
        kind: `none`, `minmax`, `standard` or `divisor`.
        offset, divisor: Numbers, or arrays with an entry per column.
        clip: Whether scaled values are clipped to [0, 1]: for `minmax`, as held-out and new rows may lie outside
            the range of the learning rows.
    """

    kind: str = "none"
    offset: Any = 0.0
    divisor: Any = 1.0

    @property
    def clip(self) -> bool:
        return self.kind == "minmax"

    def apply(self, x: np.ndarray) -> np.ndarray:
        """`x` in the model's units, float32; without a copy where nothing changes."""
        if self.kind == "none":
            return np.asarray(x, np.float32) if x.dtype != np.float32 else x
        scaled = (np.asarray(x, np.float64) - self.offset) / self.divisor
        return (np.clip(scaled, 0.0, 1.0) if self.clip else scaled).astype(np.float32)

    def invert(self, x: np.ndarray) -> np.ndarray:
        """`x` from the model's units back in the data's own, float32."""
        if self.kind == "none":
            return x
        return (np.asarray(x, np.float64) * self.divisor + self.offset).astype(np.float32)

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "offset": np.asarray(self.offset).tolist(),
            "divisor": np.asarray(self.divisor).tolist(),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Scaling":
        """What `to_json` gave.

        Raises:
            ValueError, KeyError, TypeError: For anything else.
        """
        offset, divisor = (np.asarray(values[name], np.float64) for name in ("offset", "divisor"))
        if not (np.isfinite(offset).all() and np.isfinite(divisor).all() and np.all(divisor != 0)):
            raise ValueError("its scaling is not finite")
        return cls(str(values["kind"]), offset, divisor)


def learn_scaling(scale: str | float, x: Rows) -> Scaling:
    """The scaling that `data.scale` names, learnt on the learning rows `x` `(n, *data_shape)`.

    Vectors are scaled column by column, images by one offset and divisor. Of a constant column only the offset
    is subtracted.
    """
    if scale == "none":
        return Scaling()
    if not isinstance(scale, str):
        return Scaling("divisor", 0.0, float(scale))
    axis = 0 if x.ndim == 2 else None
    if scale == "minmax":
        offset = np.min([np.min(rows, axis=axis) for rows in chunks(x)], axis=0).astype(np.float64)
        divisor = np.max([np.max(rows, axis=axis) for rows in chunks(x)], axis=0).astype(np.float64) - offset
    else:
        n = x.size if axis is None else len(x)
        offset = sum(np.sum(rows, axis=axis, dtype=np.float64) for rows in chunks(x)) / n
        square = sum(np.sum((rows - offset) ** 2, axis=axis, dtype=np.float64) for rows in chunks(x))
        divisor = np.sqrt(square / n)
        # The rounding error of a constant's mean is no variance (as in scikit-learn's StandardScaler).
        divisor = np.where(divisor <= n * np.finfo(np.float64).eps * np.abs(offset), 0.0, divisor)
    return Scaling(scale, offset, np.where(divisor == 0, 1.0, divisor))


def chunks(x: Any) -> Iterator[np.ndarray]:
    """The rows in pieces of bounded size, for data that stays in its file."""
    for start in range(0, len(x), CHUNK):
        yield x[start : start + CHUNK]
