"""The input that a learnt model expects: shape, scaling and columns."""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kvae.data.columns import in_order
from kvae.data.scaling import Scaling
from kvae.data.signal import Signal
from kvae.table import TableSpec
from kvae.table.text_form import TextForm

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class InputSpec:
    """The input that a learnt model expects; saved beside the model as JSON.

    Attributes:
        shape: Shape of one observation: `(columns,)` or `(height, width, channels)`.
        scaling: From the data's own units to the model's.
        binarize: `none`, `threshold` or `dynamic`.
        columns: Names of an observation's values, in the model's order; None for images, arrays, and models of
            earlier versions.
        table: Kinds and codings of the columns of a table of any kinds; None for data of numbers alone.
        signal: Rate and unit of rows that are signals; None for others.
        missing_signs: Signs of a missing value in a text file of numbers, where the user gave them; later files
            are read with the same. A table of any kinds has its own.
        text: How such a file writes numbers.
    """

    shape: tuple[int, ...]
    scaling: Scaling
    binarize: str
    columns: tuple[str, ...] | None = None
    table: TableSpec | None = None
    signal: Signal | None = None
    missing_signs: tuple[str, ...] | None = None
    text: TextForm = field(default_factory=TextForm)

    @property
    def axis(self) -> Sequence[str] | None:
        """Names of an observation's values in pictures: the times of a signal, or the names of columns."""
        return self.columns if self.signal is None else self.signal

    @property
    def needs_unit_range(self) -> bool:
        """Whether scaled values must lie in [0, 1] to be made binary. Standardised ones may have a threshold."""
        pair = self.binarize, self.scaling.kind
        return self.binarize != "none" and not self.scaling.clip and pair != ("threshold", "standard")

    def positions(self, names: Sequence[str] | None, n: int, source: str) -> list[int]:
        """The positions of the model's columns among the `n` columns of new data: by name where both have names.

        Logs columns that are ignored, or matched by their order; see `kvae.data.columns.in_order`.

        Args:
            names: Names of the columns of the new data; None where they have none.
            n: Number of columns of the new data.
            source: How messages call the new data.

        Raises:
            InputError: For missing columns, all in one error; without names, for another number of columns.
        """
        found, words = in_order(source, names, n, self.columns)
        for word in words:
            log.info(word)
        return found

    def to_json(self) -> dict[str, Any]:
        columns = None if self.columns is None else list(self.columns)
        values = {"shape": list(self.shape), "scaling": self.scaling.to_json(), "binarize": self.binarize}
        values |= {} if columns is None else {"columns": columns}
        values |= {} if self.signal is None else {"signal": self.signal.to_json()}
        values |= {} if self.missing_signs is None else {"missing_signs": list(self.missing_signs)}
        values |= {"text": text} if (text := self.text.to_json()) else {}
        return values if self.table is None else values | {"table": self.table.to_json()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "InputSpec":
        """What `to_json` gave.

        Raises:
            ValueError: For anything else.
        """
        try:
            shape = tuple(int(length) for length in values["shape"])
            columns = values.get("columns")
            names = None if columns is None else tuple(str(name) for name in columns)
            table = None if values.get("table") is None else TableSpec.from_json(values["table"])
            given = values.get("signal")
            signal = None if given is None else Signal.from_json(math.prod(shape), given)
            signs = values.get("missing_signs")
            signs = None if signs is None else tuple(map(str, signs))
            scaling = Scaling.from_json(values["scaling"])
            text = TextForm.from_json(values.get("text", {}))
            spec = cls(shape, scaling, str(values["binarize"]), names, table, signal, signs, text)
        except (KeyError, TypeError) as error:
            raise ValueError(f"an entry is missing or invalid: {error}") from error
        if not shape or min(shape) < 1:
            raise ValueError(f"its shape is {shape}")
        if names is not None and (isinstance(columns, str) or len(set(names)) != math.prod(shape)):
            raise ValueError(f"it names {len(set(names))} columns of {math.prod(shape)}")
        if table is not None and (table.names != names or shape != (len(table.columns),)):
            raise ValueError(f"its table has the columns {', '.join(table.names)}, its observations {names}")
        for numbers in (np.asarray(spec.scaling.offset), np.asarray(spec.scaling.divisor)):
            if not fits(numbers.shape, shape):
                raise ValueError(
                    f"its scaling is for values of shape {numbers.shape}, its observations are {shape}"
                )
        return spec


def fits(shape: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    """Whether numbers of one shape can scale observations of another."""
    try:
        return np.broadcast_shapes(shape, whole) == whole
    except ValueError:
        return False
