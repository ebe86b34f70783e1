"""Rows of tables with typed columns as their source has them: Parquet files, and polars DataFrames."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from kvae.data.original.came import ALL, Piece, Rows, parts_of
from kvae.data.original.fields import objects, string
from kvae.data.parquet import notes_of, scan_parquet
from kvae.data.source_file import one_line
from kvae.errors import InputError
from kvae.runs.forms import Form, dictionary_of, list_of, record, whole, wrong

if TYPE_CHECKING:
    import polars as pl

# Types that NumPy has too; numbers of other types, such as decimals, are converted to text.
NUMPY = ("Boolean", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float32", "Float64")
AS_TEXT = re.compile(r"Decimal\((\d{1,2}),(\d{1,2})\)|U?Int128")


class TableRows:
    """The rows of a table.

    Args:
        source: How messages call it.
        frame: All of its columns.
        features: Positions of the columns that the model reads, in its order.
        notes: Metadata of the Parquet file by name, such as which columns pandas wrote for its index.

    Raises:
        InputError: For a column of `features` whose type cannot be restored exactly.
    """

    kind: ClassVar[str] = "table"
    of_columns = True

    def __init__(
        self, source: str, frame: pl.LazyFrame, features: Sequence[int], notes: dict[str, str] | None = None
    ) -> None:
        self.source, self.frame, self.features, self.notes = source, frame, tuple(features), notes or {}
        self.schema = frame.collect_schema()
        self.names = self.schema.names()
        self.types = [type_name(self.schema[self.names[i]]) for i in self.features]

    @classmethod
    def of_files(cls, files: Sequence[Path], names: Sequence[str], features: Sequence[int]) -> TableRows:
        """The rows of Parquet files, one after the other, with the columns `names` of the first."""
        import polars as pl

        frames = [scan_parquet(file).select(names) for file in files]
        types = [frame.collect_schema() for frame in frames]
        for file, found in zip(files, types, strict=True):
            other = next((name for name in names if found[name] != types[0][name]), None)
            if other is not None:
                raise InputError(
                    f"files that are restored as one must have columns of the same types: {other} is of type "
                    f"{found[other]} in {file.name}, of {types[0][other]} in {files[0].name}"
                )
        return cls(f"data.path={files[0]}", pl.concat(frames), features, notes_of(files[0]))

    @property
    def head(self) -> dict[str, Any]:
        head = {"columns": self.names, "features": list(self.features), "types": self.types}
        return head | ({"notes": self.notes} if self.notes else {})

    def read(self, rows: Rows) -> pl.DataFrame:
        """Rows by their ascending numbers."""
        import polars as pl

        first, last = (int(rows[0]), int(rows[-1])) if len(rows) else (0, -1)
        try:
            frame = self.frame.slice(first, last + 1 - first).collect()
        except Exception as error:  # polars raises many kinds
            raise InputError(f"{self.source} cannot be read exactly: {one_line(error)}") from error
        return frame if len(frame) == len(rows) else frame[pl.Series(np.asarray(rows, np.int64) - first)]

    def pieces(self, rows: Rows, at_once: int) -> Iterator[Piece]:
        for part in parts_of(rows, at_once):
            frame = self.read(part)
            values = [numpy_of(frame.to_series(i)) for i in self.features]
            left = frame.select([name for i, name in enumerate(self.names) if i not in set(self.features)])
            yield Piece(len(frame), values, packed(left) if left.width else b"", int(frame.estimated_size()))


def type_name(dtype: pl.DataType) -> str:
    """The name of a type of numbers in a head.

    Raises:
        InputError: For a type that cannot be restored exactly.
    """
    name = re.sub(r"precision=|scale=| ", "", str(dtype))
    if name not in NUMPY and not AS_TEXT.fullmatch(name):
        raise InputError(
            f"columns of type {dtype} cannot be restored exactly. Convert them to another type of numbers"
        )
    return name


def type_called(value: Any, where: str) -> str:
    """The name of a type of numbers, checked."""
    if string(value, where) not in NUMPY and not AS_TEXT.fullmatch(value):
        raise wrong(where, "a type of numbers", value)
    return value


def numpy_of(column: pl.Series) -> np.ndarray:
    """A column without missing values as an array; of objects where its numbers are converted to text."""
    import polars as pl

    if type_name(column.dtype) in NUMPY:
        return column.to_numpy()
    return objects(column.cast(pl.String).to_list())


def column_of(name: str, values: np.ndarray, kind: str) -> pl.Series:
    """The inverse of `numpy_of`."""
    import polars as pl

    if kind in NUMPY:
        return pl.Series(name, values, getattr(pl, kind))
    found = AS_TEXT.fullmatch(kind)
    dtype: Any = pl.Decimal(int(found[1]), int(found[2])) if found and found[1] else getattr(pl, kind)
    return pl.Series(name, values.tolist(), pl.String).cast(dtype)


def packed(frame: pl.DataFrame) -> bytes:
    """A table as bytes in Arrow's stream format, at the oldest compatibility level."""
    import polars as pl

    file = io.BytesIO()
    frame.rechunk().write_ipc_stream(file, compat_level=pl.CompatLevel.oldest())
    return file.getvalue()


HEAD: Form = record(
    {"columns": list_of(string), "features": list_of(whole), "types": list_of(type_called)},
    {"notes": dictionary_of(string)},
)


class TableResult:
    """Restores a table from pieces of rows; `finish` gives a polars DataFrame. `head` is from `TableRows.head`.

    Raises:
        ValueError: For an invalid head, and for pieces that do not fit it.
    """

    def __init__(self, head: dict[str, Any]) -> None:
        known = HEAD(head, "its form")
        self.names, self.features, self.types = known["columns"], known["features"], known["types"]
        self.notes = known.get("notes", {})
        if len(self.features) != len(self.types) or not set(self.features) <= set(range(len(self.names))):
            raise ValueError(f"its form names columns {self.features} of {len(self.names)}")
        self.parts: list[pl.DataFrame] = []

    def frame(self, n: int, values: list[np.ndarray], rest: bytes) -> pl.DataFrame:
        """The `n` rows of a piece."""
        import polars as pl

        try:
            left = pl.read_ipc_stream(io.BytesIO(rest)) if rest else pl.DataFrame()
            learnt = [
                column_of(self.names[place], column, kind)
                for place, column, kind in zip(self.features, values, self.types, strict=True)
            ]
            frame = pl.DataFrame([*left.get_columns(), *learnt]).select(self.names)
        except Exception as error:  # polars raises many kinds
            raise ValueError(f"the further columns do not fit the rows: {one_line(error)}") from error
        if len(frame) != n:
            raise ValueError(f"the further columns do not fit the rows: they have {len(frame)} rows of {n}")
        return frame

    def add(self, n: int, values: list[np.ndarray], rest: bytes, keep: slice = ALL) -> None:
        """Take the next rows."""
        self.parts.append(self.frame(n, values, rest)[keep])

    def finish(self) -> pl.DataFrame:
        """The whole table."""
        import polars as pl

        return pl.concat(self.parts)

    def close(self) -> None:
        """Do nothing: no file is open."""


class TableFile(TableResult):
    """Restores a table into a Parquet file; each piece is first written to a temporary file beside `path`."""

    ENDINGS: ClassVar[tuple[str, ...]] = (".parquet",)

    def __init__(self, head: dict[str, Any], path: Path, n: int) -> None:
        super().__init__(head)
        self.path = path
        self.folder = tempfile.TemporaryDirectory(prefix=f"{path.name}-", dir=path.parent)
        self.files: list[Path] = []

    def add(self, n: int, values: list[np.ndarray], rest: bytes, keep: slice = ALL) -> None:
        file = Path(self.folder.name) / f"{len(self.files)}.arrow"
        self.frame(n, values, rest)[keep].write_ipc(file)
        self.files.append(file)

    def finish(self) -> None:  # type: ignore[override]
        """Write the file."""
        import polars as pl

        with self.folder:
            pl.scan_ipc(self.files).sink_parquet(self.path, metadata=self.notes or None)

    def close(self) -> None:
        """Remove the temporary files."""
        self.folder.cleanup()
