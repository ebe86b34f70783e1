"""Messages quote a value of the user's data, and a value of any length leaves them short."""

import datetime

import numpy as np
import polars as pl
import pytest

from kvae.data import load_data
from kvae.data.observations import as_numbers
from kvae.data.sources import file
from kvae.data.table import encode, infer_columns, read_frame
from kvae.errors import LONGEST, quoted

N = 60
LONG = "lorem ipsum " * 2000
CUT = f"{LONG!r}"[: LONGEST - 3] + "..."
TABLE = pl.DataFrame(
    {
        "height": np.random.default_rng(0).normal(size=N),
        "sort": [("x", "y", "z")[i % 3] for i in range(N)],
        "day": [datetime.date(2020, 1, 1) + datetime.timedelta(i) for i in range(N)],
        "size": [i % 5 for i in range(N)],
        "on": [("yes", "no")[i % 2] for i in range(N)],
    }
)


def test_a_short_value_is_quoted_whole_and_a_long_one_cut():
    assert quoted("it's") == '"it\'s"' and quoted(2.5) == "2.5"
    assert quoted("a" * (LONGEST - 2)) == f"'{'a' * (LONGEST - 2)}'"
    assert quoted("a" * (LONGEST - 1)) == f"'{'a' * (LONGEST - 4)}..."


def with_long_cell(name):
    column = TABLE[name].cast(pl.String).to_list()
    return TABLE.with_columns(pl.Series(name, [*column[:3], LONG, *column[4:]]))


def told(function, *arguments, **options):
    with pytest.raises(ValueError) as caught:
        function(*arguments, **options)
    return str(caught.value)


@pytest.mark.parametrize("name", TABLE.columns)
def test_a_long_cell_of_a_learnt_column(name):
    text = told(encode, with_long_cell(name), infer_columns(TABLE))
    assert f"column {name!r} holds {CUT} in row 3: it was" in text and len(text) < 400


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("sort", "{kind: categorical, categories: [x, y, z]}"),
        ("day", "{kind: date, format: '%Y-%m-%d'}"),
    ],
)
def test_a_long_cell_of_a_column_whose_kind_is_given(name, given, tmp_path):
    (tmp_path / "c.yaml").write_text(f"columns: {{{name}: {given}}}\n")
    text = told(infer_columns, with_long_cell(name).sort(pl.col(name) != LONG), columns_file=tmp_path / "c.yaml")
    assert CUT in text and len(text) < 400


def test_many_categories_are_not_all_named(tmp_path):
    given = ", ".join(f"c{i}" for i in range(5000))
    (tmp_path / "c.yaml").write_text(f"columns: {{sort: {{kind: categorical, categories: [{given}]}}}}\n")
    text = told(infer_columns, TABLE, columns_file=tmp_path / "c.yaml")
    assert "which is not among its categories: c0, c1, " in text and text.endswith(" and 4980 more")


def test_a_long_cell_among_the_numbers_of_a_file(tmp_path):
    with_long_cell("height").write_csv(tmp_path / "x.csv")
    text = told(read_frame, tmp_path / "x.csv")
    assert f"column 'height' holds {CUT} among its numbers (1 such" in text


def test_a_long_cell_of_a_file_of_numbers(tmp_path):
    with_long_cell("height").with_columns(sort=pl.lit(LONG)).write_csv(tmp_path / "x.csv")
    text = told(load_data, file.Options(path=str(tmp_path / "x.csv")), 0)
    assert text.count("lorem ipsum lore...") == 2 and len(text) < 1000


def test_a_long_value_of_an_array():
    assert f"numbers or booleans. Received: {CUT} (str)" in told(
        as_numbers, "x", np.array([[1.0], [LONG]], dtype=object)
    )
