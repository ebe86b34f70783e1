"""One learnt column of a table."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

# How missing values are treated: left out of the likelihood, or learnt as a binary value, missing or not.
MISSING = ("ignore", "learn")


@dataclass(frozen=True)
class Column:
    """A column that is learnt, with a number per row; NaN where a value is missing.

    Attributes:
        name: Its name in the table.
        kind: The kind of its values; a file of `kvae.data.kinds`.
        likelihood: p(value | z): the `name` of a column's likelihood, and its keys.
        categories: The texts of the categories 0, 1, ...; None for numbers, and inside a model.
        n_categories: Number of categories; None for numbers.
        coding: The coding, learnt on the learning rows; see `kvae.table.coding`.
        missing: How missing values are treated, one of `MISSING`.
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
        """Whether its values are numbers, and not categories."""
        return self.n_categories is None

    def for_model(self) -> "Column":
        """The column without the texts of categories and without `form`, which a model does not need."""
        return replace(self, categories=None, form={})

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON, without those that are None, empty or `ignore`."""
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
            raise ValueError(f"an entry is missing or invalid: {error}") from error
        names, n = column.categories, column.n_categories
        if not known or column.missing not in MISSING or (names is not None and len(names) != n):
            raise ValueError(f"the column {column.name!r} has an invalid entry")
        return column
