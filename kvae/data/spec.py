"""What a learnt model expects of its input."""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kvae.data.columns import in_order
from kvae.data.scaling import Scaling
from kvae.data.signal import Signal
from kvae.table import TableSpec

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class InputSpec:
    """What a learnt model expects of its input; kept beside it as JSON.

    Attributes:
        shape: Of one observation: `(columns,)` or `(height, width, channels)`.
        scaling: From the data's own units to the model's.
        binarize: `none`, `threshold` or `dynamic`.
        columns: Names of an observation's values, in the model's order; None of images, of arrays, and of what
            earlier versions learnt.
        table: What the columns of a table of any kinds mean; None of numbers alone.
        signal: What is known of rows that are signals; None of others.
    """

    shape: tuple[int, ...]
    scaling: Scaling
    binarize: str
    columns: tuple[str, ...] | None = None
    table: TableSpec | None = None
    signal: Signal | None = None

    @property
    def axis(self) -> Sequence[str] | None:
        """What pictures name the values of an observation by: times of a signal, or names of columns."""
        return self.columns if self.signal is None else self.signal

    def positions(self, names: Sequence[str] | None, n: int, source: str) -> list[int]:
        """Where the model's columns stand among `n` that came: by name where both have names.

        What the user should know of it is logged; see `kvae.data.columns.in_order`.

        Args:
            names: Of the columns that came; None where they have none.
            n: Their number.
            source: How messages call what came.

        Raises:
            InputError: For missing columns, all at once; without names, for another number of columns.
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
            spec = cls(shape, Scaling.from_json(values["scaling"]), str(values["binarize"]), names, table, signal)
        except (KeyError, TypeError) as error:
            raise ValueError(f"it lacks or garbles {error}") from error
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
