"""Codings of columns whose rows stay in their files."""

import numpy as np
import polars as pl

from kvae.config import compose
from kvae.data import load_data
from kvae.data.table import codings


def test_categories_of_stored_rows_are_counted_in_all_rows_and_numbers_in_a_sample(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    streets = np.concatenate([np.repeat(np.arange(50), 4), [50, 51, 52]])
    frame = pl.DataFrame(
        {"street": [f"street {i}" for i in rng.permutation(streets)], "size": rng.normal(size=203)}
    )
    path = tmp_path / "x.parquet"
    frame.write_parquet(path)
    monkeypatch.setattr(codings, "SAMPLE", 60)
    keys = ("data=table", f"data.path={path}", "data.split=last", "data.test_fraction=0")
    stored, whole = (
        load_data(compose(*keys, f"data.memory={memory}").data, 0).spec.table.columns for memory in (0, 1)
    )
    assert sorted(stored[0].coding["counts"]) == [1] * 3 + [4] * 50
    assert len(stored[0].coding["rare"]) == 3 and stored[0].coding["rare"] == whole[0].coding["rare"]
    assert stored[0].coding["counts"] == whole[0].coding["counts"]
    assert stored[1].coding["n"] < whole[1].coding["n"] == 203
