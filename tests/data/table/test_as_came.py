"""Gaps are filled in the type of the column that came, where that is another than the learnt one."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from kvae.data.table import encode, infer_columns, read_frame
from kvae.data.table.filling import TableToFill, open_to_fill
from kvae.errors import InputError

N = 140
RNG = np.random.default_rng(0)
PRICES = np.round(RNG.lognormal(5, 1, N), 2)
SHARES = np.round(RNG.uniform(0, 100, N), 1)
SECONDS = RNG.integers(0, 1440, N) * 60
DAYS = [dt.date(2020, 1, 1) + dt.timedelta(int(day)) for day in RNG.integers(0, 300, N)]
STAMPS = [
    dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=int(s))
    for day, s in zip(DAYS, SECONDS, strict=True)
]
SPANS = [dt.timedelta(hours=24, seconds=int(s)) for s in SECONDS]

TEXT = pl.DataFrame(
    {
        "price": [f"${one:,.2f}" for one in PRICES],
        "share": [f"{one:.1f} %" for one in SHARES],
        "euro": [f"{10 * one:,.2f} €".translate(str.maketrans(",.", ".,")) for one in PRICES],
        "day": [one.strftime("%d/%m/%Y") for one in DAYS],
        "stamp": [one.strftime("%d.%m.%Y %H:%M") for one in STAMPS],
        "clock": [one.strftime("%H:%M") for one in STAMPS],
        "stay": [f"{s // 3600 + 24}:{s // 60 % 60:02d}" for s in SECONDS],
    }
)
TYPED = pl.DataFrame(
    {
        "price": PRICES,
        "share": SHARES,
        "euro": np.round(10 * PRICES, 2),
        "day": DAYS,
        "stamp": STAMPS,
        "clock": [one.time() for one in STAMPS],
        "stay": SPANS,
    }
)


def with_gaps(frame):
    return frame.with_columns(pl.when(pl.int_range(N) % 7 > 0).then(pl.all()).name.keep())


def filled_again(learnt, came):
    """A table with gaps, filled with the numbers that were there before."""
    spec = infer_columns(read_frame(learnt))
    table = open_to_fill(came, spec)
    return table.filled(table.frame, table.gaps(encode(came, spec)), encode(learnt, spec))


def same_numbers(one, other, spec):
    np.testing.assert_allclose(encode(one, spec), encode(other, spec), atol=1e-3, rtol=1e-6)


@pytest.mark.parametrize("learnt", [TEXT, TYPED], ids=["learnt from text", "learnt in types"])
@pytest.mark.parametrize("came", [TEXT, TYPED], ids=["text", "types"])
def test_numbers_and_times_are_filled_in_the_type_that_came(learnt, came):
    if learnt is TYPED and came is TEXT:
        came = came.select("clock", "stay", day=pl.col("day").str.to_date("%d/%m/%Y").cast(pl.String))
        learnt = learnt.select(came.columns)
    filled = filled_again(learnt, with_gaps(came))
    assert filled.schema == came.schema
    for name in came.columns:
        if came[name].dtype.is_float():
            np.testing.assert_allclose(filled[name], came[name], rtol=1e-5)
        elif name != "stay" or came is TYPED:
            assert filled[name].to_list() == came[name].to_list()
    same_numbers(filled, came, infer_columns(read_frame(learnt)))


@pytest.mark.parametrize("dtype", [pl.Datetime("ms"), pl.Datetime("ns")], ids=["ms", "ns"])
def test_dates_learnt_from_text_that_came_as_other_types_of_times(dtype):
    came = TYPED.select(pl.col("day", "stamp").cast(pl.Datetime("us")).cast(dtype))
    assert filled_again(TEXT.select("day", "stamp"), with_gaps(came)).equals(came)


@pytest.mark.parametrize(
    ("zone", "how"),
    [
        (None, "%Y-%m-%d %H:%M:%S"),
        (None, "%Y-%m-%dT%H:%M:%S"),
        ("Europe/Berlin", "%Y-%m-%d %H:%M:%S%:z"),
        ("Europe/Berlin", "%Y-%m-%dT%H:%M:%S%z"),
    ],
)
@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical], ids=["text", "categories"])
def test_text_of_times_that_were_learnt_as_times_is_filled_alike(zone, how, dtype):
    learnt = TYPED.select(pl.col("stamp").dt.replace_time_zone(zone), "price")
    texts = learnt.with_columns(pl.col("stamp").dt.strftime(how))
    came = with_gaps(texts).with_columns(pl.col("stamp").cast(dtype))
    assert filled_again(learnt, came)["stamp"].cast(pl.String).to_list() == texts["stamp"].to_list()


def test_parquet_is_filled_in_its_types(tmp_path):
    spec = infer_columns(read_frame(TEXT))
    with_gaps(TYPED).write_parquet(tmp_path / "t.parquet")
    table = open_to_fill(str(tmp_path / "t.parquet"), spec)
    came = table.rows(range(N))
    filled = table.filled(came, table.gaps(encode(came, spec)), encode(TEXT, spec))
    assert filled.schema == TYPED.schema and not filled.null_count().sum_horizontal().item()


def test_categories_of_numbers_and_truth_values():
    learnt = pl.DataFrame({"a": PRICES, "i": (SECONDS // 60).tolist(), "b": [i % 2 == 0 for i in range(N)]})
    texts = learnt.with_columns(pl.col("b").cast(pl.String).str.to_titlecase())
    for dtype in (pl.String, pl.Categorical):
        came = texts.select(pl.all().cast(pl.String).cast(dtype))
        filled = filled_again(learnt, with_gaps(came))
        assert filled.schema == came.schema
        same_numbers(filled, came, infer_columns(read_frame(learnt)))
        assert set(filled["b"].cast(pl.String)) == {"True", "False"}


@pytest.mark.parametrize(
    ("dtype", "order", "expected"),
    [
        (pl.Enum(["no"]), ["no", "yes"], ["no", "yes"]),
        (pl.Enum(["low", "high"]), ["low", "medium", "high"], ["low", "medium", "high"]),
        (pl.Enum(["high", "low"]), ["low", "medium", "high"], ["high", "low", "medium"]),
    ],
)
def test_an_enum_gets_the_categories_that_it_lacks(dtype, order, expected):
    learnt = pl.DataFrame({"s": pl.Series([order[i % len(order)] for i in range(N)], dtype=pl.Enum(order))})
    spec = infer_columns(read_frame(learnt))
    new = order[1]
    came = pl.DataFrame({"s": pl.Series([order[0], None], dtype=dtype)})
    table = open_to_fill(came, spec)
    number = spec.columns[0].categories.index(new)
    filled = table.filled(came, table.gaps(encode(came, spec)), np.full((2, 1), number))
    assert filled["s"].to_list() == [order[0], new]
    assert filled["s"].dtype.categories.to_list() == expected


def test_columns_with_only_missing_values_whose_type_does_not_fit_get_the_learnt_one():
    learnt = pl.DataFrame({"s": ["u", "v", "w"] * 40, "day": DAYS[:120], "x": PRICES[:120]})
    came = learnt.clear(3).with_columns(pl.lit(None, pl.Float64).alias("s"), pl.lit(None, pl.Float64).alias("day"))
    spec = infer_columns(read_frame(learnt))
    filled = TableToFill(came, spec).filled(came, np.ones((3, 3), bool), encode(learnt, spec)[:3])
    assert filled.schema == learnt.schema and filled["s"].to_list() == ["u", "v", "w"]
    assert filled["day"].to_list() == DAYS[:3]


def test_a_value_that_the_type_cannot_hold_is_refused():
    learnt = pl.DataFrame({"n": (SECONDS // 60).tolist(), "x": PRICES})
    spec = infer_columns(read_frame(learnt))
    came = pl.DataFrame({"n": pl.Series([1, None], dtype=pl.Int8), "x": [1.0, 2.0]})
    table = open_to_fill(came, spec)
    with pytest.raises(InputError, match=r"gaps of column 'n' .* Int8, which cannot hold 700\. Convert .* Int64"):
        table.filled(came, table.gaps(encode(came, spec)), np.full((2, 2), 700.0))
