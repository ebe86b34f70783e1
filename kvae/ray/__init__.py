"""A learnt run on data sets of Ray Data, where they are.

Each function takes a `ray.data.Dataset` and gives one, lazily; needs the extra [ray], and kvae on the workers. The
run travels with the task: the workers need not see its folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvae.uses.carried import CarriedRun, Encode, Impute, Score, Task
from kvae.uses.imputation.filling import check_draws

if TYPE_CHECKING:
    from kvae.uses import Run

__all__ = ["encode", "impute", "score"]

# Rows of a batch, unless the caller says otherwise.
BATCH_SIZE = 4096


def encode(ds: Any, run: str | Path | Run, concurrency: int = 1, batch_size: int = BATCH_SIZE) -> Any:
    """The rows with their codes beside them: the posterior's means `z0`, `z1`, ... as floats. Draws nothing.

    Args:
        ds: A data set with the columns that the run learnt, in any order and among others.
        run: The folder of a finished learnt run, or one that `kvae.open_run` opened.
        concurrency: Workers that stay, each with the model open.
        batch_size: Rows that a worker holds at a time.

    Raises:
        ValueError: For columns that are missing or would be doubled, and for no learnt run.
        TypeError: For what is no data set of Ray.
    """
    return done(ds, Encode(CarriedRun.of(run)), concurrency, batch_size)


def score(ds: Any, run: str | Path | Run, concurrency: int = 1, batch_size: int = BATCH_SIZE) -> Any:
    """The rows with their `score` beside them: how unusual each is, in nats, as `mode=detect` scores it.

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
    """The rows with their gaps filled; values that were there stay as they are, and so do other columns.

    Args:
        ds, run, concurrency, batch_size: As in `encode`; of a run of data=table.
        draw: `mean`, `mode` or `sample`; see `kvae.uses.imputation.impute`.
        seed: Source of the draws, together with the rows of a batch: the same batches are filled alike.

    Raises:
        ValueError, TypeError: As `encode` does, and for other draws.
    """
    check_draws(1, draw)
    return done(ds, Impute(CarriedRun.of(run), draw, seed), concurrency, batch_size)


class Worker:
    """What stays on a worker: a task, whose run is opened once."""

    def __init__(self, task: Task):
        self.task = task

    def __call__(self, batch: Any) -> Any:
        return self.task(batch)


def done(ds: Any, task: Task, concurrency: int, batch_size: int) -> Any:
    """A data set with what a task makes of each of its batches."""
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
