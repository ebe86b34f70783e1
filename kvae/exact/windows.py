"""Windows that slide over the axes of images, sequences and volumes, all with channels last."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Windows:
    """Windows of a size, a stride and a dilation over axes 1 to n of an array `(batch, *axes, channels)`.

    Attributes:
        size, strides, dilation: A number for each axis.
        padding: Lengths of the padding before and behind each axis.
        counts: How many windows each axis has.
    """

    size: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    counts: tuple[int, ...]

    @property
    def fields(self) -> tuple[tuple[int, ...], ...]:
        """All attributes as tuples of numbers, which a field of an operation can hold."""
        return self.size, self.strides, self.dilation, tuple(n for pair in self.padding for n in pair), self.counts

    @classmethod
    def of(cls, fields: tuple[tuple[int, ...], ...]) -> "Windows":
        """The windows that have these `fields`."""
        size, strides, dilation, padding, counts = fields
        return cls(size, strides, dilation, tuple(zip(padding[::2], padding[1::2], strict=True)), counts)

    def padded(self, units: Array, value: float = 0.0) -> Array:
        """An array with the padding around it, filled with `value`."""
        if not any(n for pair in self.padding for n in pair):
            return units
        return np.pad(units, ((0, 0), *self.padding, (0, 0)), constant_values=value)

    def taps(self, units: Array) -> Iterator[tuple[tuple[int, ...], Array]]:
        """Every position within a window, and the values there in all windows: `(batch, *counts, channels)`."""
        for place in product(*map(range, self.size)):
            yield place, units[self.slices(place)]

    def slices(self, place: tuple[int, ...]) -> tuple[slice, ...]:
        """The index into a padded array of one position within all windows."""
        starts = [i * d for i, d in zip(place, self.dilation, strict=True)]
        steps = zip(starts, self.strides, self.counts, strict=True)
        return (slice(None), *(slice(start, start + s * (n - 1) + 1, s) for start, s, n in steps))

    def columns(self, units: Array) -> Array:
        """All windows as rows `(batch * counts, size * channels)`."""
        out = np.empty((len(units), *self.counts, *self.size, units.shape[-1]))
        ahead: tuple[Any, ...] = (slice(None),) * (1 + len(self.counts))
        for place, values in self.taps(units):
            out[ahead + place] = values
        return out.reshape(len(units) * int(np.prod(self.counts)), -1)


def windows(
    shape: tuple[int, ...],
    size: tuple[int, ...],
    strides: tuple[int, ...],
    dilation: tuple[int, ...],
    padding: str,
) -> Windows:
    """Windows over axes of lengths `shape`, with TensorFlow's meaning of `padding`: valid, same or causal."""
    wide = [(k - 1) * d + 1 for k, d in zip(size, dilation, strict=True)]
    if padding == "same":
        counts = [-(-n // s) for n, s in zip(shape, strides, strict=True)]
        needed = zip(counts, strides, wide, shape, strict=True)
        total = [max((count - 1) * s + w - n, 0) for count, s, w, n in needed]
        pads = [(n // 2, n - n // 2) for n in total]
    else:
        pads = [(w - 1, 0) if padding == "causal" else (0, 0) for w in wide]
        lengths = zip(shape, pads, wide, strides, strict=True)
        counts = [(n + sum(pad) - w) // s + 1 for n, pad, w, s in lengths]
    return Windows(size, strides, dilation, tuple(pads), tuple(counts))
