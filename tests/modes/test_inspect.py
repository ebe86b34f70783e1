"""`mode=inspect`: a table before anything is learnt of it."""

import json
import logging
import re

import numpy as np
import pytest
from command import cold, run_folder
from mixed_table import mixed_table

from kvae.config import compose
from kvae.data.table.columns_file import read_columns_file
from kvae.data.table.inferring import Wishes
from kvae.data.table.whole import read_whole
from kvae.data.text import TextFormat
from kvae.errors import InputError
from kvae.modes import inspect
from kvae.runs import RunFolder
from kvae.runs.columns_seen import columns_file, read_columns_seen


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "x.csv"
    mixed_table().write_csv(path)
    return path


def look(path, folder, *overrides):
    config = compose("data=table", f"data.path={path}", "mode=inspect", *overrides)
    return inspect.run(config, RunFolder(folder))


@pytest.fixture(scope="module")
def seen(table, tmp_path_factory):
    return look(table, tmp_path_factory.mktemp("run"), "data.label_column=sex")


def test_the_table_is_measured_and_nothing_is_learnt(seen):
    metrics, folder = seen
    gaps = sum(mixed_table()[name].null_count() for name in ("height", "income"))
    assert (metrics["rows"], metrics["columns"], metrics["learnt_columns"]) == (500, 12, 9)
    assert metrics["missing_share"] == pytest.approx(gaps / (500 * 9))
    assert metrics["complete_share"] == mixed_table().drop_nulls().height / 500
    assert folder.finished and not list(folder.path.glob("module*"))


def test_its_columns_file_is_read_as_what_was_seen(seen, table):
    said = read_columns_file(columns_file(seen[1]))
    raw = read_whole(str(table), Wishes(label="sex", said=said), TextFormat())
    plain = read_whole(str(table), Wishes(label="sex"), TextFormat())
    assert raw.table.names == plain.table.names
    for one, other in zip(raw.table.columns, plain.table.columns, strict=True):
        assert (one.kind, one.categories, one.likelihood) == (other.kind, other.categories, other.likelihood)
    np.testing.assert_array_equal(raw.x, plain.x)


def test_above_each_column_stands_what_was_seen(seen):
    lines = columns_file(seen[1]).read_text().splitlines()
    note = lines[lines.index("  income:") - 1]
    gaps = mixed_table()["income"].null_count() / 5
    assert re.fullmatch(rf"  # {gaps:.1f}% missing, \d+ different values such as [\d., ]+: positive numbers", note)
    assert "  # 1 different value such as NL: one value in all rows" in lines


def test_its_page_shows_columns_pictures_and_warnings(table, tmp_path, caplog):
    content = table.read_text().replace("health", "Health", 3)
    path = tmp_path / "x.csv"
    path.write_text(content)
    with caplog.at_level(logging.INFO):
        metrics, folder = look(path, tmp_path / "run")
    html = folder.report.read_text()
    assert "<i>data</i>" in html and "<i>model</i>" not in html
    found = {one["name"]: one for one in read_columns_seen(folder)}
    assert list(found) == mixed_table().columns and found["row"]["likelihood"] is None
    for name in mixed_table().columns:
        assert f'<th scope="row">{name}</th>' in html
    assert [path.stem for path in folder.pictures()] == ["association", "columns", "gaps"]
    assert all(f"<code>{name}.png</code>" in html for name in ("association", "columns", "gaps"))
    warnings = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert len(warnings) == metrics["warnings"] == 2
    assert "'sector' ('health' in" in warnings[0] and "'Health' in 3 rows" in warnings[0]


def test_columns_that_are_too_many_for_a_picture_are_said(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(inspect, "MOST_PANELS", 3)
    n = 5
    x = np.random.default_rng(0).normal(size=(30, n))
    np.savetxt(tmp_path / "x.csv", x, "%.3f", ",", header=",".join(f"c{i}" for i in range(n)), comments="")
    with caplog.at_level(logging.INFO):
        metrics, folder = look(tmp_path / "x.csv", tmp_path / "run", "mode.name=inspect")
    assert metrics["columns"] == n == len(read_columns_seen(folder))
    assert "pictures of the first 3 of 5 columns" in caplog.text
    assert [path.stem for path in folder.pictures()] == ["association", "columns"]


@pytest.mark.parametrize(
    ("overrides", "text"),
    [
        (
            ["data=digits"],
            r"mode=inspect is for tables\. Received: data=digits\. Type data=table data\.path=x\.csv",
        ),
        (
            ["data=file", "data.path=y.csv"],
            r"Received: data\.path=y\.csv\. Type data=table data\.path=y\.csv mode=in",
        ),
        (["data=table"], r"mode=inspect needs data\.path"),
        (["data=table", "data.path=no.csv"], r"data\.path=no\.csv does not exist"),
    ],
)
def test_what_is_no_table_is_refused_and_nothing_is_written(overrides, text, tmp_path):
    with pytest.raises(InputError, match=text):
        inspect.run(compose("mode=inspect", *overrides), RunFolder(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_the_command_line_needs_no_keras_and_says_what_to_type_next(table, tmp_path):
    command = ["data=table", f"data.path={table}", "data.label_column=sex", "mode=inspect"]
    (tmp_path / "keras.py").write_text("raise RuntimeError('keras was imported')")
    result = cold(tmp_path, *command)
    folder = run_folder(result, tmp_path)
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["rows"] == 500
    file = (folder / "columns.yaml").relative_to(tmp_path)
    wanted = f"to learn: python run.py data=table data.path={table} data.label_column=sex data.columns_file={file}"
    assert wanted in result.stdout.splitlines()
