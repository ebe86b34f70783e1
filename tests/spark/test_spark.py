"""Tables of Spark, on this machine: the same as one table in memory."""

import numpy as np
import polars as pl
import pytest
from cluster import close, gaps_in, table_run, table_there

import kvae

pytestmark = [
    pytest.mark.slow,
    # Nothing here goes through pandas, whose newest version Spark does not know yet.
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
]
pyspark = pytest.importorskip("pyspark", reason="the extra [spark] is not installed")


@pytest.fixture(scope="module")
def spark():
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "40")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return table_run(tmp_path_factory.mktemp("spark"))


@pytest.fixture
def there(spark, tmp_path):
    """The rows as Spark has them, and as they are."""
    frame = table_there()
    frame.write_parquet(tmp_path / "there.parquet")
    return spark.read.parquet(str(tmp_path / "there.parquet")), frame


def collected(df):
    return pl.from_arrow(df.toArrow())


def test_codes_and_scores(there, run):
    from kvae.spark import encode, score

    df, frame = there
    opened = kvae.open_run(run)
    encoded, scored = collected(encode(df, run)), collected(score(df, opened))
    assert encoded.columns == [*frame.columns, "z0", "z1"]
    assert encoded.select("row", "big", "price").equals(frame.select("row", "big", pl.col("price")))
    assert close(encoded["z0"], opened.encode(frame)[0][:, 0])
    assert close(scored["score"], opened.score(frame))


def test_gaps_are_filled_and_nothing_else_changes(there, run):
    from kvae.spark import impute

    df, frame = there
    filled = impute(df, run, draw="sample")
    assert filled.schema == df.schema
    found = collected(filled)
    assert set(gaps_in(found)) == {"big"}
    known = frame["income"].is_not_null()
    assert found["income"].filter(known).equals(frame["income"].filter(known))
    assert found.select("tags", "big", "sector").equals(frame.select("tags", "big", "sector"))


def test_what_spark_wrote_is_learnt(there, tmp_path, run):
    from kvae.config import compose
    from kvae.data import load_data

    df, frame = there
    df.repartition(3).write.parquet(str(tmp_path / "written"))
    keys = ["data=table", "data.columns=[age,height,income,sex]", "data.id_column=row"]
    for path in (tmp_path / "written", tmp_path / "written" / "*.parquet"):
        data = load_data(compose(*keys, f"data.path={path}", "data.memory=0.0000001").data, 0)
        x = np.concatenate([part.x[:] for part in (data.train, data.test)])
        assert sorted(x[:, 0]) == sorted(frame["age"].to_numpy())


def test_wrong_input_is_said_before_anything_runs(spark, there, run):
    from kvae.spark import encode, impute

    df, _ = there
    with pytest.raises(ValueError, match="must be that of a finished run"):
        encode(df, run / "nothing")
    with pytest.raises(ValueError, match=r"lacks .*income"):
        encode(df.drop("income"), run)
    with pytest.raises(TypeError, match=r"DataFrame of Spark. Received: DataFrame"):
        encode(table_there(), run)
    with pytest.raises(ValueError, match="draw"):
        impute(df, run, draw="guess")
