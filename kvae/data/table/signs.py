"""Signs of missing values that may be categories: `None` may mean that a car has no airbag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

Signs = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class UnclearSigns:
    """Signs that were read as missing values only in columns of text.

    Attributes:
        found: By column of text, each sign with its number of rows.
        clear: The other signs of the table: columns of numbers or truth values have them.
    """

    found: dict[str, dict[str, int]]
    clear: tuple[str, ...]

    @property
    def advice(self) -> str:
        """What to type so that they are categories; the clear signs still mean a missing value."""
        typed = ",".join(f"'{sign}'" for sign in self.clear) or "''"
        alone = "these and empty fields alone" if self.clear else "empty fields alone"
        return f'If it is a category, type "data.missing_signs=[{typed}]", so that {alone} are missing'


def unclear_signs(signs: Signs, frame: pl.DataFrame) -> UnclearSigns:
    """The signs that may be categories.

    Args:
        signs: Signs that were read as missing values: by column, each sign with its number of rows.
        frame: The table as it was read. In a column that is not text, a sign always means a missing value.
    """
    import polars as pl

    texts = {one.name for one in frame.iter_columns() if one.dtype == pl.String and one.null_count() < len(one)}
    clear = dict.fromkeys(sign for name, there in signs.items() if name not in texts for sign in there)
    found = {
        name: unclear
        for name, there in signs.items()
        if name in texts and (unclear := {sign: n for sign, n in there.items() if sign not in clear})
    }
    return UnclearSigns(found, tuple(clear))
