import numpy as np
import polars as pl
import pytest

from kvae.data.table import encode, infer_columns, read_frame
from kvae.data.table.estimated import as_polars, filled_frame, learn_table, rows_of
from kvae.data.table.filling import open_to_fill
from kvae.data.text import TextFormat

GERMAN = """name;Größe;aktiv;Datum;Notiz
{rows}"""


@pytest.fixture
def german(tmp_path):
    """A table with decimal commas, truth values by words of their own, dates, an id, and gaps in all of them."""
    rng = np.random.default_rng(0)
    rows = [
        f"p{i};{'' if i % 7 == 3 else f'{rng.uniform(150, 190):.1f}'.replace('.', ',')};"
        f"{'NA' if i % 9 == 4 else ('True', 'False')[i % 2]};"
        f"{'' if i == 1 else f'{1 + i % 28:02d}.03.2021'};{'' if i % 2 else 'a;b'.join(chr(34) * 2)}"
        for i in range(60)
    ]
    path = tmp_path / "t.csv"
    path.write_text(GERMAN.format(rows="\n".join(rows)) + "\n", encoding="utf-8")
    return path


def rows_and_table(path, fmt=None):
    frame = read_frame(path, fmt)
    spec = infer_columns(frame)
    return encode(frame, spec), open_to_fill(str(path), spec, fmt), spec


def test_gaps_are_filled_as_the_file_writes_values_and_all_else_stays(german):
    x, table, spec = rows_and_table(german)
    gaps = table.gaps(x)
    assert gaps.sum() == 9 + 7 + 1
    wanted = {"Größe": 171.26, "aktiv": 1.0, "Datum": 4.2, "Notiz": 0.0}
    values = np.tile([wanted[column.name] for column in spec.columns], (60, 1))
    filled = table.filled(table.rows(range(60)), gaps, values)
    assert (table.separator, table.decimal) == (";", ",")
    came = table.frame
    assert filled["Größe"][3] == "171,3"
    assert filled["aktiv"][4] == "True"
    assert filled["Datum"][1] == "05.03.2021"
    changed = np.array([(filled[name] != came[name]).fill_null(True).to_numpy() for name in spec.names]).T
    both_null = np.array([came[name].is_null().to_numpy() for name in spec.names]).T
    assert np.all((changed | both_null) <= (gaps | both_null))
    assert filled["name"].equals(came["name"])
    assert filled["Notiz"].equals(came["Notiz"])
    assert table.gaps_that_stay() == ["Notiz"]


def test_what_stands_beside_gaps_is_empty_elsewhere(german):
    x, table, _ = rows_and_table(german)
    gaps = table.gaps(x)
    beside = table.beside_gaps(gaps, np.full(x.shape, 1234.56789))
    assert beside.columns == table.frame.columns
    assert beside["Größe"][3] == "1234,57"
    assert beside["Größe"].null_count() == 60 - 9
    assert beside["name"].null_count() == 60


def test_types_of_parquet_stay(tmp_path):
    rng = np.random.default_rng(1)
    frame = pl.DataFrame(
        {
            "n": [None if i % 5 == 0 else int(v) for i, v in enumerate(rng.poisson(40, 50) * 7)],
            "c": pl.Series([None if i % 6 == 0 else "xyz"[i % 3] for i in range(50)], dtype=pl.Categorical),
            "d": pl.Series(
                [None if i % 11 == 0 else i * 86_400_000_000 * (i % 7) for i in range(50)], dtype=pl.Datetime("us")
            ),
        }
    )
    frame.write_parquet(tmp_path / "t.parquet")
    x, table, _ = rows_and_table(tmp_path / "t.parquet")
    some = np.arange(5, 25)
    filled = table.filled(table.rows(some), table.gaps(x)[some], np.ones((20, 3)))
    assert filled.schema == frame.schema
    assert filled.null_count().sum_horizontal().item() == 0
    for name in frame.columns:
        known = frame[name][5:25].is_not_null()
        assert filled[name].filter(known).equals(frame[name][5:25].filter(known))


def test_a_file_without_names_and_one_with_a_nameless_column(tmp_path):
    rng = np.random.default_rng(2)
    lines = [
        f"{i},{'' if i % 4 == 1 else round(v, 3)},{w:.2f}" for i, (v, w) in enumerate(rng.normal(size=(30, 2)))
    ]
    (tmp_path / "bare.csv").write_text("\n".join(lines))
    assert rows_and_table(tmp_path / "bare.csv", TextFormat(header=False))[1].header is None
    (tmp_path / "pandas.csv").write_text("\n".join([",a,b", *lines]))
    assert rows_and_table(tmp_path / "pandas.csv")[1].header == ("", "a", "b")


def test_an_estimators_columns_are_all_learnt_or_filled_otherwise():
    X = np.random.default_rng(3).normal(size=(40, 4))
    X[:, 1] = np.arange(40)  # would be an id
    X[:, 2] = 7.0
    X[:, 3] = np.nan
    X[:5, :3] = np.nan
    frame = as_polars(X, np.nan)
    learnt = learn_table(frame)
    assert learnt.spec.names == ("x0", "x1")
    assert (learnt.constants, learnt.empty, learnt.stay) == ({"x2": 7.0}, ("x3",), ())
    rows, odd = rows_of(frame, learnt.spec)
    np.testing.assert_array_equal(rows, X[:, :2].astype(np.float32))
    assert odd == []


def test_values_that_were_never_learnt_are_not_known():
    frame = pl.DataFrame({"c": ["a", "b", "c"] * 20, "n": [1.0, 2.5, 7.25] * 20})
    learnt = learn_table(frame)
    x, odd = rows_of(pl.DataFrame({"c": ["a", "new", None, "c"], "n": [1.0, -3.0, 2.0, None]}), learnt.spec)
    assert "c" in odd
    np.testing.assert_array_equal(np.isnan(x[:, learnt.spec.place("c")]), [False, True, True, False])


@pytest.mark.parametrize(("sign", "expected"), [("?", [True, False, False]), (-1, [False, False, True])])
def test_signs_of_gaps_in_frames(sign, expected):
    frame = as_polars(pl.DataFrame({"c": ["?", "a", "b"], "n": [1, 2, -1]}), sign)
    assert np.any([column.is_null().to_numpy() for column in frame.iter_columns()], axis=0).tolist() == expected


def test_dates_of_pandas_that_are_all_gaps_are_filled_with_dates():
    pd = pytest.importorskip("pandas")
    days = pd.to_datetime("2020-01-01") + pd.to_timedelta(np.arange(40) * 3 % 17, unit="D")
    spec = infer_columns(read_frame(pd.DataFrame({"a": np.arange(40) * 1.5, "day": days})))
    one = pd.DataFrame({"a": [1.5], "day": [pd.NaT]})
    table = open_to_fill(one, spec)
    filled = table.filled(table.frame, table.gaps(encode(read_frame(one), spec)), np.array([[1.5, 3.0]]))
    assert str(filled["day"][0])[:10] == "2020-01-04"
    back = filled_frame(one, table.frame, filled, table.frame.columns, {})
    assert back["day"].tolist() == [pd.Timestamp("2020-01-04")] and back["day"].dtype.kind == "M"


def test_objects_of_pandas_that_are_all_gaps_are_filled_with_the_types_that_were_learnt():
    pd = pytest.importorskip("pandas")
    n = np.arange(40)
    learnt = pd.DataFrame({"a": n * 1.5, "i": n * 7 % 300, "s": np.where(n % 3, "u", "v"), "b": n % 2 == 0})
    spec = infer_columns(read_frame(learnt))
    one = pd.DataFrame({name: [None] for name in "aisb"}, dtype=object)
    table = open_to_fill(one, spec)
    values = np.array([[1.5, 3.0, 1.0, 0.0]])
    filled = table.filled(table.frame, table.gaps(encode(read_frame(one), spec)), values)
    back = filled_frame(one, table.frame, filled, table.frame.columns, {})
    assert back.iloc[0].tolist() == [1.5, 3, spec.columns[2].categories[1], False]


def test_a_separator_that_csv_cannot_have_becomes_a_comma(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("\n".join(["a§b", *[f"{i}.5§{'uv'[i % 2]}" for i in range(20)], "§u"]) + "\n")
    _, table, _ = rows_and_table(path, TextFormat(separator="§"))
    assert table.separator == ","


@pytest.mark.parametrize("name", ["price ", " price", "price\u00a0"])
def test_gaps_of_columns_whose_names_differ_in_spaces_are_filled(tmp_path, name):
    values = np.random.default_rng(4).normal(size=60).round(2)
    spec = infer_columns(read_frame(pl.DataFrame({"price": values, "b": ["u", "v", "u"] * 20})))
    came = pl.DataFrame({name: [1.5, None], "b ": ["u", None], "more": [None, 1]})
    came.write_parquet(tmp_path / "t.parquet")
    for given in (came, str(tmp_path / "t.parquet")):
        table = open_to_fill(given, spec)
        rows = table.rows([0, 1])
        gaps = table.gaps(encode(rows, spec))
        filled = table.filled(rows, gaps, np.array([[2.5, 0.0]] * 2))
        assert filled.columns == came.columns
        assert filled[name].to_list() == [1.5, 2.5] and not filled["b "].null_count()
        assert table.gaps_that_stay() == ["more"]
        assert table.beside_gaps(gaps, np.full((2, 2), 3.0))[name].to_list() == [None, 3.0]


def test_names_that_are_the_same_are_preferred_to_those_that_differ_in_spaces():
    spec = infer_columns(read_frame(pl.DataFrame({"a": [1.5, 2.5, 7.25] * 20})))
    assert open_to_fill(pl.DataFrame({"a": [1.5], "a ": [2.5]}), spec).places == {"a": 0}
