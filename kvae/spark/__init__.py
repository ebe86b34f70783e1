"""A learnt run applied to tables of Apache Spark, on the workers: rows do not pass through the driver.

Each function takes a DataFrame of Spark and returns a lazy one. It needs the extra [spark], and kvae on the
workers. The task contains the files of the run: workers need not see its folder. A worker processes
`spark.sql.execution.arrow.maxRecordsPerBatch` rows at a time.
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
    """The rows with their codes as further columns: posterior means `z0`, `z1`, ... as floats. Draws nothing.

    Args:
        df: A DataFrame of Spark with the columns that the run learnt, in any order and among others.
        run: The folder of a finished learnt run, or a run that `kvae.open_run` has opened.

    Raises:
        ValueError: When columns are missing or names would occur twice, or the run is no learnt run.
        TypeError: When `df` is no DataFrame of Spark.
    """
    return done(df, Encode(CarriedRun.of(run)))


def score(df: Any, run: str | Path | Run) -> Any:
    """The rows with a further column `score`: the anomaly score in nats, as `mode=detect` gives it.

    Draws nothing. Arguments and errors are those of `encode`.
    """
    return done(df, Score(CarriedRun.of(run)))


def impute(df: Any, run: str | Path | Run, draw: str = "mean", seed: int = 0) -> Any:
    """The rows with missing values filled; observed values and other columns do not change.

    Args:
        df, run: As in `encode`; the run must be of data=table.
        draw: `mean`, `mode` or `sample`; see `kvae.uses.imputation.impute`.
        seed: The seed of the draws, together with the rows of a batch: equal batches are filled equally.

    Raises:
        ValueError, TypeError: As `encode`, and for another `draw`.
    """
    check_draws(1, draw)
    return done(df, Impute(CarriedRun.of(run), draw, seed))


def done(df: Any, task: Task) -> Any:
    """A DataFrame with the results of a task on each batch."""
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
