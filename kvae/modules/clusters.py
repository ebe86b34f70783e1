"""A file and pictures of the clusters of a table's rows: how each cluster differs from the whole table."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from kvae import plots
from kvae.metrics.clusters import Groups, groups_of
from kvae.modules.table_rows import AsText, TableRows
from kvae.runs import ModuleFolder
from kvae.runs.reading_rows import CLUSTERS
from kvae.table import Column

log = logging.getLogger(__name__)

WHOLE = "all"
# The largest number of pictures; the fewest rows of a cluster that gets one; the rows of a cluster that are drawn.
MOST_PICTURES = 30
FEWEST, SHOWN = 10, 2000


def write_clusters(folder: ModuleFolder, mode: str, table: TableRows, classes: np.ndarray, n_classes: int) -> None:
    """Write `clusters_{mode}.csv`, and pictures of the 30 largest clusters that have ten rows or more.

    The file has a row `all` for the whole table, and one row per cluster, the largest first. Every column of the
    table has three columns in the file: its own name holds the mean, or the most frequent category; `_sd` the
    standard deviation, or `_share` the share of that category among the values that are not missing; `_apart` the
    nats of `kvae.metrics.clusters.groups_of`. The columns that differ most between clusters come first.

    Args:
        folder: Folder of the module.
        mode: `learn` or `recog`.
        table: The rows.
        classes: Their classes, `(n,)`.
        n_classes: Number of classes, empty ones included.
    """
    x, columns, as_text = table.x, table.columns, table.as_text
    groups = groups_of(x, classes, n_classes, columns)
    order = np.argsort(-groups.sizes[:-1], kind="stable")
    folder.write_table(f"{CLUSTERS}_{mode}", table_of(groups, order, columns, as_text))
    whole = x[spread(np.arange(len(x)), 5 * SHOWN)]
    for k in order[:MOST_PICTURES]:
        if groups.sizes[k] >= FEWEST:
            title = f"cluster {k}: {groups.sizes[k]:,} rows ({groups.sizes[k] / len(x):.1%})"
            rows = x[spread(np.flatnonzero(classes == k), SHOWN)]
            shown = title, rows, whole, groups.apart[k], columns, as_text
            folder.write_figure(f"cluster_{k:03d}_{mode}", plots.cluster, *shown)
    if len(order) > MOST_PICTURES:
        log.info("pictures of the %d largest clusters; all %d are in the table", MOST_PICTURES, len(order))


def spread(rows: np.ndarray, most: int) -> np.ndarray:
    """All of `rows`, or at most `most` evenly spread ones."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int))]


def table_of(
    groups: Groups, order: np.ndarray, columns: Sequence[Column], as_text: Sequence[AsText | None]
) -> dict[str, list[Any]]:
    """The columns of the file by name; see `write_clusters`."""
    rows = [len(groups.sizes) - 1, *order]
    sizes = groups.sizes[rows]
    found: dict[str, list[Any]] = {
        "cluster": [WHOLE, *order.tolist()],
        "rows": sizes.tolist(),
        "share": [f"{size / max(1, sizes[0]):.4f}" for size in sizes],
    }
    for place in np.argsort(-groups.together, kind="stable"):
        column, typical = columns[place], groups.typical[rows, place]
        second = "sd" if column.is_number else "share"
        apart = [np.nan, *groups.apart[order, place]]
        parts = {
            column.name: texts(typical, column, as_text[place]),
            f"{column.name}_{second}": [digits(value) for value in groups.spread[rows, place]],
            f"{column.name}_apart": ["" if np.isnan(value) else f"{value:.4f}" for value in apart],
        }
        for name, values in parts.items():
            while name in found:
                name += "_"
            found[name] = values
    return found


def texts(values: np.ndarray, column: Column, as_text: AsText | None) -> list[str]:
    """Means as the table writes them, or names of categories; empty text for NaN."""
    if column.categories is not None:
        return ["" if np.isnan(value) else column.categories[int(value)] for value in values]
    if as_text is None:
        return [digits(value) for value in values]
    there = np.isfinite(values)
    found = iter(as_text(values[there]))
    return [next(found) if one else "" for one in there]


def digits(value: float) -> str:
    """A number with five significant digits, from 10,000 on as a whole number; empty text for NaN."""
    if np.isnan(value):
        return ""
    return f"{value:.0f}" if abs(value) >= 10_000 else f"{value:.5g}"
