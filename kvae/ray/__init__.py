"""A learnt run applied to data sets of Ray Data, on the workers that hold them.

Each function takes a `ray.data.Dataset` and returns a lazy one. It needs the extra [ray], and kvae on the workers.
The task contains the files of the run: workers need not see its folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvae.uses.carried import CarriedRun, Encode, Impute, Score, Task
from kvae.uses.imputation.filling import check_draws

if TYPE_CHECKING:
    from kvae.uses import Run

__all__ = ["encode", "impute", "score"]

# The default number of rows in a batch.
BATCH_SIZE = 4096


def encode(ds: Any, run: str | Path | Run, concurrency: int = 1, batch_size: int = BATCH_SIZE) -> Any:
    """The rows with their codes as further columns: posterior means `z0`, `z1`, ... as floats. Draws nothing.

    Args:
        ds: A data set with the columns that the run learnt, in any order and among others.
        run: The folder of a finished learnt run, or a run that `kvae.open_run` has opened.
        concurrency: The number of workers, each of which keeps the model open.
        batch_size: The number of rows that a worker processes at a time.

    Raises:
        ValueError: When columns are missing or names would occur twice, or the run is no learnt run.
        TypeError: When `ds` is no data set of Ray.
    """
    return done(ds, Encode(CarriedRun.of(run)), concurrency, batch_size)


def score(ds: Any, run: str | Path | Run, concurrency: int = 1, batch_size: int = BATCH_SIZE) -> Any:
    """The rows with a further column `score`: the anomaly score in nats, as `mode=detect` gives it.

    Draws nothing. Arguments and errors are those of `encode`.
    """
    return done(ds, Score(CarriedRun.of(run)), concurrency, batch_size)


def impute(
    ds: Any,
    run: str | Path | Run,
    draw: str = "mean",
    seed: int = 0,
    concurrency: int = 1,
    batch_size: int = BATCH_SIZE,
) -> Any:
    """The rows with missing values filled; observed values and other columns do not change.

    Args:
        ds, run, concurrency, batch_size: As in `encode`; the run must be of data=table.
        draw: `mean`, `mode` or `sample`; see `kvae.uses.imputation.impute`.
        seed: The seed of the draws, together with the rows of a batch: equal batches are filled equally.

    Raises:
        ValueError, TypeError: As `encode`, and for another `draw`.
    """
    check_draws(1, draw)
    return done(ds, Impute(CarriedRun.of(run), draw, seed), concurrency, batch_size)


class Worker:
    """The state of a worker: a task, which opens its run once."""

    def __init__(self, task: Task):
        self.task = task

    def __call__(self, batch: Any) -> Any:
        return self.task(batch)


def done(ds: Any, task: Task, concurrency: int, batch_size: int) -> Any:
    """A data set with the results of a task on each batch."""
    if not (hasattr(ds, "map_batches") and hasattr(ds, "schema")):
        raise TypeError(f"`ds` must be a data set of Ray (ray.data.Dataset). Received: {type(ds).__name__}")
    task.check(ds.schema().names)
    return ds.map_batches(
        Worker,
        fn_constructor_args=(task,),
        batch_format="pyarrow",
        batch_size=batch_size,
        concurrency=concurrency,
    )
