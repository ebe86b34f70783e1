"""The data's own form, for lossy compression: from means in the model's units to numbers of the type that came.

Means are brought into the data's units, then into the style in which its numbers are written. Every operation is
rounded in one way: the same on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kvae.data import InputSpec, Part
from kvae.data.original import AsCame
from kvae.data.scaling import Scaling
from kvae.runs.forms import Form as Check
from kvae.runs.forms import finite, list_of, mapping, record, text
from kvae.uses.compression.beside import pack
from kvae.uses.compression.form import Form, rows_at_once
from kvae.uses.compression.style import Style

JSON: Check = record(
    {"kind": text, "head": mapping, "styles": list_of(mapping), "scaling": mapping, "unit": finite}
)


@dataclass
class LossyForm(Form):
    """As `Form`, of data that comes back as means of p(x|z); see the module's text.

    Rows are coded as they are in the model's units. What is not learnt is kept beside them as it is. Of
    `data.binarize` the probabilities come back, in the units and the type of the values that were made binary.

    Attributes:
        styles: One for all values, or one per value of an observation.
        scaling: From the model's units to those of the source.
        unit: From there to the values as they came, `AsCame.unit`.
    """

    styles: list[Style] = field(default_factory=list)
    scaling: Scaling = field(default_factory=Scaling)
    unit: float = 1.0

    @classmethod
    def of(cls, part: Part, spec: InputSpec, likelihood: Any = None) -> LossyForm:
        """The form of rows that `load_data(..., as_came=True)` gave; a pass over all of them, in bounded memory.

        Raises:
            ValueError: For rows that do not know how they came, or came in another unit than they say.
        """
        came = came_of(part)
        form = cls(came.original.kind, came.original.head, [], scaling=spec.scaling, binarize=spec.binarize)
        form.columns, form.unit = spec.columns, came.unit
        start = 0
        for piece in came.pieces(rows_at_once(part.x)):
            x = np.asarray(part.x[start : start + piece.n])
            start += piece.n
            numbers = form.in_data_units(x).reshape(piece.n, math.prod(x.shape[1:]))
            values = zip(piece.values, numbers.T if form.by_column else [numbers], strict=form.by_column)
            found = [Style.of(one, known) for one, known in values]
            pairs = zip(form.styles, found, strict=True)
            form.styles = [one.joined(other) for one, other in pairs] if form.styles else found
            form.raw_bytes += piece.n_bytes
            if form.is_plain:
                inside = (x > 0.0) & (x < 1.0) if spec.scaling.clip else np.isfinite(x)
                check_unit(form.as_numbers(piece.values, x.shape)[inside], numbers.reshape(x.shape)[inside])
        return form

    @property
    def is_plain(self) -> bool:
        """Whether the values as they came are numbers that can be compared with what comes back."""
        return self.binarize == "none" and all(style.dtype is not None for style in self.styles)

    @property
    def by_column(self) -> bool:
        return self.kind != "array"

    @property
    def words(self) -> list[str]:
        """What the user is to be told of what comes back, a sentence each."""
        said = ["what comes back is the mean that the decoder gives, and not the observations to the bit"]
        if self.binarize != "none":
            said.append("of binary observations that is the probability of a 1, in the data's own units")
        return said

    def pieces(self, part: Part, spec: InputSpec, at_once: int) -> Iterator[tuple[np.ndarray, bytes]]:
        """Observations `(n, *shape)` in the model's units, and what must be kept beside; `at_once` rows each."""
        start = 0
        for piece in came_of(part).pieces(at_once):
            yield np.asarray(part.x[start : start + piece.n], np.float32), pack([], piece.rest)
            start += piece.n

    def values_of(self, levels: np.ndarray, apart: list[list[Any]]) -> list[np.ndarray]:
        """The data's own values, as a `Piece` has them, of means `(n, *shape)` in the model's units."""
        numbers = self.in_data_units(levels)
        flat = numbers.reshape(len(numbers), math.prod(numbers.shape[1:]))
        columns = flat.T if self.by_column else [flat.reshape(-1)]
        if len(columns) != len(self.styles):
            raise ValueError(f"its form has {len(self.styles)} columns, and its rows {len(columns)}")
        return [style(np.ascontiguousarray(column)) for style, column in zip(self.styles, columns, strict=True)]

    def in_data_units(self, x: np.ndarray) -> np.ndarray:
        """Values `(n, *shape)` in the model's units as float64 in those in which they came."""
        numbers = np.asarray(x, np.float64)
        if self.scaling.kind != "none":
            numbers = numbers * self.scaling.divisor + self.scaling.offset
        return numbers if self.unit == 1.0 else numbers * self.unit

    def restored(self, means: np.ndarray) -> np.ndarray:
        """What means come back as, as numbers: float64 `(n, *shape)` in the data's units."""
        return self.as_numbers(self.values_of(means, []), means.shape)

    def as_numbers(self, values: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
        """Values in these styles as float64 of a shape."""
        found = [style.numbers(one) for style, one in zip(self.styles, values, strict=True)]
        return (np.stack(found, axis=1) if self.by_column else found[0]).reshape(shape)

    def originals(self, part: Part, spec: InputSpec, at_once: int) -> Iterator[np.ndarray]:
        """The observations in the data's own units, float64 `(n, *shape)`, to compare with what comes back.

        As they came, where they are numbers; text and what was made binary as the model takes it.
        """
        start = 0
        for piece in came_of(part).pieces(at_once):
            x = np.asarray(part.x[start : start + piece.n])
            start += piece.n
            yield self.as_numbers(piece.values, x.shape) if self.is_plain else self.in_data_units(x)

    def to_json(self) -> dict[str, Any]:
        styles = [style.to_json() for style in self.styles]
        scaled = {"scaling": self.scaling.to_json(), "unit": self.unit}
        return {"kind": self.kind, "head": self.head, "styles": styles, **scaled}

    @classmethod
    def from_json(cls, found: Any) -> LossyForm:
        known = JSON(found, "its form")
        try:
            scaling = Scaling.from_json(known["scaling"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"its form lacks or garbles {error}") from error
        styles = [Style.from_json(one) for one in known["styles"]]
        return cls(known["kind"], known["head"], [], styles=styles, scaling=scaling, unit=known["unit"])


def came_of(part: Part) -> AsCame:
    """The rows as they came, those that were made binary too."""
    if part.came is None:
        raise ValueError("the rows do not know how they came: read them with load_data(..., as_came=True)")
    return part.came


def check_unit(came: np.ndarray, numbers: np.ndarray) -> None:
    """Raise ValueError where most values that came are others than those that the model takes stand for."""
    if came.size and np.mean(np.abs(came - numbers) > 1e-3 * max(float(np.ptp(came)), 1e-30)) > 0.5:
        place = tuple(np.argwhere(came != numbers)[0])
        raise ValueError(
            "the source gives its observations in another unit than the values as they came: it must say which "
            f"(AsCame.unit). Received: {came[place]:g}, and {numbers[place]:g} from the model's units"
        )
