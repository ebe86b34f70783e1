"""The original form of data in a lossy archive: converts means in the model's units to numbers as in the data.

Means are converted to the data's units, then written in the style of its numbers. All operations are rounded
identically on every machine.
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
    """As `Form`, for data that is restored as means of p(x|z); see the docstring of the module.

    Rows are coded from the model's units. What is not learnt is stored beside them unchanged. With
    `data.binarize`, probabilities are restored, in the units and the type of the values that were made binary.

    Attributes:
        styles: Styles of numbers: one for all values, or one per value of an observation.
        scaling: Converts from the model's units to those of the source.
        unit: Factor from the source's units to the original values, `AsCame.unit`.
    """

    styles: list[Style] = field(default_factory=list)
    scaling: Scaling = field(default_factory=Scaling)
    unit: float = 1.0

    @classmethod
    def of(cls, part: Part, spec: InputSpec, likelihood: Any = None) -> LossyForm:
        """The form of rows that `load_data(..., as_came=True)` gave; a pass over all of them, in bounded memory.

        Raises:
            ValueError: For rows without their original form, or with a wrong `AsCame.unit`.
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
        """Whether the original values are numbers, which can be compared with restored ones."""
        return self.binarize == "none" and all(style.dtype is not None for style in self.styles)

    @property
    def by_column(self) -> bool:
        return self.kind != "array"

    @property
    def words(self) -> list[str]:
        """Sentences for the user about what is restored."""
        said = ["the decoder's means are restored, and not the observations to the bit"]
        if self.binarize != "none":
            said.append("for binary observations, the mean is the probability of a 1, in the data's own units")
        return said

    def pieces(self, part: Part, spec: InputSpec, at_once: int) -> Iterator[tuple[np.ndarray, bytes]]:
        """Yield observations `(n, *shape)` in the model's units and the bytes beside them, `at_once` rows each."""
        start = 0
        for piece in came_of(part).pieces(at_once):
            yield np.asarray(part.x[start : start + piece.n], np.float32), pack([], piece.rest)
            start += piece.n

    def values_of(self, levels: np.ndarray, apart: list[list[Any]]) -> list[np.ndarray]:
        """Values in the data's form, as in a `Piece`, from means `(n, *shape)` in the model's units."""
        numbers = self.in_data_units(levels)
        flat = numbers.reshape(len(numbers), math.prod(numbers.shape[1:]))
        columns = flat.T if self.by_column else [flat.reshape(-1)]
        if len(columns) != len(self.styles):
            raise ValueError(f"its form has {len(self.styles)} columns, and its rows {len(columns)}")
        return [style(np.ascontiguousarray(column)) for style, column in zip(self.styles, columns, strict=True)]

    def in_data_units(self, x: np.ndarray) -> np.ndarray:
        """Convert values `(n, *shape)` from the model's units to float64 in the original ones."""
        numbers = np.asarray(x, np.float64)
        if self.scaling.kind != "none":
            numbers = numbers * self.scaling.divisor + self.scaling.offset
        return numbers if self.unit == 1.0 else numbers * self.unit

    def restored(self, means: np.ndarray) -> np.ndarray:
        """The values restored from means, as numbers: float64 `(n, *shape)` in the data's units."""
        return self.as_numbers(self.values_of(means, []), means.shape)

    def as_numbers(self, values: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
        """Values in these styles as float64 of a shape."""
        found = [style.numbers(one) for style, one in zip(self.styles, values, strict=True)]
        return (np.stack(found, axis=1) if self.by_column else found[0]).reshape(shape)

    def originals(self, part: Part, spec: InputSpec, at_once: int) -> Iterator[np.ndarray]:
        """Yield the observations in the data's own units, float64 `(n, *shape)`, to compare with restored ones.

        Original values where they are numbers; for text and binary observations, the model's input is converted.
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
            raise ValueError(f"its form has no valid {error}") from error
        styles = [Style.from_json(one) for one in known["styles"]]
        return cls(known["kind"], known["head"], [], styles=styles, scaling=scaling, unit=known["unit"])


def came_of(part: Part) -> AsCame:
    """The rows in their original form, before they were made binary."""
    if part.came is None:
        raise ValueError("the rows lack their original form: read them with load_data(..., as_came=True)")
    return part.came


def check_unit(came: np.ndarray, numbers: np.ndarray) -> None:
    """Raise ValueError where most original values differ from those converted from the model's units."""
    if came.size and np.mean(np.abs(came - numbers) > 1e-3 * max(float(np.ptp(came)), 1e-30)) > 0.5:
        place = tuple(np.argwhere(came != numbers)[0])
        raise ValueError(
            "the observations and the original values of a source differ in their unit: set AsCame.unit. "
            f"Received: {came[place]:g}, and {numbers[place]:g} converted from the model's units"
        )
