"""The rows of a pandas DataFrame, and a writer that restores it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from kvae.data.original.came import ALL, Piece, Rows, parts_of
from kvae.data.original.pandas_frames.columns import Column, Kind, joined, take_column
from kvae.data.original.pandas_frames.parts import (
    CATEGORIES,
    CATEGORY,
    COUNTED,
    column_at,
    frame_of,
    head_of,
    kept,
    kind_of,
)
from kvae.errors import InputError
from kvae.runs.forms import LARGEST, Form, flag, list_of, mapping, record, text, whole, wrong


def name(value: Any, where: str) -> str | int:
    """The name of a column or an index, checked."""
    if not isinstance(value, str | int):
        raise wrong(where, "text or a whole number", value)
    return value


def integer(value: Any, where: str) -> int:
    """A whole number of either sign, checked."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > LARGEST:
        raise wrong(where, "a whole number", value)
    return value


INDEX: Form = record({}, {"from": list_of(integer, 2), "type": text, "name": name})
HEAD: Form = record(
    {"columns": list_of(name), "types": list_of(text)},
    {"features": list_of(whole), "index": INDEX, "numbered": flag, "categories": mapping},
)


class FrameRows:
    """The rows of a DataFrame.

    Args:
        frame: A pandas DataFrame.
        features: Positions of the columns that the model reads, in its order.

    Raises:
        ValueError: For columns that cannot be restored, by name.
    """

    kind: ClassVar[str] = "pandas"
    of_columns = True

    def __init__(self, frame: Any, features: Sequence[int]) -> None:
        self.frame, self.features = frame, list(features)
        known = head_of(frame)
        pairs = zip(known["columns"], known["types"], strict=True)
        lost = [f"{column} ({kind})" for column, kind in pairs if kind_of(kind) is None]
        counted = known.get("index", {}).get("type", "bool")
        if counted == CATEGORY or kind_of(counted) is None:
            lost.append(f"the index ({counted})")
        if lost:
            raise ValueError(
                "`x` must have columns of numbers, text, categories and times without a zone to be restored: drop "
                f"others, or convert them to text. Received: {', '.join(lost[:10])}{', ...' * (len(lost) > 10)}"
            )
        in_order = self.features == list(range(len(known["columns"])))
        self.head: dict[str, Any] = known if in_order else known | {"features": self.features}

    def pieces(self, rows: Rows, at_once: int) -> Iterator[Piece]:
        """Consecutive rows, in pieces of `at_once` rows."""
        beside = places_beside(self.head)
        for part in parts_of(rows, at_once):
            start, stop = (int(part[0]), int(part[-1]) + 1) if len(part) else (0, 0)
            columns = [column_at(self.frame, place, start, stop).values for place in self.features]
            rest = b"".join(column_at(self.frame, place, start, stop).to_bytes() for place in beside)
            yield Piece(len(part), columns, rest, sum(column.nbytes for column in columns) + len(rest))


class FrameResult:
    """Restores a DataFrame from pieces of its rows; `finish` gives it. `head` is from `FrameRows.head`.

    Raises:
        ValueError: For an invalid head, and for pieces that do not fit it.
    """

    def __init__(self, head: dict[str, Any]) -> None:
        self.head = HEAD(head, "its form")
        width = len(self.head["columns"])
        self.features = self.head.get("features", list(range(width)))
        self.beside = places_beside(self.head)
        if len(self.head["types"]) != width or not set(self.features) <= set(range(width)):
            raise wrong("its form", "columns and their types", head)
        index = self.head.get("index", COUNTED)
        if "type" not in index and len(index.get("from", [])) != 2:
            raise wrong("its form", "an index that counts", index)
        if index.get("type") == CATEGORY:
            raise wrong("its form", "an index that is kept", index)
        for place in (str(at) for at, kind in enumerate(self.head["types"]) if kind == CATEGORY):
            CATEGORIES(self.head.get("categories", {}).get(place), "its form")
        self.kinds: list[Kind] = [kept(kind) for kind in (*self.head["types"], *[index.get("type", "bool")])]
        self.n, self.parts = 0, list[dict[int, Column]]()

    def add(self, n: int, values: list[np.ndarray], rest: bytes, keep: slice = ALL) -> None:
        """Take the next rows."""
        columns, place = dict(zip(self.features, map(Column, values), strict=True)), 0
        for at in self.beside:
            columns[at], place = take_column(rest, place, n, self.kinds[at])
        if place != len(rest):
            raise ValueError("there are more bytes than the further columns have")
        self.n += len(range(n)[keep])
        self.parts.append({place: column.rows(keep) for place, column in columns.items()})

    def finish(self) -> Any:
        """The whole table."""
        nothing = {place: Column(np.empty(0, self.kinds[place].dtype)) for place in range(-1, len(self.kinds) - 1)}
        parts = self.parts or [nothing]
        columns = [joined([part[place] for part in parts]) for place in range(len(self.kinds) - 1)]
        index = joined([part[-1] for part in parts]) if -1 in self.beside else None
        return frame_of(self.head, columns, index, self.n)

    def close(self) -> None:
        """Do nothing: no file is open."""


class FrameFile:
    """Raises an error: no format of files holds all that a pandas DataFrame holds.

    Raises:
        InputError: Always, with how to restore the DataFrame.
    """

    ENDINGS: ClassVar[tuple[str, ...]] = ("",)

    def __init__(self, head: dict[str, Any], path: Path, n: int) -> None:
        raise InputError(
            "the archive holds a pandas DataFrame, which is restored in Python: kvae.uses.decompress(run, FILE) "
            "with run = kvae.open_run(FOLDER)"
        )


def places_beside(head: dict[str, Any]) -> list[int]:
    """Positions of the columns that the model does not read; -1 for an index that is no RangeIndex."""
    width = len(head["columns"])
    features = set(head.get("features", range(width)))
    named = "type" in head.get("index", {})
    return [place for place in range(width) if place not in features] + [-1] * named
