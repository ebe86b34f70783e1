"""Ordered categoricals of pandas in Parquet files: polars reads their categories without the order."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kvae.data.parquet import ordered_in_pandas
from kvae.table import TableSpec

SHOWN = 5


def lost_orders(files: Iterable[Path], spec: TableSpec) -> list[str]:
    """A message for every column whose order was lost, and that was not recognised as ordinal otherwise."""
    file = next(iter(files))
    ordered = ordered_in_pandas(file) if file.suffix.lower() == ".parquet" else ()
    return [
        f"{column.name!r} is an ordered categorical of pandas, but its order is not read from a Parquet file. To "
        f"learn the order, give it in data.columns_file: columns: {{{column.name}: {{kind: ordinal, categories: "
        f"[{', '.join(column.categories[:SHOWN])}{', ...' if len(column.categories) > SHOWN else ''}]}}}}"
        for column in spec.columns
        if column.name in ordered and column.kind == "categorical" and column.categories
    ]
