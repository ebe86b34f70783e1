"""Signs of missing values and of numbers are kept with the run: later files are read with the same."""

import logging

import numpy as np
import polars as pl
import pytest

from kvae.data import load_data
from kvae.data.inspection import look_at
from kvae.data.sources.file import Options as FileOptions
from kvae.data.sources.table import Options as TableOptions
from kvae.data.table import decode, read_frame
from kvae.data.table.filling import open_to_fill
from kvae.data.table.inferring import Wishes
from kvae.data.table.whole import read_whole
from kvae.data.text import TextFormat
from kvae.errors import InputError
from kvae.table import TableSpec

SIGNS = ("-99", "NA")
ROWS = [f"{('None', 'one', 'two', 'NA')[i % 4]},{-99 if i % 5 == 0 else 1.5 * i}" for i in range(60)]


@pytest.fixture
def path(tmp_path):
    (tmp_path / "x.csv").write_text("\n".join(["bag,size", *ROWS, ""]))
    return str(tmp_path / "x.csv")


def test_a_file_is_read_with_the_signs_that_were_learnt(path, caplog):
    caplog.set_level(logging.INFO, "kvae")
    raw = read_whole(path, Wishes(), TextFormat(missing=SIGNS))
    assert raw.table.missing_signs == SIGNS and raw.table.columns[0].categories == ("None", "one", "two")
    known = TableSpec.from_json(raw.table.to_json())
    assert known == raw.table and "of the learnt run" not in caplog.text
    again = read_whole(path, Wishes(), TextFormat(), known)
    np.testing.assert_array_equal(again.x, raw.x)
    assert "is read with data.missing_signs of the learnt run: '-99', 'NA'" in caplog.text
    assert read_frame(path, spec=known)["bag"].to_list()[:4] == ["None", "one", "two", None]
    table = open_to_fill(path, known)
    filled = table.filled(table.frame, table.gaps(again.x), np.zeros_like(again.x))
    assert filled["bag"].to_list()[:4] == ["None", "one", "two", "None"] and "-99" not in filled["size"]


def test_other_signs_may_be_typed(path):
    known = read_whole(path, Wishes(), TextFormat(missing=SIGNS)).table
    with pytest.raises(InputError, match="'NA' in line 5"):
        read_whole(path, Wishes(), TextFormat(missing=("-99",)), known)


def test_signs_of_text_do_not_matter_in_other_files(path, tmp_path):
    raw = read_whole(path, Wishes(), TextFormat(missing=SIGNS))
    read_frame(path, spec=raw.table).write_parquet(tmp_path / "x.parquet")
    np.testing.assert_array_equal(
        read_whole(str(tmp_path / "x.parquet"), Wishes(), TextFormat(), raw.table).x, raw.x
    )
    open_to_fill(pl.read_parquet(tmp_path / "x.parquet"), raw.table)


def test_without_signs_nothing_is_kept(path):
    spec = read_whole(path, Wishes(), TextFormat()).table
    assert spec.missing_signs is None and "missing_signs" not in spec.to_json()


def table_of(path, numbers):
    path.write_text("\n".join(["a\tb", *[f"{i % 5}\t{one}" for i, one in enumerate(numbers)], ""]))
    return str(path)


POINTS = [f"{1 + i % 9}.{i * 37 % 1000:03d}" for i in range(60)]
WHOLE = [float(one.replace(".", "")) for one in POINTS]


@pytest.mark.parametrize(
    ("numbers", "fmt"),
    [(POINTS, TextFormat(thousands="point")), ([f"{one},5" for one in POINTS], TextFormat())],
    ids=["given", "detected"],
)
def test_points_between_thousands_are_no_decimal_points_later(tmp_path, caplog, numbers, fmt):
    caplog.set_level(logging.INFO, "kvae")
    spec = TableSpec.from_json(read_whole(table_of(tmp_path / "x.tsv", numbers), Wishes(), fmt).table.to_json())
    assert (spec.text.decimal, spec.text.thousands) == (",", ".")
    path = table_of(tmp_path / "y.tsv", POINTS)
    assert "as in the learnt table" not in caplog.text
    assert read_whole(path, Wishes(), TextFormat(), spec).x[:, 1].tolist() == WHOLE
    said = (
        f"data.path={path}: numbers are read with data.decimal=comma data.thousands=point, as in the learnt table"
    )
    assert said in caplog.text
    warned = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert len(warned) == 1 and warned[0].startswith(f"warning: {said}, so that '1.000' in column 'b' is 1000. If")
    assert open_to_fill(path, spec).decimal == ","
    typed = TextFormat(decimal="point")
    assert read_frame(path, typed, spec)["b"].to_list() == [float(one) for one in POINTS]


def test_numbers_that_are_written_otherwise_are_read_as_they_are(tmp_path):
    raw = read_whole(table_of(tmp_path / "x.tsv", [f"{i},5" for i in range(60)]), Wishes(), TextFormat())
    path = table_of(tmp_path / "y.tsv", ["1.25", *POINTS])
    assert read_frame(path, spec=raw.table)["b"].to_list() == [1.25, *map(float, POINTS)]


def test_of_ordinary_numbers_nothing_is_said_later(tmp_path, caplog):
    caplog.set_level(logging.INFO, "kvae")
    path = table_of(tmp_path / "x.tsv", [f"{i}.25" for i in range(60)])
    spec = read_whole(path, Wishes(), TextFormat()).table
    read_whole(path, Wishes(), TextFormat(), spec)
    assert "as in the learnt table" not in caplog.text


def test_signs_between_thousands_that_were_detected_are_kept(tmp_path, caplog):
    caplog.set_level(logging.WARNING, "kvae")
    path = tmp_path / "n.tsv"
    path.write_text("a\tb\n" + "".join(f"{i}.{250 + i},5\t{2 * i}\n" for i in range(1, 9)))
    keys = {"path": str(path), "test_fraction": 0.0, "scale": "none"}
    spec = load_data(FileOptions(**keys), 0).spec
    assert spec.text.signs == (",", ".")
    path.write_text("a\tb\n1.250\t2\n")
    caplog.clear()
    assert load_data(FileOptions(**keys), 0, spec).train.x[0, 0] == 1250
    assert "so that '1.250' in column 'a' is 1250" in caplog.text
    for other in ("1.250\t2\n0,5\t2", "1.250\t2\n1.000.000\t2"):  # only a sign between thousands
        path.write_text(f"a\tb\n{other}\n")
        caplog.clear()
        assert load_data(FileOptions(**keys), 0, spec).everything.x[0, 0] == 1250
        assert "as in the learnt table" not in caplog.text  # at the level of warnings


def test_how_numbers_are_written_may_differ_between_commands():
    assert {"decimal", "thousands", "missing_signs", "separator"} <= TableOptions.HOW_TO_READ


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("{}.500 €", 1500),
        ("{},500 €", 1.5),
        ("{}.500,50 €", 1500.5),
        ("{}.50 €", 1.5),
        ("{},500-", -1.5),
        ("({}.500)", -1500),
    ],
)
def test_numbers_in_text_have_the_decimal_sign_of_the_table(tmp_path, text, number):
    numbers = [text.format(1 + i) for i in range(60)]
    plain = "7 €" if "€" in text else "7"
    path = tmp_path / "x.csv"
    path.write_text("x;size\n" + "".join(f"{one};{i},5\n" for i, one in enumerate([*numbers, plain])))
    raw = read_whole(str(path), Wishes(), TextFormat())
    assert raw.x[0].tolist() == [number, 0.5] and raw.x[60, 0] == 7
    assert decode(raw.x, raw.table)["x"][0] == numbers[0]
    assert look_at(str(path), Wishes(), TextFormat(), 4.0)[0].x[0, 0] == number
