"""Restore text files from fields, into which `kvae.data.original.text` has split them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from kvae.data.original.came import ALL
from kvae.data.original.fields import Fields, string
from kvae.runs.forms import Form, list_of, positive, record, whole, word, wrong

ENDINGS = (".csv", ".tsv", ".txt")


def encoding_of(value: Any, where: str) -> str:
    """An encoding that Python knows, checked."""
    try:
        "".encode(string(value, where))
    except (LookupError, ValueError):
        raise wrong(where, "an encoding of text", value) from None
    return value


HEAD: Form = record(
    {
        "ending": word(*ENDINGS),
        "encoding": encoding_of,
        "separator": string,
        "width": positive,
        "features": list_of(whole),
        "above": string,
        "end": string,
    }
)


class TextResult:
    """Restores a text file from pieces of its rows; `finish` gives its bytes. `head` is from `TextRows.head`.

    Raises:
        ValueError: For an invalid head, and for pieces that do not fit it.
    """

    def __init__(self, head: dict[str, Any]) -> None:
        known = HEAD(head, "its form")
        self.encoding, self.end, self.width = known["encoding"], known["end"], known["width"]
        self.features = known["features"]
        if len(known["separator"]) != 1 or not set(self.features) <= set(range(self.width)):
            raise ValueError(f"its form names columns {self.features} of {self.width}")
        self.glue = Fields(known["separator"], self.width).glue
        self.others = [i for i in range(self.width) if i not in set(self.features)]
        self.parts = [known["above"].encode(self.encoding)]

    def text(self, n: int, values: list[np.ndarray], rest: bytes, keep: slice = ALL) -> bytes:
        """The encoded text of the rows `keep` of a piece of `n` rows."""
        try:
            kept, ends, odd = json.loads(rest) if rest else ([], {}, {})
            columns: list[Sequence[str]] = [()] * self.width
            for place, column in zip((*self.features, *self.others), (*values, *kept), strict=True):
                columns[place] = column.tolist() if isinstance(column, np.ndarray) else column
            rows = [self.glue.join(fields) for fields in zip(*columns, strict=True)]
            texts = [row + self.end for row in rows]
            for place, end in ends.items():
                texts[int(place)] = rows[int(place)] + end
            for place, text in odd.items():
                texts[int(place)] = text
            whole = "".join(texts[keep]).encode(self.encoding)
        except (ValueError, TypeError, IndexError, AttributeError) as error:
            raise ValueError("the further columns do not fit the rows") from error
        if len(rows) != n:
            raise ValueError(f"the further columns do not fit the rows: they have {len(rows)} rows of {n}")
        return whole

    def add(self, n: int, values: list[np.ndarray], rest: bytes, keep: slice = ALL) -> None:
        """Take the next rows."""
        self.parts.append(self.text(n, values, rest, keep))

    def finish(self) -> bytes:
        """The whole file."""
        return b"".join(self.parts)

    def close(self) -> None:
        """Do nothing: no file is open."""


class TextFile(TextResult):
    """Restores a text file into the empty file at `path`, piece by piece."""

    ENDINGS: ClassVar[tuple[str, ...]] = ENDINGS

    def __init__(self, head: dict[str, Any], path: Path, n: int) -> None:
        super().__init__(head)
        self.file = path.open("r+b")
        self.file.write(self.parts.pop())

    def add(self, n: int, values: list[np.ndarray], rest: bytes, keep: slice = ALL) -> None:
        self.file.write(self.text(n, values, rest, keep))

    def finish(self) -> None:  # type: ignore[override]
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.file.close()
