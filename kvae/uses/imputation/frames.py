"""Fills the gaps of a DataFrame and leaves all else unchanged."""

from typing import Any

import numpy as np

from kvae.data.frames import is_frame
from kvae.data.table.estimated import filled_frame
from kvae.data.table.filling import open_to_fill
from kvae.errors import InputError
from kvae.table import TableSpec
from kvae.uses.imputation.filling import N_SAMPLES, check_fills, impute
from kvae.uses.opened import Opened


def fill(
    learnt: Opened, frame: Any, x: np.ndarray, n: int, draw: str | None, n_samples: int | None, seed: int
) -> list[Any]:
    """The rows of a DataFrame, `n` times, each time with other values in its gaps.

    Args:
        learnt: A run that learnt a table.
        frame: A DataFrame of polars, pandas or the like, with the table's columns among others.
        x: Its rows as the model takes them, `(rows, n_columns)`.
        n, draw, n_samples, seed: As in `kvae.uses.imputation.impute`.

    Raises:
        ValueError: As `impute` does, and for what is not a DataFrame, or not a run of a table.
    """
    table = table_that_fills(learnt)
    if not is_frame(frame):
        raise InputError(f"`x` must be a DataFrame with the table's columns. Received: {type(frame).__name__}")
    message = learnt.messages(x)
    prior: dict[str, Any] = {} if message is None else message.as_prior()
    done = impute(learnt.vae, x, n, draw, N_SAMPLES if n_samples is None else n_samples, seed, **prior)
    came = open_to_fill(frame, table)
    gaps = came.gaps(x)
    filled = [came.filled(came.frame, gaps, values) for values in done.x]
    return [filled_frame(frame, came.frame, one, came.frame.columns, {}) for one in filled]


def table_that_fills(learnt: Opened) -> TableSpec:
    """The table that a run learnt.

    Raises:
        ValueError: For a run of other data, or one whose model cannot fill gaps.
    """
    if learnt.spec.table is None:
        raise InputError("gaps can only be filled with a run that learnt a table (data=table)")
    check_fills(learnt.vae)
    return learnt.spec.table
