"""All columns of a table: those that are learnt, and those that are left out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from kvae.errors import quoted
from kvae.table.column import Column
from kvae.table.text_form import TextForm


@dataclass(frozen=True)
class LeftOut:
    """A column that is not learnt.

    Attributes:
        name: Its name in the table.
        kind: The kind of its values.
        why: Why it is left out, in words.
        value: The single value of a constant column, as a plain value; None for other columns.
        form: The type of a constant column, if it is not that of `value`; see `kvae.data.kinds.constant`.
    """

    name: str
    kind: str
    why: str
    value: bool | int | float | str | None = None
    form: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "LeftOut":
        """What `TableSpec.to_json` has of a column.

        Raises:
            TypeError: For anything else.
        """
        found = cls(**values)
        if not isinstance(found.form, Mapping):
            raise TypeError(f"the form of {found.name!r} is {quoted(found.form)}")
        return found


@dataclass(frozen=True)
class TableSpec:
    """All columns of a table.

    Attributes:
        columns: The columns that are learnt, in the order of an observation's values.
        left_out: The other columns.
        order: Names of all columns, in the order of the table.
        missing_signs: Signs of a missing value in the text file, where the user gave them; later files are read
            with the same.
        text: How the learnt text file writes a table; new rows are written in the same way.
    """

    columns: tuple[Column, ...]
    left_out: tuple[LeftOut, ...] = ()
    order: tuple[str, ...] = ()
    missing_signs: tuple[str, ...] | None = None
    text: TextForm = field(default_factory=TextForm)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns that are learnt."""
        return tuple(column.name for column in self.columns)

    def place(self, name: str) -> int:
        """The position of the column `name` in an observation.

        Raises:
            ValueError: When no learnt column has this name.
        """
        if name not in self.names:
            raise ValueError(f"no learnt column is called {name!r}. There are: {', '.join(self.names)}")
        return self.names.index(name)

    def for_model(self) -> tuple[Column, ...]:
        """The columns as a model keeps them."""
        return tuple(column.for_model() for column in self.columns)

    def to_json(self) -> dict[str, Any]:
        signs = {} if self.missing_signs is None else {"missing_signs": list(self.missing_signs)}
        return {
            "columns": [column.to_json() for column in self.columns],
            "left_out": [without_none(asdict(one)) for one in self.left_out],
            "order": list(self.order),
            **signs,
            **({"text": text} if (text := self.text.to_json()) else {}),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "TableSpec":
        """What `to_json` gave.

        Raises:
            ValueError: For anything else.
        """
        try:
            columns = tuple(Column.from_json(one) for one in values["columns"])
            left_out = tuple(LeftOut.from_json(one) for one in values["left_out"])
            order = tuple(map(str, values["order"]))
            signs = values.get("missing_signs")
            signs = None if signs is None else tuple(map(str, signs))
            text = TextForm.from_json(values.get("text", {}))
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"its table has a missing or invalid entry: {error}") from error
        if not columns or len({column.name for column in columns}) != len(columns):
            raise ValueError("its table has no columns, or two with the same name")
        return cls(columns, left_out, order, signs, text)


def without_none(values: dict[str, Any]) -> dict[str, Any]:
    """The entries that are neither None nor empty dictionaries."""
    return {name: value for name, value in values.items() if value is not None and value != {}}
