"""What is asked of a table's columns, as conditions on the rows of a model."""

import datetime as dt
import math
import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from mixed_table import mixed_columns

from kvae.data.table import infer_columns
from kvae.errors import InputError
from kvae.table import Column, LeftOut
from kvae.uses.conditions import Among, Equal, Gap, Within, conditions
from kvae.uses.conditions.typed import as_mapping

TABLE = replace(mixed_columns("learn"), left_out=(LeftOut("note", "text", "every row has a text of its own"),))
AGE, HEIGHT, INCOME, VISITS, SEX, SECTOR, SIZE = range(7)


def only(where, table=TABLE):
    (found,) = conditions(where, table)
    return found


def test_each_kind_of_condition():
    found = conditions(
        {"sex": "female", "sector": ["mining", "retail"], "visits": 3, "age": ">60", "income": None}, TABLE
    )
    assert found == (
        Equal(SEX, "sex = female", 0.0),
        Among(SECTOR, "sector = retail or mining", (0, 4)),
        Equal(VISITS, "visits = 3", 3.0),
        Within(AGE, "age > 60", ((60.5, math.inf),), ((61.0, math.inf),)),
        Gap(INCOME, "income is missing"),
    )


@pytest.mark.parametrize(
    ("asked", "edges", "ends"),
    [
        (">60", (60.5, math.inf), (61, math.inf)),
        (">=60", (59.5, math.inf), (60, math.inf)),
        ("<60", (-math.inf, 59.5), (-math.inf, 59)),
        ("<= 60", (-math.inf, 60.5), (-math.inf, 60)),
        (">60.3", (60.5, math.inf), (61, math.inf)),
        ("<=60.7", (-math.inf, 60.5), (-math.inf, 60)),
        ("10..20", (9.5, 20.5), (10, 20)),
        ("-5 .. 20", (-5.5, 20.5), (-5, 20)),
    ],
)
def test_ranges_reach_to_where_other_values_are_written(asked, edges, ends):
    found = only({"age": asked})
    assert found.edges == (edges,) and found.ends == (ends,)


def test_decimals_are_exact():
    found = only({"height": ">=170.1"})
    assert found.ends == ((170.1, math.inf),) and found.edges[0][0] == pytest.approx(170.05)
    assert only({"height": ">170.1"}).ends[0][0] == 170.2
    assert only({"height": "170.3..170.3"}) == Equal(HEIGHT, "height in 170.3..170.3", 170.3)


def test_counts_have_masses():
    assert only({"visits": ">2"}).edges == ((2.0, math.inf),)
    assert only({"visits": "<3"}).edges == ((-1.0, 2.0),)
    assert only({"visits": "2..5"}).edges == ((1.0, 5.0),)
    assert only({"visits": [5, "2"]}).edges == ((1.0, 2.0), (4.0, 5.0))


def test_numbers_that_are_written_with_all_their_digits():
    columns = (replace(TABLE.columns[AGE], form={}), *TABLE.columns[1:])
    found = only({"age": "<2.5"}, replace(TABLE, columns=columns))
    below = float(np.nextafter(np.float32(2.5), np.float32(0)))
    assert found.edges == ((-math.inf, below),) and found.ends == ((-math.inf, below),)
    assert only({"age": ">=2.5"}, replace(TABLE, columns=columns)).edges[0][0] < 2.5


def test_ordered_categories_have_ranges():
    assert only({"size": ">=medium"}) == Among(SIZE, "size = medium or high", (1, 2))
    assert only({"size": "<medium"}) == Equal(SIZE, "size = low", 0.0)
    assert only({"size": "low..medium"}).categories == (0, 1)
    with pytest.raises(InputError, match=r"no category is >high\. In order, the categories are low, medium, high"):
        only({"size": ">high"})


@pytest.mark.parametrize(
    ("names", "value", "place"),
    [
        (("no", "yes"), True, 1),
        (("False", "True"), False, 0),
        (("false", "true"), "true", 1),
        (("0", "1"), 1, 1),
        (("1.0", "2.0"), 2.0, 1),
        (("1", "2"), 2.0, 1),
        (("1", "2"), "1", 0),
    ],
)
def test_categories_that_look_like_truth_values_or_numbers(names, value, place):
    columns = tuple(replace(c, categories=names) if c.name == "sex" else c for c in TABLE.columns)
    assert only({"sex": value}, replace(TABLE, columns=columns)).value == place


@pytest.mark.parametrize(("value", "place"), [("True", 1), ("FALSE", 0), ("false", 0), (True, 1)])
def test_truth_values_may_be_spelled_as_the_file_has_them(value, place):
    truth = Column("sex", "binary", {"name": "bernoulli"}, ("false", "true"), 2, form={"dtype": "Boolean"})
    columns = tuple(truth if c.name == "sex" else c for c in TABLE.columns)
    assert only({"sex": value}, replace(TABLE, columns=columns)).value == place


def test_numbers_of_numpy_are_taken():
    asked = {"visits": np.int64(3), "age": np.float32(60), "size": np.array(["low"])[0]}
    assert conditions(asked, TABLE) == conditions({"visits": 3, "age": 60.0, "size": "low"}, TABLE)
    assert only({"visits": [np.int8(2), np.uint16(5)]}) == only({"visits": [2, 5]})
    truth = Column("sex", "binary", {"name": "bernoulli"}, ("no", "yes"), 2)
    columns = tuple(truth if c.name == "sex" else c for c in TABLE.columns)
    assert only({"sex": np.True_}, replace(TABLE, columns=columns)).value == 1.0
    times = {
        "day": np.datetime64("2020-01-05"),
        "at": np.datetime64("2020-01-05T06", "ns"),
        "a": np.timedelta64(3, "h"),
    }
    assert as_mapping(times) == {
        "day": dt.date(2020, 1, 5),
        "at": dt.datetime(2020, 1, 5, 6),
        "a": dt.timedelta(hours=3),
    }
    assert only({"visits": np.array([2, 5])}) == only({"visits": [2, 5]})
    with pytest.raises(InputError, match=r"mode.where.age must be a number"):
        only({"age": np.timedelta64(3, "s")})


def test_a_text_says_the_same():
    text = "{sex: female, age: >60, sector: [mining, 'retail'], income: null, size: '>=medium'}"
    as_dict = {"sex": "female", "age": ">60", "sector": ["mining", "retail"], "income": None, "size": ">=medium"}
    assert conditions(text, TABLE) == conditions(as_dict, TABLE)
    names = ("it's, so: yes", "d'or", "x", "y", "z")
    columns = tuple(replace(c, categories=names) if c.name == "sector" else c for c in TABLE.columns)
    found = conditions("""sector: "it's, so: yes", age: 30""", replace(TABLE, columns=columns))
    assert [one.value for one in found] == [0.0, 30.0]
    assert only("sector: d'or", replace(TABLE, columns=columns)).value == 1.0


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (
            {"agee": 3},
            "mode.where names the column 'agee', which this run did not learn. Did you mean age?",
        ),
        ({"note": "x"}, "the column 'note', which was not learnt: every row has a text of its own"),
        ({"sex": "femal"}, "mode.where.sex must be one of female, male. Received: 'femal'. Did you mean female?"),
        ({"sector": ["retail", "minin"]}, "Received: 'minin'. Did you mean mining?"),
        ({"sector": []}, "mode.where.sector is an empty list. Name at least one of retail, health"),
        ({"age": "old"}, r"mode.where.age must be a number, such as 60, or a range.*Received: 'old'"),
        ({"age": ">old"}, r"mode.where.age must be a number.*Received: 'old'"),
        ({"age": True}, "mode.where.age must be a number.*Received: True"),
        ({"age": "nan"}, "mode.where.age must be a number.*Received: 'nan'"),
        ({"age": 1e300}, "mode.where.age must be a number.*Received: 1e.*300"),
        ({"age": [1, 2]}, r"lists are for categories and counts. Received: \[1, 2\]"),
        ({"age": 60.5}, "mode.where.age must be a multiple of 1, as all values of this column are. Received"),
        ({"age": "20..10"}, "mode.where.age=20..10: no value of this column is in this range"),
        ({"visits": 2.5}, "mode.where.visits must be a multiple of 1"),
        ({"visits": -1}, "mode.where.visits must be a whole number >= 0.*Received: -1"),
        ({"income": -1}, "mode.where.income: under this model there are no rows with income = -1: their prob"),
        ({"income": "=-1"}, "there are no rows with income = -1"),
        ({"visits": "<0"}, "mode.where.visits=<0: no value of this column is in this range"),
        ({"age": None}, "mode.where.age=null asks for a gap, and gaps of this column were not learnt"),
        ({}, "mode.where must be conditions by column. Received: {}"),
        ("sex", "'sex' is not `column: condition`"),
        ("sex: male, sex: female", "names the column 'sex' twice"),
        (3, "mode.where must be conditions by column"),
    ],
)
def test_each_mistake_is_one_sentence(where, said):
    table = mixed_columns("ignore" if where == {"age": None} else "learn")
    with pytest.raises(InputError, match=said):
        conditions(where, replace(table, left_out=TABLE.left_out))


@pytest.mark.parametrize(
    ("asked", "beyond"),
    [(">60", True), (">=60", False), (59, False), (61, True), ("10..20", False), ("<10", True)],
)
def test_numbers_beyond_all_learnt_ones_are_warned_of(asked, beyond, caplog):
    columns = (replace(TABLE.columns[AGE], coding={"low": 10.0, "high": 60.0}), *TABLE.columns[1:])
    only({"age": asked}, replace(TABLE, columns=columns))
    assert ("no learnt row has age" in caplog.text) == beyond


SPANS = pl.DataFrame(
    {
        "long": [dt.timedelta(minutes=77 * i) for i in range(60)],
        "text": [f"{7 * i}:{i:02d}:00" for i in range(60)],
        "at": [dt.time(i % 24, i) for i in range(60)],
    }
)


@pytest.mark.parametrize(
    ("asked", "days"),
    [({"at": ">=12:00"}, 0.5), ({"at": ">=18:00:00"}, 0.75), ({"text": ">=36:00:00"}, 1.5)]
    + [({"long": one}, 1.25) for one in (">=30:00:00", ">=1 days 06:00:00", ">=1 day 06:00:00")],
)
def test_durations_and_times_of_day_are_typed_as_text(asked, days):
    (found,) = conditions(asked, infer_columns(SPANS))
    assert found.ends == ((pytest.approx(days), math.inf),)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("at", 'a time such as 18:00:00, or a range, such as ">06:00:00" or "06:00:00..18:00:00"'),
        ("text", 'a time such as 18:00:00, or a range, such as ">6:00:00" or "6:00:00..18:00:00"'),
        ("long", 'a time such as 0 days 18:00:00, or a range, such as ">0 days 06:00:00"'),
    ],
)
def test_what_is_no_duration_is_told_how_the_column_writes_them(name, text):
    with pytest.raises(InputError, match=re.escape(f"mode.where.{name} must be {text}")):
        conditions({name: ">2020-01-31"}, infer_columns(SPANS))


def test_messages_call_it_as_python_does():
    with pytest.raises(InputError, match=r"^where.age must be a number"):
        conditions({"age": "old"}, TABLE, "where")
