"""Split a row of a text file into fields exactly as they are written, so that it can be joined again.

Quotes, spaces and all other signs stay in the fields. A row that cannot be split into the fields of the table is
kept whole by the caller.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from kvae.runs.forms import wrong


class Fields:
    """Splits rows into fields.

    Args:
        separator: The sign between fields; a space means runs of spaces and tabs.
        width: Number of fields in a row.
    """

    def __init__(self, separator: str, width: int) -> None:
        self.separator, self.width = separator, width
        self.glue = "" if separator == " " else separator
        sign = r" \t" if separator == " " else re.escape(separator)
        quoted = rf'"(?:[^"]|"")*"[^{sign}\r\n]*'
        if separator == " ":
            self.pattern = re.compile(rf"[ \t]*(?:{quoted}|[^ \t\r\n]+)")
        else:
            spaces = "" if separator == "\t" else " *"
            self.pattern = re.compile(rf"{spaces}{quoted}|[^{sign}\r\n]*")
        self.end = re.compile(r"[\r\n]|$")

    def parted(self, row: str) -> tuple[list[str], str] | None:
        """The fields of a row and the text after the last of them; None if it cannot be split so."""
        if self.glue and '"' not in row:
            found = self.end.search(row)
            at = len(row) if found is None else found.start()
            fields, end = row[:at].split(self.separator), row[at:]
        else:
            fields, end = self.matched(row)
        if len(fields) > self.width:
            end = self.glue + self.glue.join(fields[self.width :]) + end
        whole = len(fields) >= self.width and self.glue.join(fields[: self.width]) + end == row
        return (fields[: self.width], end) if whole else None

    def matched(self, row: str) -> tuple[list[str], str]:
        """As `parted`, field by field, for rows with quotes or spaces as separators."""
        fields, at = [], 0
        while (found := self.pattern.match(row, at)) is not None:
            fields.append(found.group())
            at = found.end()
            if self.glue:
                if not row.startswith(self.glue, at):
                    break
                at += len(self.glue)
        return fields, row[at:]


def objects(values: Sequence[str]) -> np.ndarray:
    """Text as an array of objects."""
    found = np.empty(len(values), object)
    found[:] = values
    return found


def string(value: Any, where: str) -> str:
    """Text of any length."""
    if not isinstance(value, str):
        raise wrong(where, "text", value)
    return value
