"""Base class of the kinds of categories: their texts and numbers, and categories that were not learnt."""

from __future__ import annotations

import difflib
from abc import abstractmethod
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from kvae.data.columns import listed
from kvae.data.kinds.base import LearntKind
from kvae.data.kinds.numbers import wrong
from kvae.data.kinds.seen import Seen, without_gaps
from kvae.data.kinds.types import type_called
from kvae.data.kinds.written import Written
from kvae.errors import quoted
from kvae.table import Column

if TYPE_CHECKING:
    import polars as pl

OTHER = "other"


class CategoryKind(LearntKind):
    """A kind of categories."""

    keys: ClassVar[tuple[str, ...]] = ("categories",)

    @abstractmethod
    def ordered(self, seen: Seen, texts: list[str]) -> list[str]:
        """The texts of the categories in the order of their numbers; in `texts` the most frequent is first."""

    @abstractmethod
    def likelihood(self, n_categories: int) -> dict[str, Any]:
        """The default likelihood of a column."""

    def learn(self, seen: Seen, given: dict[str, Any]) -> Column:
        texts = texts_of(seen.values, seen.form).to_list()
        categories = given.get("categories")
        if categories is None:
            categories = self.ordered(seen, texts)
        else:
            lacking = [text for text in texts if text not in set(categories)]
            if lacking:
                raise ValueError(
                    f"holds {quoted(lacking[0])}, which is not among its categories: {listed(categories)}"
                )
        n = len(categories)
        return Column(seen.name, self.name, self.likelihood(n), tuple(categories), n, form=seen.form)

    def read(self, values: pl.Series, column: Column, unseen: str = "refuse") -> np.ndarray:
        import polars as pl

        assert column.categories is not None
        values = without_gaps(values)
        texts = texts_of(values, column.form)
        known = numbered(column.categories)
        found = pl.DataFrame({"text": texts}).join(known, on="text", how="left", maintain_order="left")["number"]
        bad = (values.is_not_null() & found.is_null()).to_numpy()
        if bad.any():
            if unseen != "other" or OTHER not in column.categories:
                raise wrong(values, bad, never_learnt(column, str(texts[int(bad.argmax())]), unseen))
            other = float(column.categories.index(OTHER))
            found = pl.select(pl.when(pl.Series(bad)).then(other).otherwise(found)).to_series()
        return found.to_numpy().astype(np.float64)

    def write(self, numbers: np.ndarray, column: Column) -> pl.Series:
        import polars as pl

        numbers = np.asarray(numbers, np.float64)
        gaps = np.isnan(numbers)
        names = pl.Series(column.name, column.categories, pl.String)
        places = pl.Series(np.where(gaps, 0, np.clip(np.rint(numbers), 0, len(names) - 1)).astype(np.int64))
        texts = pl.select(pl.when(pl.Series(~gaps)).then(names.gather(places))).to_series().alias(column.name)
        return as_type(texts, column)


@lru_cache(maxsize=128)
def numbered(categories: tuple[str, ...]) -> pl.DataFrame:
    """The texts of categories and their numbers; cached, because large tables are read in pieces."""
    import polars as pl

    numbers = pl.Series(range(len(categories)), dtype=pl.Float64)
    return pl.DataFrame({"text": pl.Series(categories, dtype=pl.String), "number": numbers})


def as_type(texts: pl.Series, column: Column) -> pl.Series:
    """Texts of categories in the type of the table's column; as text where one cannot be converted."""
    import polars as pl

    dtype = column.form.get("dtype", "String")
    if dtype == "String":
        written, decimals = Written.of(column.form), column.form.get("decimals")
        return texts if decimals is None else written.write(texts.cast(pl.Float64), decimals)
    if dtype == "Boolean":
        return texts.replace_strict({"false": False, "true": True}, return_dtype=pl.Boolean, default=None)
    if dtype == "Enum":
        return texts.cast(pl.Enum(list(column.categories or ())))
    cast = texts.cast(type_called(dtype), strict=False)
    return texts if (cast.is_null() & texts.is_not_null()).any() else cast


def texts_of(values: pl.Series, form: Any) -> pl.Series:
    """Values as the texts of categories: whole numbers without a point, booleans as `false` and `true`.

    Where the learnt column holds numbers written as text, texts are read as numbers first.
    """
    import polars as pl

    if values.dtype == pl.String:
        as_learnt = form.get("dtype", "String")
        if as_learnt == "Boolean":
            return values.str.to_lowercase()
        if as_learnt in ("String", "Categorical", "Enum") and form.get("decimals") is None:
            return values.str.strip_chars()
        numbers = Written.of(form).read(values)
        return pl.select(
            pl.when(numbers.is_not_null()).then(texts_of(numbers, form)).otherwise(values)
        ).to_series()
    if values.dtype == pl.Boolean and form.get("dtype", "Boolean") not in ("Boolean", "String"):
        values = values.cast(pl.Int8)
    if values.dtype.is_float():
        whole = values.cast(pl.Int64, strict=False)
        same = whole.cast(pl.Float64) == values
        return pl.select(pl.when(same).then(whole.cast(pl.String)).otherwise(values.cast(pl.String))).to_series()
    return values.cast(pl.String)


def never_learnt(column: Column, text: str, unseen: str) -> str:
    """The end of a message about a category that the column does not have."""
    names = column.categories or ()
    close = difflib.get_close_matches(text, names[:1000], n=1)
    shown = f"{', '.join(names[:10])}{f' and {len(names) - 10:,} more' if len(names) > 10 else ''}"
    if unseen == "other":
        advice = "learn again with data.unseen=other: the learnt column has no category other"
    else:
        advice = "learn again from data that has it, or with data.unseen=other, typed again later"
    if column.kind != "categorical":  # no other kind gets the category `other`
        advice += f", as kind: categorical and not {column.kind} (data.columns_file)"
    hint = f" (did you mean {close[0]}?)" if close else ""
    return f"it was not learnt{hint}. Learnt categories: {shown}. Correct it, or {advice}"
