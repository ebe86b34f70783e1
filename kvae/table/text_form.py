"""The signs of a text file that holds a table, with which rows like its rows are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Of signs of missing values.
LONGEST = 80


@dataclass(frozen=True)
class TextForm:
    """How a text file writes a table.

    Attributes:
        separator: The sign between fields.
        decimal: The decimal sign.
        thousands: The sign between thousands, which later files may have; empty: none. New rows have none.
        missing: The sign of a missing value; empty: none, the field is empty.
    """

    separator: str = ","
    decimal: str = "."
    thousands: str = ""
    missing: str = ""

    @classmethod
    def of(
        cls, separator: str | None, decimal: str = ".", thousands: str | None = None, missing: str = ""
    ) -> TextForm:
        """The form of files like one with these signs.

        Spaces, and signs that CSV cannot have, become commas; a sign of missing values that it would quote is
        left out.
        """
        fits = separator is not None and separator.isascii() and separator != " "
        written = separator if separator is not None and fits else ","
        return cls(written, decimal, thousands or "", missing if is_plain(missing, written) else "")

    @property
    def signs(self) -> tuple[str, str | None]:
        """The decimal sign, and the sign between thousands or None."""
        return self.decimal, self.thousands or None

    def to_json(self) -> dict[str, str]:
        """The signs that are not those of an ordinary CSV file."""
        return {name: value for name, value in vars(self).items() if value != getattr(TextForm, name)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> TextForm:
        """What `to_json` gave.

        Raises:
            ValueError: For anything else.
        """
        found = cls(**values)
        one_sign = isinstance(found.separator, str) and len(found.separator) == 1 and found.separator.isascii()
        signs = found.decimal in (".", ",") and found.thousands in ("", ",", ".", " ", "'")
        signs = signs and found.decimal != found.thousands and one_sign and found.separator not in '"\r\n'
        if not signs or not is_plain(found.missing, found.separator):
            raise ValueError(f"the signs of its text file are invalid: {dict(values)}")
        return found


def is_plain(missing: Any, separator: str) -> bool:
    """Whether a sign of missing values is short text that needs no quotes in a file with this separator."""
    text = isinstance(missing, str) and missing.isprintable() and len(missing) <= LONGEST
    return text and not {'"', separator} & set(missing)
