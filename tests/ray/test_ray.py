"""Data sets of Ray, on this machine: the same as one table in memory."""

import polars as pl
import pytest
from cluster import close, gaps_in, table_run, table_there

import kvae

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of Ray's own settings, as it reads them
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
ray = pytest.importorskip("ray", reason="the extra [ray] is not installed")
pytest.importorskip("pyarrow", reason="the extra [ray] is not installed")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, _node_ip_address="127.0.0.1")
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return table_run(tmp_path_factory.mktemp("ray"))


def collected(ds, by):
    return pl.concat([pl.from_arrow(batch) for batch in ds.iter_batches(batch_format="pyarrow")]).sort(by)


def test_codes_scores_and_gaps(cluster, run):
    import ray.data

    from kvae.ray import encode, impute, score

    frame, opened = table_there().drop("tags"), kvae.open_run(run)
    ds = ray.data.from_arrow(frame.to_arrow()).repartition(3)
    encoded = collected(encode(ds, run, batch_size=40), "row")
    assert encoded.columns == [*frame.columns, "z0", "z1"]
    assert close(encoded["z1"], opened.encode(frame)[0][:, 1])
    assert close(collected(score(ds, run), "row")["score"], opened.score(frame))
    filled = collected(impute(ds, run, draw="sample"), "row")
    assert set(gaps_in(filled)) == {"big"}
    assert filled.select("row", "sector", "price").equals(frame.select("row", "sector", "price"))
    with pytest.raises(ValueError, match=r"lacks .*income"):
        encode(ds.drop_columns(["income"]), run)
    with pytest.raises(TypeError, match=r"ray.data.Dataset\). Received: DataFrame"):
        encode(frame, run)
