"""The signs of a text file that holds a table, with which rows like its rows are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TextForm:
    """How a text file writes a table.

    Attributes:
        separator: The sign between fields.
        decimal: The decimal sign.
        thousands: The sign between thousands, which later files may have; empty: none. New rows have none.
    """

    separator: str = ","
    decimal: str = "."
    thousands: str = ""

    @classmethod
    def of(cls, separator: str | None, decimal: str = ".", thousands: str | None = None) -> TextForm:
        """The form of files like one with these signs: spaces, and signs that CSV cannot have, become commas."""
        fits = separator is not None and separator.isascii() and separator != " "
        return cls(separator if separator is not None and fits else ",", decimal, thousands or "")

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
        if not one_sign or found.separator in '"\r\n' or not signs or found.decimal == found.thousands:
            raise ValueError(f"the signs of its text file are invalid: {dict(values)}")
        return found
