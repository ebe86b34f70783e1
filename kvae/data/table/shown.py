"""The recognised columns of a table, a line each, for the user to check before anything is learnt."""

import numpy as np

from kvae.table import Column, TableSpec

MOST_LINES = 40
WIDEST = 28
# A column with fewer values than this share of rows is mostly empty.
MOSTLY_EMPTY = 0.5


def show_columns(spec: TableSpec, gaps: np.ndarray, n: int) -> list[str]:
    """Lines of a small table: name, kind, likelihood, categories, and number of missing values.

    Args:
        spec: The columns.
        gaps: Number of missing values of each learnt column, `(n_columns,)`.
        n: Number of rows.
    """
    rows = [
        (column.name, column.kind, likelihood_of(column), categories_of(column), missing_of(int(gap), n))
        for column, gap in zip(spec.columns, gaps, strict=True)
    ]
    shown = [("column", "kind", "likelihood", "categories", "missing"), *rows[:MOST_LINES]]
    texts = [[cut(one) for one in row] for row in shown]
    widths = [max(len(row[i]) for row in texts) for i in range(5)]
    lines = ["  ".join(one.ljust(width) for one, width in zip(row, widths, strict=True)).rstrip() for row in texts]
    if more := max(len(rows) - MOST_LINES, 0):
        lines.append(f"and {more} more column{'s' if more > 1 else ''}")
    left = [" ".join(f"{one.name} ({one.kind}: {one.why})".split()) for one in spec.left_out]
    if left:
        rest = f", and {len(left) - 10} more" if len(left) > 10 else ""
        lines.append(f"left out: {'; '.join(left[:10])}{rest}")
    return lines


def mostly_empty(spec: TableSpec, gaps: np.ndarray, n: int) -> list[str]:
    """The columns with more missing values than others, each with the share of missing values.

    Without those of one category, boxes that are ticked or not, of which a missing value says as much.
    """
    shares = gaps / max(n, 1)
    return [
        f"{column.name} ({share:.0%})"
        for column, share in zip(spec.columns, shares, strict=True)
        if share > MOSTLY_EMPTY and column.n_categories != 1
    ]


def likelihood_of(column: Column) -> str:
    """The name of a likelihood."""
    return str(column.likelihood["name"])


def categories_of(column: Column) -> str:
    """The number of categories, and the first of them; empty for numbers."""
    if column.n_categories is None:
        return ""
    texts = column.categories or ()
    return f"{column.n_categories:,}: {', '.join(texts[:4])}{', …' if len(texts) > 4 else ''}"


def missing_of(gap: int, n: int) -> str:
    """The number of missing values, and their share of `n` rows."""
    return f"{gap:,} ({gap / n:.1%})" if gap else "none"


def cut(text: str) -> str:
    """Text on one line, cut at `WIDEST` characters."""
    text = " ".join(text.split())
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
