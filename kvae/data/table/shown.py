"""What the columns of a table are taken for, a line each, for people to look over before anything is learnt."""

import numpy as np

from kvae.table import Column, TableSpec

MOST_LINES = 40
WIDEST = 28
# A column with fewer values than this share of rows is mostly empty.
MOSTLY_EMPTY = 0.5


def show_columns(spec: TableSpec, gaps: np.ndarray, n: int) -> list[str]:
    """Lines of a small table: name, kind, likelihood, categories, and how many values are missing.

    Args:
        spec: The columns.
        gaps: How many values of each learnt column are missing, `(n_columns,)`.
        n: How many rows there are.
    """
    rows = [
        (column.name, column.kind, likelihood_of(column), categories_of(column), missing_of(int(gap), n))
        for column, gap in zip(spec.columns, gaps, strict=True)
    ]
    shown = [("column", "kind", "likelihood", "categories", "missing"), *rows[:MOST_LINES]]
    texts = [[cut(one) for one in row] for row in shown]
    widths = [max(len(row[i]) for row in texts) for i in range(5)]
    lines = ["  ".join(one.ljust(width) for one, width in zip(row, widths, strict=True)).rstrip() for row in texts]
    if len(rows) > MOST_LINES:
        lines.append(f"and {len(rows) - MOST_LINES} more columns")
    left = [f"{one.name} ({one.kind}: {one.why})" for one in spec.left_out]
    if left:
        more = f", and {len(left) - 10} more" if len(left) > 10 else ""
        lines.append(f"left out: {'; '.join(left[:10])}{more}")
    return lines


def mostly_empty(spec: TableSpec, gaps: np.ndarray, n: int) -> list[str]:
    """The columns with fewer values than gaps, each with the share that is missing."""
    shares = gaps / max(n, 1)
    return [
        f"{column.name} ({share:.0%})"
        for column, share in zip(spec.columns, shares, strict=True)
        if share > MOSTLY_EMPTY
    ]


def likelihood_of(column: Column) -> str:
    """The name of a likelihood."""
    return str(column.likelihood["name"])


def categories_of(column: Column) -> str:
    """How many categories there are, and the first of them."""
    if column.n_categories is None:
        return ""
    texts = column.categories or ()
    return f"{column.n_categories:,}: {', '.join(texts[:4])}{', …' if len(texts) > 4 else ''}"


def missing_of(gap: int, n: int) -> str:
    """How many values are missing."""
    return f"{gap:,} ({gap / n:.1%})" if gap else "none"


def cut(text: str) -> str:
    """Text on one line that is not too wide."""
    text = " ".join(text.split())
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
