"""What writes rows as they came: by the kind of the source, into memory or into a file of its format."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kvae.data.original.arrays import ArrayFile, ArrayResult
from kvae.data.original.came import ALL
from kvae.data.original.pandas_frames import FrameFile, FrameResult
from kvae.data.original.tables import TableFile, TableResult
from kvae.data.original.text_files import TextFile, TextResult


class Writer(Protocol):
    """Takes rows as they came, in their order."""

    def add(self, n: int, values: list[np.ndarray], rest: bytes, keep: slice = ALL) -> None:
        """Take the next `n` rows, as a `Piece` has them, or those of them that are to be kept."""
        ...

    def finish(self) -> Any:
        """All rows, or None of a file, which is whole then."""
        ...

    def close(self) -> None:
        """Let go of all that is open, whether or not it is whole."""
        ...


KINDS = {
    "array": (ArrayResult, ArrayFile),
    "pandas": (FrameResult, FrameFile),
    "table": (TableResult, TableFile),
    "text": (TextResult, TextFile),
}


def kinds_of(kind: Any) -> tuple[Any, Any]:
    """What holds and what writes rows of a kind.

    Raises:
        ValueError: For no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"its form is of a kind that this version does not know: {kind!r}")
    return KINDS[kind]


def result(kind: str, head: dict[str, Any]) -> Writer:
    """What holds the rows in memory and gives them all."""
    return kinds_of(kind)[0](head)


def suffix(kind: str, head: dict[str, Any]) -> str:
    """The ending of a file of such rows."""
    ending = kinds_of(kind)[1].ENDINGS
    return head["ending"] if head.get("ending") in ending else ending[0]


def writer(kind: str, head: dict[str, Any], path: Path, n: int) -> Writer:
    """What writes the rows into the empty file at `path`, `n` of them at most."""
    return kinds_of(kind)[1](head, path, n)
