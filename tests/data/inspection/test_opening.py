"""A table is opened as it is learnt; of large files a part is looked at."""

import numpy as np
import polars as pl
import pytest
from mixed_table import mixed_table

from kvae.data.inspection import columns_seen, look_at, opening
from kvae.data.table.inferring import Wishes
from kvae.data.text import TextFormat
from kvae.errors import InputError


def look(path, memory=4.0, **wishes):
    return look_at(str(path), Wishes(**wishes), TextFormat(), memory)


def test_a_csv_is_seen_as_it_is_learnt(tmp_path):
    mixed_table().write_csv(tmp_path / "x.csv", null_value="None")
    seen, _ = look(tmp_path / "x.csv", label="sex")
    assert seen.label == "sex" and {one.name for one in seen.spec.left_out} == {"row", "country", "note"}
    gaps = mixed_table()["income"].null_count()
    assert seen.signs["income"] == {"None": gaps}
    found = {one.name: one for one in columns_seen(seen)}
    assert (found["income"].missing, found["sector"].distinct) == (gaps, 5)
    assert np.isnan(seen.values("income")).sum() == gaps


def test_a_label_may_be_given_by_its_number(tmp_path):
    mixed_table(50).write_csv(tmp_path / "x.csv")
    assert look(tmp_path / "x.csv", label=5)[0].label == "sex"


@pytest.mark.parametrize("name", ["x.parquet", "part-*.parquet"])
def test_of_large_files_a_part_is_looked_at(tmp_path, name, monkeypatch):
    monkeypatch.setattr(opening, "SAMPLE", 100)
    whole = mixed_table(1000)
    whole[:600].write_parquet(tmp_path / "part-1.parquet")
    whole[600:].write_parquet(tmp_path / "part-2.parquet")
    whole.write_parquet(tmp_path / "x.parquet")
    seen, words = look(tmp_path / name, memory=1e-6)
    assert len(seen) == 100 and seen.frame.equals(whole.gather_every(10))
    assert words == [f"data.path={tmp_path / name}: figures and pictures are of 100 of 1,000 rows"]
    assert seen.by_name["sector"].categories is not None and len(seen.by_name["sector"].categories) == 5


def test_a_table_without_rows_is_refused(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n")
    with pytest.raises(InputError, match="holds no rows"):
        look(tmp_path / "x.csv")
    pl.DataFrame({"a": pl.Series([], dtype=pl.Float64)}).write_parquet(tmp_path / "x.parquet")
    with pytest.raises(InputError, match="holds no rows"):
        look(tmp_path / "x.parquet")
