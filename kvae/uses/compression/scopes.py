"""Which values of rows have a map of levels in common: all of an array's, or those of a column."""

from collections.abc import Iterator

import numpy as np

from kvae.uses.compression.level_map import LevelMap


def scopes(
    levels: np.ndarray, values: list[np.ndarray], by_column: bool
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Levels `(n, *shape)` and values, part by part for which there is a map each: all, or every column."""
    n, width = len(levels), int(np.prod(levels.shape[1:]))
    if not by_column:
        yield levels.reshape(-1), values[0] if values else levels
        return
    columns = levels.reshape(n, width).T
    table = values[0].reshape(n, width).T if len(values) == 1 else values or columns
    yield from zip(columns, table, strict=True)


def together(maps: list[LevelMap]) -> list[LevelMap]:
    """One map for all columns where they agree; else each its own."""
    whole: LevelMap | None = maps[0] if maps else None
    for known in maps[1:]:
        whole = None if whole is None else whole.merged(known)
    return maps if whole is None else [whole]


def type_of(values: np.ndarray) -> np.dtype | None:
    """The type of numbers; None of text."""
    return None if values.dtype == object else values.dtype
