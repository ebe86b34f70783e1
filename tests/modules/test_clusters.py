"""Clusters of a table's rows in a file and in pictures."""

import numpy as np
import pytest
from mixed_table import SECTORS, mixed_columns, mixed_rows

from kvae.modules import clusters
from kvae.modules.clusters import digits, write_clusters
from kvae.modules.table_rows import TableRows
from kvae.runs import ModuleFolder
from kvae.runs.captions import kept_caption
from kvae.runs.reading_rows import row_files

COLUMNS = mixed_columns().columns


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder in which the sectors of a table's rows are its clusters, and one more has none; the rows."""
    folder, x = ModuleFolder(tmp_path_factory.mktemp("module002_gmm")), mixed_rows(600)
    as_text = [lambda values: [f"{value:.0f} years" for value in values], *[None] * 6]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clusters, "MOST_PICTURES", 1)
        write_clusters(folder, "learn", TableRows(x, COLUMNS, as_text), x[:, 5].astype(int), 6)
    return folder, x


def test_a_row_per_cluster_beside_the_table(written):
    folder, x = written
    names, rows = folder.read_table("clusters_learn")
    sizes = np.bincount(x[:, 5].astype(int), minlength=6)
    assert names[:6] == ["cluster", "rows", "share", "sector", "sector_share", "sector_apart"]
    assert [row[0] for row in rows] == ["all", *map(str, np.argsort(-sizes, kind="stable"))]
    assert [int(row[1]) for row in rows] == [600, *sorted(sizes, reverse=True)]
    assert rows[1][3:5] == [SECTORS[int(rows[1][0])], "1"] and rows[-1][3:6] == ["", "", ""]
    found = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    largest = x[x[:, 5] == sizes.argmax()]
    assert found["age"][1] == f"{largest[:, 0].mean():.0f} years"
    assert found["income"][0] == f"{np.nanmean(x[:, 2].astype(float)):.5g}"
    assert float(found["income_sd"][1]) == pytest.approx(np.nanstd(largest[:, 2].astype(float)), rel=1e-4)
    assert float(found["sector_apart"][1]) == pytest.approx(np.log(600 / sizes.max()), abs=0.05)
    assert names.index("income") < names.index("sex")  # it depends on the sector


def test_a_picture_per_cluster_the_largest_alone_where_there_are_many(written):
    folder, x = written
    pictures = sorted(folder.path.glob("cluster_*.png"))
    assert [path.stem for path in pictures] == [f"cluster_{np.bincount(x[:, 5].astype(int)).argmax():03d}_learn"]
    assert kept_caption(pictures[0].read_bytes()).title == "A cluster compared with all rows"


def test_the_file_has_no_rows_that_shards_would_join(written):
    assert row_files(written[0].path, "learn") == []


def test_means_in_five_digits():
    assert [digits(value) for value in (12345678.9, 1234.567, 0.000123456, np.nan)] == [
        "12345679",
        "1234.6",
        "0.00012346",
        "",
    ]
