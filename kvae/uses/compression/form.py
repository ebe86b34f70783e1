"""The original form of data in an archive: converts the data to levels, and levels back to the same bits.

`Form.of` makes a first pass over the rows. `Form.pieces` gives their levels, which are coded, and the bytes that
are stored beside them. The header holds `Form.to_json`. `Restorer` takes the same pieces in their order and writes
the file: `x_decompress.npy`, or a table of the original kind.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from kvae.data import InputSpec, Part
from kvae.data.original import AsCame, Piece, result, writer
from kvae.data.original.came import ALL
from kvae.data.original.writers import suffix
from kvae.data.stored import Rows
from kvae.errors import InputError
from kvae.runs.files import whole_file
from kvae.runs.forms import Form as Check
from kvae.runs.forms import list_of, mapping, record, text, wrong
from kvae.uses.compression.beside import apart_of, pack, put_back, unpack
from kvae.uses.compression.level_map import LevelMap
from kvae.uses.compression.levels import Levels
from kvae.uses.compression.rows import as_compressed, rows_at_once
from kvae.uses.compression.scopes import scopes, together, type_of

JSON: Check = record({"kind": text, "head": mapping, "maps": list_of(mapping)})


@dataclass
class Form:
    """The original form of the data, and the value of the data for each level.

    Attributes:
        kind: Kind of the source: see `kvae.data.original.writers`.
        head: What the writer of that kind needs.
        maps: Maps from levels to values: one for all values, or one per value of an observation.
        levels: Levels of the likelihood; None in a form that was read back, which needs none.
        raw_bytes: Size of the rows in their source.
        kept_apart: Number of values that are stored separately, since another value has the same level.
        binarize: How the rows were made binary, or `none`.
        columns: Names of the values of an observation, for messages.
    """

    kind: str
    head: dict[str, Any]
    maps: list[LevelMap]
    levels: Levels | None = None
    raw_bytes: int = 0
    kept_apart: int = 0
    binarize: str = "none"
    columns: tuple[str, ...] | None = None

    @classmethod
    def of(cls, part: Part, spec: InputSpec, likelihood: Any) -> "Form":
        """The form of rows that `load_data(..., as_came=True)` gave; a pass over all of them, in bounded memory.

        Args:
            part: The rows.
            spec: What the model expects.
            likelihood: The likelihood of the model.

        Raises:
            InputError: For a continuous likelihood, for values that it does not have, and for data that cannot
                be restored to the bit.
        """
        levels, came = Levels.of(likelihood), as_compressed(part, spec)
        original, scaled = came.original, np.ndim(spec.scaling.offset) > 0 and spec.binarize == "none"
        form = cls(original.kind, original.head, [], levels, binarize=spec.binarize, columns=spec.columns)
        for found, piece in form.walk(part.x, came, rows_at_once(part.x)):
            form.raw_bytes += piece.n_bytes
            pairs = list(scopes(found, piece.values, original.of_columns or scaled))
            form.maps = form.maps or [LevelMap(type_of(values)) for _, values in pairs]
            for known, (one, values) in zip(form.maps, pairs, strict=True):
                known.learn(one, values)
                form.kept_apart += len(known.exceptions(one, values))
        form.maps = together(form.maps)
        return form

    @property
    def words(self) -> list[str]:
        """Sentences for the user about what is restored."""
        words = []
        if self.binarize != "none":
            words.append(
                f"only the binary observations that data.binarize={self.binarize} makes are compressed, as bytes "
                "0 and 1, and not the values from which they are made"
            )
        if self.head.get("named"):
            words.append("images are restored as pixels, with a list of file names; files are not restored")
        if self.kind == "table":
            words.append("the table is restored with values, types and notes; the bytes of its file may differ")
        if self.kept_apart:
            words.append(
                f"{self.kept_apart:,} values are stored separately, because another value has the same level: "
                "such as -0.0 beside 0.0, 1.50 beside 1.5, or a number before it was rounded or clipped"
            )
        return words

    def walk(self, x: Rows, came: AsCame, at_once: int) -> Iterator[tuple[np.ndarray, Piece]]:
        """Yield the levels `(n, *shape)` of some rows, and the same rows in their original form."""
        assert self.levels is not None
        start = 0
        for piece in came.pieces(at_once):
            yield self.levels(x[start : start + piece.n], start, self.columns), piece
            start += piece.n

    def pieces(self, part: Part, spec: InputSpec, at_once: int) -> Iterator[tuple[np.ndarray, bytes]]:
        """Yield levels `(n, *shape)`, int32, of the rows, and the bytes stored beside them; `at_once` rows each.

        Args:
            part, spec: As for `of`.
            at_once: Rows of every piece but the last.

        Raises:
            InputError: Where the rows are no longer those that `of` saw.
        """
        for levels, piece in self.walk(part.x, as_compressed(part, spec), at_once):
            yield levels, pack(self.apart(levels, piece), piece.rest)

    def apart(self, levels: np.ndarray, piece: Piece) -> list[list[Any]]:
        """Per map, the values that their levels do not restore: see `apart_of`."""
        pairs = scopes(levels, piece.values, self.by_column)
        try:
            return [apart_of(known, *pair) for known, pair in zip(self.each(), pairs, strict=False)]
        except ValueError as error:
            raise InputError(f"the data has changed while it was read: {error}") from error

    @property
    def by_column(self) -> bool:
        """Whether there is a map per value of an observation."""
        return len(self.maps) > 1 or self.kind != "array"

    def each(self) -> Iterable[LevelMap]:
        """The maps, in the order of the parts that `scopes` gives."""
        return self.maps if len(self.maps) > 1 else iter(lambda: self.maps[0], None)

    def values_of(self, levels: np.ndarray, apart: list[list[Any]]) -> list[np.ndarray]:
        """The data's own values of levels `(n, *shape)`, as a `Piece` has them."""
        found = []
        parts = (part for part, _ in scopes(levels, [], self.by_column))
        for place, (known, one) in enumerate(zip(self.each(), parts, strict=False)):
            values = known.value_of(one)
            if place < len(apart) and apart[place]:
                put_back(known, values, apart[place])
            found.append(values)
        if self.kind == "array" and self.by_column:
            return [np.stack(found, axis=1).reshape(-1)]
        return found

    def to_json(self) -> dict[str, Any]:
        """As plain values, for the header of an archive."""
        return {"kind": self.kind, "head": self.head, "maps": [known.to_json() for known in self.maps]}

    @classmethod
    def from_json(cls, found: Any) -> "Form":
        """The form that `to_json` gave; it is checked, since archives may be forged.

        Raises:
            ValueError: For anything else.
        """
        known = JSON(found, "its form")
        if not known["maps"]:
            raise wrong("its form", "a map of levels", found)
        return cls(known["kind"], known["head"], [LevelMap.from_json(one) for one in known["maps"]])

    def result(self, pieces: Iterable[tuple[Any, ...]]) -> Any:
        """The restored data in memory, from pieces: levels, the bytes beside them, and maybe which rows to keep.

        Raises:
            ValueError: For a form and pieces that do not belong together.
        """
        holder = result(self.kind, self.head)
        for levels, beside, *keep in pieces:
            apart, rest = unpack(beside)
            holder.add(len(levels), self.values_of(levels, apart), rest, *keep)
        return holder.finish()


class Restorer:
    """Writes data in its original form, piece by piece, to a file that only exists after `finish`.

    Args:
        form: The form of the data.
        path: The file, without its ending. Names of rows, such as file names of images, go to another file beside
            it, `<path>_names.txt`.
        n: Largest number of rows.

    Raises:
        ValueError: For an invalid form, or pieces that do not fit it.
        WriteError: When the file cannot be written.
    """

    def __init__(self, form: Form, path: Path, n: int) -> None:
        self.form, self.stack, self.done = form, ExitStack(), False
        self.path = path.with_name(path.name + suffix(form.kind, form.head))
        self.names = path.with_name(path.name + "_names.txt")
        try:
            part = self.stack.enter_context(whole_file(self.path))
            self.writer = writer(form.kind, form.head, part, n)
            self.stack.callback(self.writer.close)
        except BaseException as error:
            self.stack.__exit__(type(error), error, error.__traceback__)
            raise

    def add(self, levels: np.ndarray, beside: bytes, keep: slice = ALL) -> None:
        """Write the next rows, or some of them, from levels `(n, *shape)` and the bytes stored beside them."""
        apart, rest = unpack(beside)
        self.writer.add(len(levels), self.form.values_of(levels, apart), rest, keep)

    def finish(self) -> Path:
        """Give the file its name, and return its path."""
        self.writer.finish()
        if names := getattr(self.writer, "row_names", None):
            with whole_file(self.names) as part:
                part.write_text("".join(f"{name}\n" for name in names), encoding="utf-8", errors="surrogateescape")
        self.stack.close()
        self.done = True
        return self.path

    def __enter__(self) -> "Restorer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.done:
            error = error or ValueError("not all rows were added")
            self.stack.__exit__(type(error), error, error.__traceback__)
