import datetime as dt

import numpy as np
import polars as pl
import pytest
from mixed_table import mixed_table

from kvae.data import load_data
from kvae.data.sources.table import Options
from kvae.data.table import decode, encode, infer_columns, write_columns_file, write_table
from kvae.data.table.columns_file import read_columns_file
from kvae.errors import InputError


@pytest.fixture
def learn(tmp_path):
    """What is learnt of a table under what is said in a columns file."""

    def learn(text, frame=None):
        (tmp_path / "columns.yaml").write_text(text)
        return infer_columns(mixed_table() if frame is None else frame, columns_file=tmp_path / "columns.yaml")

    return learn


def column(spec, name):
    return spec.columns[spec.place(name)]


def test_what_is_said_wins(learn):
    spec = learn(
        "columns:\n"
        "  age: {kind: count, likelihood: poisson, missing: learn}\n"
        "  visits: {kind: categorical}\n"
        "  size: {kind: categorical}\n"
        "  sector: {kind: ordinal, categories: [farming, mining, health, retail, transport]}\n"
        "  height: {likelihood: {name: student_t, df: 3.5}}\n"
        "  income: {leave_out: true}\n"
        "  active: {kind: id}\n"
    )
    assert (column(spec, "age").kind, column(spec, "age").missing) == ("count", "learn")
    assert column(spec, "visits").categories is not None and column(spec, "size").kind == "categorical"
    assert column(spec, "sector").categories == ("farming", "mining", "health", "retail", "transport")
    assert column(spec, "height").likelihood == {"name": "student_t", "df": 3.5}
    assert {one.name for one in spec.left_out} == {"row", "country", "note", "income", "active"}
    x = encode(mixed_table(), spec)
    assert decode(x, spec).equals(mixed_table().select(spec.names))


def test_words_of_yaml_stay_words(learn):
    frame = pl.DataFrame({"x": ["no", "yes", "on", "1.0"] * 5, "y": np.arange(20) * 0.5})
    assert column(
        learn("columns:\n  x: {kind: ordinal, categories: [no, on, 1.0, yes]}\n", frame), "x"
    ).categories == (
        "no",
        "on",
        "1.0",
        "yes",
    )


def test_dates_of_two_formats_are_told_apart(learn):
    days = [f"0{1 + i % 3}/0{1 + i % 4}/2020" for i in range(12)]
    frame = pl.DataFrame({"d": days, "y": np.arange(12) * 0.5})
    spec = learn("columns:\n  d: {format: '%m/%d/%Y'}\n", frame)
    assert encode(frame, spec)[:4, 0].tolist() == [0, 32, 62, 3]
    assert decode(encode(frame, spec), spec).equals(frame)


def test_parts_of_dates_are_columns_of_their_own(learn):
    times = [dt.datetime(2024, 1, 1, 23) + dt.timedelta(hours=31 * i) for i in range(30)]
    frame = pl.DataFrame({"t": [*times, None], "y": np.arange(31) * 0.5})
    spec = learn("columns:\n  t: {cyclic: [month, weekday, hour]}\n", frame)
    assert spec.names == ("t", "t.month", "t.weekday", "t.hour", "y")
    assert column(spec, "t.weekday").categories[0] == "Monday"
    x = encode(frame, spec)
    expected = [[t.month - 1, t.weekday(), t.hour] for t in times]
    np.testing.assert_array_equal(x[:-1, 1:4], expected)
    assert np.isnan(x[-1, :4]).all()
    assert decode(x, spec).equals(frame)


def test_the_columns_are_written_to_be_edited_and_read_again(tmp_path):
    frame = mixed_table().with_columns(
        pl.col("sex").alias("a: b"), pl.col("size").replace({"low": "no", "high": "x, [y]"}).alias("#c")
    )
    spec = infer_columns(frame)
    path = tmp_path / "columns.yaml"
    write_columns_file(path, spec, "x.csv", encode(frame, spec))
    again = infer_columns(frame, columns_file=path)
    assert again.columns == spec.columns
    assert [one.name for one in again.left_out] == [one.name for one in spec.left_out]
    text = path.read_text()
    assert f"height:  # {frame['height'].null_count()} missing" in text
    assert "  country: {leave_out: true}  # constant: it is always NL" in text


WRONG = {
    "": "must hold only the key `columns:`.*Received: nothing",
    "[1, 2]": "must hold only the key `columns:`",
    "columns: {age: {kind: count}}\nrows: 3": "Received: the keys columns, rows",
    "columns: {age: count}": r"columns\.age must be keys and values, such as \{kind: count\}\. Received: 'count'",
    "columns: {age: {kindd: count}}": r"has the unknown key kindd\. Allowed: kind, .*Did you mean kind\?",
    "columns: {age: {kind: number}}": r"age\.kind must be one of constant, date, .*Received: 'number'",
    "columns: {age: {missing: drop}}": r"age\.missing must be one of ignore, learn\. Received: 'drop'",
    "columns: {age: {leave_out: maybe}}": r"age\.leave_out must be one of true, false\. Received: 'maybe'",
    "columns: {sex: {categories: male}}": r"sex\.categories must be a list, such as .*Received: 'male'",
    "columns: {sex: {categories: [male, male]}}": "must name each once. Received twice: male",
    "columns: {sex: {categories: [male]}}": "'sex' has the kind binary, but it holds 'female', which is not among",
    "columns: {since: {cyclic: [decade]}}": r"since\.cyclic must be a list of month, .*Received: decade",
    "columns: {since: {format: DD}}": r"since\.format must be a format such as '%d\.%m\.%Y'\. Received: 'DD'",
    "columns: {age: {likelihood: gausian}}": r"age\.likelihood must be one of bernoulli, .*Received: 'gausian'",
    "columns: {age: {likelihood: {df: 3}}}": r"age\.likelihood must be a name, or",
    "columns: {agee: {kind: count}}": "data.columns_file=agee: .*has no such column",
    "columns: {sex: {kind: count}}": "'sex' has the kind count, but it holds '(fe)?male', which is no number",
    "columns: {height: {kind: count}}": "'height' has the kind count, but it holds negative numbers or fractions",
    "columns: {sector: {kind: ordinal}}": "has no known order: give its categories",
    "columns: {sector: {kind: binary}}": "'sector' has the kind binary, but it holds 5 different values, not 2",
    "columns: {age: {kind: continuous, categories: [a, b]}}": "key categories, which the kind continuous lacks",
    "columns:\n  age: {kind: count}\n  age: {kind: date}": "names age twice. Name it once",
    "columns: {age: {kind: count, kind: date}}": "names kind twice",
    "columns: [": "cannot be read as YAML",
}


@pytest.mark.parametrize("text", WRONG)
def test_every_mistake_is_one_sentence(learn, text):
    with pytest.raises(InputError, match=WRONG[text]) as caught:
        learn(text)
    assert "\n" not in str(caught.value)


def test_the_file_of_a_run(tmp_path):
    write_table(tmp_path / "x.csv", mixed_table())
    (tmp_path / "c.yaml").write_text("columns:\n  age: {kind: count}\n")
    options = Options(path=str(tmp_path / "x.csv"), columns_file=str(tmp_path / "c.yaml"), test_fraction=0.2)
    assert column(load_data(options, 0).spec.table, "age").kind == "count"
    with pytest.raises(InputError, match=r"data\.columns_file=nothing\.yaml does not exist"):
        read_columns_file("nothing.yaml")
