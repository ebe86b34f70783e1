"""Errors of cells that were hidden on purpose, and then filled."""

from collections.abc import Sequence

import numpy as np

from kvae.data.table.parts import is_part, places_of_wholes
from kvae.metrics.meaning import Meaning, measures, measures_columns
from kvae.table import Column


def hidden_cells(x: np.ndarray, columns: Sequence[Column], share: float, seed: int) -> np.ndarray:
    """Cells to hide, booleans `(n, n_columns)`: each cell with a value is drawn with probability `share`.

    None in columns of one category, which have only one value to fill in. Parts of a date, such as its month, are
    hidden where the date is, which they would give away.
    """
    several = np.array([column.n_categories != 1 for column in columns])
    hidden = (np.random.default_rng(seed).random(x.shape) < share) & ~np.isnan(x) & several
    wholes = places_of_wholes(columns)
    return hidden[:, wholes] & ~np.isnan(x)


def plain_guesses(learning: np.ndarray, columns: Sequence[Column]) -> np.ndarray:
    """The values that fill gaps without a model, `(n_columns,)`: means of numbers, most frequent categories."""
    found = np.full(len(columns), np.nan)
    for place, column in enumerate(columns):
        there = learning[~np.isnan(learning[:, place]), place].astype(np.float64)
        if len(there):
            found[place] = there.mean() if column.is_number else np.bincount(there.astype(int)).argmax()
    return found


def column_errors(
    truth: np.ndarray, filled: np.ndarray, hidden: np.ndarray, columns: Sequence[Column], sd: np.ndarray
) -> np.ndarray:
    """Error of every column, `(n_columns,)`; NaN where no cell was hidden, or numbers have no spread.

    For numbers the root mean squared error over their standard deviation, for categories the share of wrong ones.

    Args:
        truth: Rows, `(n, n_columns)`.
        filled: The same rows with what was filled into hidden cells.
        hidden: Which cells were hidden, booleans `(n, n_columns)`.
        columns: What their values mean.
        sd: Standard deviations of the columns, `(n_columns,)`.
    """
    found = np.full(len(columns), np.nan)
    for place, column in enumerate(columns):
        cells = hidden[:, place]
        ours, theirs = (rows[cells, place].astype(np.float64) for rows in (truth, filled))
        if len(ours) == 0:
            continue
        if not column.is_number:
            found[place] = np.mean(ours != theirs)
        elif sd[place] > 0:
            found[place] = np.sqrt(np.mean(((ours - theirs) / sd[place]) ** 2))
    return found


def together(errors: np.ndarray, hidden: np.ndarray, columns: Sequence[Column]) -> tuple[float, float]:
    """Mean error of the columns of numbers, and share of wrong ones of all hidden categories; NaN without any."""
    number = np.array([column.is_number for column in columns]) & ~np.isnan(errors)
    cells = np.where(np.isnan(errors) | [column.is_number for column in columns], 0, hidden.sum(axis=0))
    nrmse = errors[number].mean() if number.any() else np.nan
    return float(nrmse), float(np.nansum(errors * cells) / cells.sum()) if cells.any() else np.nan


@measures_columns(
    nrmse=Meaning(
        "Imputation error",
        "Root mean squared error of hidden cells of this column, in standard deviations of it.",
        better="lower",
    ),
    wrong_share=Meaning("Wrong categories", "Share of hidden cells of this column filled wrongly.", "%", "lower"),
)
@measures(
    nrmse=Meaning(
        "Imputation error",
        "Root mean squared error of cells that were hidden on purpose and filled, in standard deviations of their "
        "columns, on average over the columns of numbers; about 1 for filling with means.",
        better="lower",
        rank=2,
    ),
    wrong_share=Meaning(
        "Wrong categories",
        "Share of the categories that were hidden on purpose and filled wrongly.",
        "%",
        "lower",
        rank=2,
    ),
    baseline_nrmse=Meaning("Imputation error of means", "The same cells filled with their columns' means."),
    baseline_wrong_share=Meaning(
        "Wrong categories of the most frequent",
        "The same cells filled with their columns' most frequent category.",
        "%",
    ),
)
def filled_metrics(
    truth: np.ndarray, filled: np.ndarray, hidden: np.ndarray, columns: Sequence[Column], learning: np.ndarray
) -> dict[str, float]:
    """`nrmse` and `wrong_share`, over all columns and by column, and both for filling without a model.

    A metric without hidden cells to measure is left out, and so are parts of dates. Draws no random numbers.

    Args:
        truth: Rows, `(n, n_columns)`.
        filled: The same rows with what was filled into hidden cells.
        hidden: Which cells were hidden, booleans `(n, n_columns)`.
        columns: What their values mean.
        learning: Rows `(m, n_columns)` that give the means, frequencies and standard deviations.
    """
    there, hidden = ~np.isnan(learning), hidden & [not is_part(column) for column in columns]
    sd = np.array(
        [np.std(learning[known, j], dtype=np.float64) if known.any() else 0.0 for j, known in enumerate(there.T)]
    )
    ours = column_errors(truth, filled, hidden, columns, sd)
    plain = np.broadcast_to(plain_guesses(learning, columns), truth.shape)
    theirs = column_errors(truth, plain, hidden, columns, sd)
    names = ("nrmse", "wrong_share")
    found = dict(zip(names, together(ours, hidden, columns), strict=True))
    found |= {
        f"baseline_{name}": value for name, value in zip(names, together(theirs, hidden, columns), strict=True)
    }
    found |= {
        f"{names[not column.is_number]}_{column.name}": float(error)
        for column, error in zip(columns, ours, strict=True)
    }
    return {name: value for name, value in found.items() if not np.isnan(value)}
