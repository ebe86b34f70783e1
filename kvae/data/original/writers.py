"""Writers that restore rows as their source had them, by kind of source: in memory, or in a file of its format."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kvae.data.original.arrays import ArrayFile, ArrayResult
from kvae.data.original.came import ALL
from kvae.data.original.pandas_frames import FrameFile, FrameResult
from kvae.data.original.tables import TableFile, TableResult
from kvae.data.original.text_files import TextFile, TextResult


class Writer(Protocol):
    """Takes pieces of rows in their order, and restores the data."""

    def add(self, n: int, values: list[np.ndarray], rest: bytes, keep: slice = ALL) -> None:
        """Take the rows `keep` of the next `n` rows; the arguments are those of a `Piece`."""
        ...

    def finish(self) -> Any:
        """Give all rows, or complete the file and give None."""
        ...

    def close(self) -> None:
        """Close all files, also before `finish`."""
        ...


KINDS = {
    "array": (ArrayResult, ArrayFile),
    "pandas": (FrameResult, FrameFile),
    "table": (TableResult, TableFile),
    "text": (TextResult, TextFile),
}


def kinds_of(kind: Any) -> tuple[Any, Any]:
    """The writers of a kind of source, in memory and into a file.

    Raises:
        ValueError: For an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"its form has a kind that this version does not know: {kind!r}")
    return KINDS[kind]


def result(kind: str, head: dict[str, Any]) -> Writer:
    """The writer that restores the rows in memory."""
    return kinds_of(kind)[0](head)


def suffix(kind: str, head: dict[str, Any]) -> str:
    """The ending of the file that `writer` writes."""
    ending = kinds_of(kind)[1].ENDINGS
    return head["ending"] if head.get("ending") in ending else ending[0]


def writer(kind: str, head: dict[str, Any], path: Path, n: int) -> Writer:
    """The writer that restores at most `n` rows into the empty file at `path`."""
    return kinds_of(kind)[1](head, path, n)
