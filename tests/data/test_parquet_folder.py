"""A folder of Parquet files, as Spark writes one in the place of a file, is read as they are together."""

import numpy as np
import polars as pl
import pytest

from kvae.config import compose
from kvae.data import load_data
from kvae.data.sources import at_path
from kvae.errors import InputError

VALUES = np.random.default_rng(0).normal(size=(60, 2))


@pytest.fixture
def written(tmp_path):
    folder = tmp_path / "written[1].parquet"
    folder.mkdir()
    (folder / "_SUCCESS").touch()
    for part in range(3):
        rows = slice(20 * part, 20 * part + 20)
        pl.DataFrame({"a": VALUES[rows, 0], "b": VALUES[rows, 1]}).write_parquet(folder / f"part-{part}.parquet")
    return folder


@pytest.mark.parametrize("source", ["file", "table"])
def test_its_files_are_read_one_after_the_other(written, source):
    data = load_data(compose(f"data={source}", f"data.path='{written}'", "data.test_fraction=0").data, 0)
    np.testing.assert_array_equal(np.asarray(data.train.x[:]), VALUES.astype(np.float32))


@pytest.mark.parametrize("source", ["file", "table"])
def test_a_column_in_names_of_folders_is_not_lost_in_silence(written, source):
    (written / "year=2024").mkdir()
    (written / "part-0.parquet").rename(written / "year=2024" / "part-0.parquet")
    with pytest.raises(InputError, match=r"keeps the column 'year' in the names of its folders \(year=2024\)"):
        load_data(compose(f"data={source}", f"data.path='{written}'").data, 0)


def test_later_rows_in_such_a_folder_are_a_table_unless_it_holds_images(written):
    found = load_data(at_path(written, {"scale": "none"}), 0)
    np.testing.assert_array_equal(np.asarray(found.train.x[:]), VALUES.astype(np.float32))
    (written / "a.png").touch()
    assert at_path(written, {}).name == "images"
