"""Divides values into parts that share a map of levels: all of an array, or those of each column."""

from collections.abc import Iterator

import numpy as np

from kvae.uses.compression.level_map import LevelMap


def scopes(
    levels: np.ndarray, values: list[np.ndarray], by_column: bool
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the levels and values of each part that has a map of its own: all, or every column."""
    n, width = len(levels), int(np.prod(levels.shape[1:]))
    if not by_column:
        yield levels.reshape(-1), values[0] if values else levels
        return
    columns = levels.reshape(n, width).T
    table = values[0].reshape(n, width).T if len(values) == 1 else values or columns
    yield from zip(columns, table, strict=True)


def together(maps: list[LevelMap]) -> list[LevelMap]:
    """One map for all columns if their maps agree, else the maps unchanged."""
    whole: LevelMap | None = maps[0] if maps else None
    for known in maps[1:]:
        whole = None if whole is None else whole.merged(known)
    return maps if whole is None else [whole]


def type_of(values: np.ndarray) -> np.dtype | None:
    """The type of numbers; None for text."""
    return None if values.dtype == object else values.dtype
