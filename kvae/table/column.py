"""One learnt column of a table."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

# What becomes of the gaps of a column: left out of the likelihood, or learnt as a yes or no of their own.
MISSING = ("ignore", "learn")


@dataclass(frozen=True)
class Column:
    """A column that is learnt, a number per row; NaN where a value is missing.

    Attributes:
        name: As the table calls it.
        kind: Of its values; a file of `kvae.data.kinds`.
        likelihood: What its values are given a code: the `name` of a column's likelihood, and its keys.
        categories: The texts of the categories 0, 1, ...; None of numbers, and inside a model.
        n_categories: How many there are; None of numbers.
        coding: From numbers to what networks take, learnt on the learning rows; see `kvae.table.coding`.
        missing: What becomes of its gaps, one of `MISSING`.
        form: How the table writes its values, such as decimals or the format of dates.
    """

    name: str
    kind: str
    likelihood: Mapping[str, Any]
    categories: tuple[str, ...] | None = None
    n_categories: int | None = None
    coding: Mapping[str, Any] = field(default_factory=dict)
    missing: str = "ignore"
    form: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers, not the numbers of categories."""
        return self.n_categories is None

    def for_model(self) -> "Column":
        """The column without what a model need not know: texts of categories, and how the table writes it."""
        return replace(self, categories=None, form={})

    def to_json(self) -> dict[str, Any]:
        """Plain values; what says nothing is left out."""
        values = {name: value for name, value in asdict(self).items() if value not in (None, {}, "ignore")}
        if self.categories is not None:
            values["categories"] = list(self.categories)
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Column":
        """What `to_json` gave.

        Raises:
            ValueError: For anything else.
        """
        try:
            unknown = values.keys() - {one.name for one in fields(cls)}
            if unknown:
                raise ValueError(f"it has the unknown entry {sorted(unknown)[0]!r}")
            given = dict(values)
            if given.get("categories") is not None:
                given["categories"] = tuple(map(str, given["categories"]))
            column = cls(**given)
            known = isinstance(column.name, str) and isinstance(column.likelihood["name"], str)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"it lacks or garbles {error}") from error
        names, n = column.categories, column.n_categories
        if not known or column.missing not in MISSING or (names is not None and len(names) != n):
            raise ValueError(f"the column {column.name!r} is garbled")
        return column
