"""A run of a table, and what people's tables on a cluster have besides: for tests of Spark and Ray Data."""

import datetime as dt
from decimal import Decimal

import numpy as np
import polars as pl
from learnt import save_run
from mixed_table import mixed_table

KEYS = ("data=table", "model.latent_dim=2", "model.likelihood=table", "data.id_column=row")


def table_run(folder):
    """The folder of a run of `mixed_table`, learnt from a file beside it."""
    mixed_table(120).write_csv(folder / "table.csv")
    save_run(folder / "run", *KEYS, f"data.path={folder / 'table.csv'}")
    return folder / "run"


def table_there(n=90):
    """Rows that the run did not learn, in other columns' company: types that must come back as they are."""
    extra = {
        "price": [Decimal(f"{i}.25") for i in range(n)],
        "seen": [dt.datetime(2024, 1, 1) + dt.timedelta(hours=i) for i in range(n)],
        "big": [None if i % 7 == 0 else 2**60 + i for i in range(n)],
        "tags": [["a", str(i)] for i in range(n)],
    }
    return mixed_table(n, seed=5).with_columns(**{name: pl.Series(values) for name, values in extra.items()})


def gaps_in(frame):
    """How many values of each column are missing."""
    return {name: count for name, count in frame.null_count().row(0, named=True).items() if count}


def close(one, other):
    """Whether two columns of numbers are the same but for the rounding of batches of other sizes."""
    return np.allclose(one.to_numpy(), other, rtol=1e-5, atol=1e-5)
