"""Rows of a data set in the model's units: learning rows, held-out rows, and selections of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kvae.data.labels import label_names
from kvae.data.original import AsCame
from kvae.data.spec import InputSpec
from kvae.data.stored import Rows, StoredRows


@dataclass(frozen=True)
class Part:
    """Observations `(n, *shape)` in the model's units, in the data's own order, and their labels if any.

    Attributes:
        x: An array, or rows that stay in their files and are read by `x[start:stop]`.
        labels: Labels of the rows, `(n,)`; None without labels.
        numbers: Row numbers in the source, from 0; None: they are 0, 1, ...
        ids: Ids of the rows, as text; None without ids.
        id_name: Name of the column of ids.
        there: Which rows have this kind of data; the others become rows of NaN. None: all have it.
        came: The same rows as the source has them; None unless `load_data` was called with `as_came`.
        own: The same rows in the data's own units, for a look at them; None unless in memory, for a learnt model.
    """

    x: Rows
    labels: np.ndarray | None = None
    numbers: Sequence[int] | np.ndarray | None = None
    ids: np.ndarray | None = None
    id_name: str = "id"
    came: AsCame | None = None
    there: np.ndarray | None = None
    own: np.ndarray | None = None

    def of(self, rows: Any) -> "Part":
        """Some of the rows, chosen by a slice or by booleans `(n,)`."""
        numbers: Any = range(len(self)) if self.numbers is None else self.numbers
        numbers = numbers[rows] if isinstance(rows, slice) else np.asarray(numbers)[rows]
        labels, ids, there = (None if part is None else part[rows] for part in (self.labels, self.ids, self.there))
        came = None if self.came is None else self.came[rows]
        parts = {"labels": labels, "numbers": numbers, "ids": ids, "came": came, "there": there}
        return replace(self, x=take(self.x, rows), own=None if self.own is None else self.own[rows], **parts)

    def names_of(self, rows: np.ndarray) -> list[Any]:
        """Names of rows in pictures: their ids, or without ids their positions in this part."""
        return rows.tolist() if self.ids is None else self.ids[rows].tolist()

    @property
    def beside(self) -> dict[str, Any]:
        """Columns beside the rows in a file with column names: ids, or without ids row numbers, and labels."""
        numbers = range(len(self)) if self.numbers is None else self.numbers
        names = {"row": numbers} if self.ids is None else {self.id_name: self.ids}
        return names if self.labels is None else names | {"label": label_names(self.labels)}

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Data:
    """Learning rows, held-out rows (None when nothing is held out), and what the model expects of its input.

    `held_out` holds a boolean per row of the source, whether it is held out; None when no rows are held out, when
    the source has held-out rows of its own, and with `data.normal_label`.
    """

    train: Part
    test: Part | None
    spec: InputSpec
    held_out: np.ndarray | None = None

    def drawn_train(self, seed: int) -> Part:
        """The learning rows for evaluation: binarised once, from `seed`, where `binarize` is `dynamic`."""
        return drawn(self.train, self.spec, (seed, 1))

    @property
    def everything(self) -> Part:
        """Learning rows and held-out rows together, in the order of the source."""
        if self.test is None:
            return self.train
        order: Any = slice(None)
        if self.held_out is not None:
            order = np.argsort(np.argsort(self.held_out, kind="stable"), kind="stable")

        def both(one: np.ndarray | None, other: np.ndarray | None) -> np.ndarray | None:
            return None if one is None or other is None else np.concatenate([one, other])[order]

        labels, ids = both(self.train.labels, self.test.labels), both(self.train.ids, self.test.ids)
        there = both(self.train.there, self.test.there)
        if isinstance(self.train.x, StoredRows):
            x: Any = self.train.x.joined(self.test.x)  # type: ignore[arg-type]
        else:
            x = np.concatenate([self.train.x, self.test.x])[order]
        came = None
        if self.train.came is not None and self.test.came is not None:
            came = self.train.came.joined(self.test.came, order)
        own = both(self.train.own, self.test.own)
        return Part(x, labels, None, ids, self.train.id_name, came, there, own)

    def without_own(self) -> "Data":
        """The same data without `Part.own`, which takes memory."""
        test = None if self.test is None else replace(self.test, own=None)
        return replace(self, train=replace(self.train, own=None), test=test)


def take(x: Any, rows: Any) -> Any:
    """Some rows; `StoredRows` stay in their files."""
    return x.part(rows) if isinstance(x, StoredRows) else x[rows]


def with_gaps(part: Part) -> Part:
    """`part` with rows of NaN, float32, where this kind of data is missing (`part.there`)."""
    if part.there is None or part.there.all():
        return part
    x = np.asarray(part.x, np.float32).copy()
    x[~part.there] = np.nan
    return replace(part, x=x)


def prepared(part: Part, spec: InputSpec) -> Part:
    """`part` scaled, and binarised where `binarize` is `threshold`, which draws no random numbers."""

    def prepare(x: np.ndarray) -> np.ndarray:
        x = spec.scaling.apply(x)
        return with_gaps_of(x, x > 0.5) if spec.binarize == "threshold" else x

    if isinstance(part.x, StoredRows):
        return replace(part, x=part.x.then(prepare, unit=spec.scaling.kind in ("none", "minmax")))
    return replace(part, x=prepare(part.x))


def drawn(part: Part, spec: InputSpec, seed: tuple[int, int]) -> Part:
    """`part` with 0 or 1 drawn once, from `seed`, with the probabilities `x`, where `binarize` is `dynamic`."""
    if spec.binarize != "dynamic" or isinstance(part.x, StoredRows):
        return part
    uniform = np.random.default_rng(seed).random(part.x.shape, np.float32)
    return replace(part, x=with_gaps_of(part.x, uniform < part.x))


def with_gaps_of(x: np.ndarray, binary: np.ndarray) -> np.ndarray:
    """`binary` as float32, with NaN where `x` has it."""
    binary = binary.astype(np.float32)
    gaps = np.isnan(x)
    if gaps.any():
        binary[gaps] = np.nan
    return binary
