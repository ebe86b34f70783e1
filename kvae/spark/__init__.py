"""A learnt run on tables of Apache Spark, where they are: rows do not pass through the driver.

Each function takes a DataFrame of Spark and gives one, lazily; needs the extra [spark], and kvae on the workers.
The run travels with the task: workers need not see its folder. A worker holds as many rows at a time as
`spark.sql.execution.arrow.maxRecordsPerBatch` says.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvae.uses.carried import CarriedRun, Encode, Impute, Score, Task
from kvae.uses.imputation.filling import check_draws

if TYPE_CHECKING:
    from kvae.uses import Run

__all__ = ["encode", "impute", "score"]


def encode(df: Any, run: str | Path | Run) -> Any:
    """The rows with their codes beside them: the posterior's means `z0`, `z1`, ... as floats. Draws nothing.

    Args:
        df: A DataFrame of Spark with the columns that the run learnt, in any order and among others.
        run: The folder of a finished learnt run, or one that `kvae.open_run` opened.

    Raises:
        ValueError: For columns that are missing or would be doubled, and for no learnt run.
        TypeError: For what is no DataFrame of Spark.
    """
    return done(df, Encode(CarriedRun.of(run)))


def score(df: Any, run: str | Path | Run) -> Any:
    """The rows with their `score` beside them: how unusual each is, in nats, as `mode=detect` scores it.

    Draws nothing. Arguments and errors are those of `encode`.
    """
    return done(df, Score(CarriedRun.of(run)))


def impute(df: Any, run: str | Path | Run, draw: str = "mean", seed: int = 0) -> Any:
    """The rows with their gaps filled; values that were there stay as they are, and so do other columns.

    Args:
        df, run: As in `encode`; of a run of data=table.
        draw: `mean`, `mode` or `sample`; see `kvae.uses.imputation.impute`.
        seed: Source of the draws, together with the rows of a batch: the same batches are filled alike.

    Raises:
        ValueError, TypeError: As `encode` does, and for other draws.
    """
    check_draws(1, draw)
    return done(df, Impute(CarriedRun.of(run), draw, seed))


def done(df: Any, task: Task) -> Any:
    """A DataFrame with what a task makes of each of its batches."""
    if not (hasattr(df, "mapInArrow") and hasattr(df, "schema")):
        raise TypeError(f"`df` must be a DataFrame of Spark. Received: {type(df).__name__}")
    from pyspark.sql.pandas.types import to_arrow_schema
    from pyspark.sql.types import DoubleType, FloatType, StructField, StructType

    task.check(df.columns)
    types = {"float32": FloatType(), "float64": DoubleType()}
    added = [StructField(name, types[kind.__name__], True) for name, kind in task.added().items()]
    schema = StructType([*df.schema.fields, *added])
    arrow = to_arrow_schema(schema)

    def batches(given: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        for batch in given:
            yield from task(pa.Table.from_batches([batch])).cast(arrow).to_batches()

    return df.mapInArrow(batches, schema)
