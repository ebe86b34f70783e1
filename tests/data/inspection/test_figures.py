"""Figures of a table's columns, against other routes to them."""

import numpy as np
import polars as pl
import pytest
from mixed_table import mixed_columns, mixed_rows, mixed_table
from scipy import stats

from kvae.data.inspection import TableSeen, associations, bars, columns_seen, gap_patterns, histogram
from kvae.table import Column, LeftOut, TableSpec

rng = np.random.default_rng(0)


def number(name="a", kind="continuous"):
    return Column(name, kind, {"name": "gaussian"})


def category(name="c", categories=("a", "b", "c")):
    return Column(name, "categorical", {"name": "categorical"}, tuple(categories), len(categories))


def mixed(label=None):
    left = (LeftOut("row", "id", "a value per row"), LeftOut("country", "constant", "it is always NL"))
    return TableSeen(mixed_table(), TableSpec(mixed_columns().columns, left), mixed_rows(), label)


def test_columns_are_counted_as_they_came():
    found = {one.name: one for one in columns_seen(mixed())}
    frame = mixed_table()
    assert list(found) == frame.columns
    for name, one in found.items():
        series = frame[name]
        assert (one.n, one.missing) == (500, series.null_count())
        assert one.distinct == series.drop_nulls().n_unique()
    assert found["row"].why == "a value per row" and found["row"].likelihood is None
    assert found["sector"].likelihood == "categorical" and found["sector"].examples[0] in frame["sector"]


def test_gaps_of_columns_that_are_left_out_are_seen_in_every_type():
    c = [float("nan"), None, 1.0]
    frame = pl.DataFrame({"a": [1.0, 2.0, 3.0], "b": ["", "x", None], "c": c, "d": [None] * 3})
    spec = TableSpec((number(),), tuple(LeftOut(name, "text", "") for name in "bcd"))
    missing = TableSeen(frame, spec, np.array([[1], [np.nan], [3]], np.float32)).missing
    assert {name: gone.tolist() for name, gone in missing.items()} == {
        "a": [False, True, False], "b": [True, False, True], "c": [True, True, False], "d": [True, True, True],
    }  # fmt: skip


def test_every_number_is_in_the_histogram_once():
    for values in (
        rng.normal(size=500),
        np.exp(rng.normal(0, 4, 500)),
        rng.standard_cauchy(500),
        np.where(rng.random(500) < 0.4, 0, rng.normal(50, 4, 500)),
        rng.integers(0, 8, 500),
        np.full(30, 3.5),
        np.array([1e300, -1e300, 0.5]),
        np.array([1e-300, 2e-300]),
    ):
        found = histogram(np.append(values, [np.nan, np.inf]))
        repeated = sum(count for _, count in found.repeated)
        assert found.counts.sum() + repeated + found.below + found.above == len(values)
        assert np.all(np.diff(found.edges) > 0) and np.isfinite(found.edges).all()
    assert histogram(np.array([np.nan])) is None


def test_odd_shapes_are_told():
    assert histogram(np.exp(rng.normal(0, 4, 500))).is_log
    assert not histogram(np.exp(rng.normal(0, 4, 500)), may_be_log=False).is_log
    values = np.where(np.arange(500) < 200, 0, rng.normal(50, 4, 500))
    assert histogram(values).repeated == ((0.0, 200),)
    far = histogram(np.append(rng.normal(size=500), [1e6, -1e6]))
    assert (far.below > 0, far.above > 0) == (True, True) and far.edges[-1] < 10
    whole = histogram(rng.integers(3, 9, 500))
    np.testing.assert_array_equal(whole.edges, np.arange(2.5, 9))


def test_bars_have_the_most_frequent_first_and_the_others_together():
    codes = np.repeat(np.arange(30.0), np.arange(30, 0, -1))
    found = bars(rng.permutation(np.append(codes, np.nan)), [f"k{i}" for i in range(30)])
    assert found.names == tuple(f"k{i}" for i in range(20)) and found.counts == tuple(range(30, 10, -1))
    assert (found.others, found.in_others) == (10, sum(range(1, 11)))
    assert bars(np.array([2.0, 2, 0]), "abc", in_order=True).names == ("a", "c")


def test_patterns_of_gaps_are_counted():
    missing = np.zeros((100, 4), bool)
    missing[:30, 1] = missing[10:30, 3] = True
    found = gap_patterns(missing, "abcd")
    assert found.names == ("b", "d") and found.missing.tolist() == [30, 20]
    assert found.patterns.tolist() == [[False, False], [True, True], [True, False]]
    assert found.counts.tolist() == [70, 20, 10] and (found.n_patterns, found.n_rows) == (3, 100)
    assert gap_patterns(np.zeros((5, 2), bool), "ab") is None


def test_two_numbers_have_the_correlation_of_their_ranks():
    x = rng.normal(size=(400, 2))
    x[:, 1] = -np.exp(x[:, 0]) + x[:, 1]
    found = associations(x, [number("a"), number("b")])
    assert found[0, 1] == pytest.approx(abs(stats.spearmanr(x)[0]), abs=1e-9)
    assert found[0, 0] == pytest.approx(1)


def test_categories_have_cramers_v_without_what_is_chance():
    one = rng.integers(0, 3, 1000)
    other = np.where(rng.random(1000) < 0.5, one, rng.integers(0, 3, 1000))
    table = np.histogram2d(one, other, [3, 3])[0]
    phi2 = stats.chi2_contingency(table, correction=False)[0] / 1000 - 4 / 999
    columns = [category("a"), category("b")]
    found = associations(np.stack([one, other], 1).astype(np.float32), columns)[0, 1]
    assert found == pytest.approx(np.sqrt(phi2 / (3 - 4 / 999 - 1)), rel=1e-9)
    many = rng.integers(0, 40, (1000, 2)).astype(np.float32)
    columns = [category(name, [f"k{i}" for i in range(40)]) for name in "ab"]
    assert associations(many, columns)[0, 1] < 0.1  # without the correction .2
    assert associations(many[:, [0, 0]], columns)[0, 1] == pytest.approx(1)


def test_a_number_and_categories_have_the_correlation_ratio():
    codes = rng.integers(0, 3, 600)
    x = rng.normal(size=600) + codes
    ranks = stats.rankdata(x)
    groups = [ranks[codes == k] for k in range(3)]
    within = sum(((g - g.mean()) ** 2).sum() for g in groups) / (600 - 3)
    expected = np.sqrt(1 - within / ranks.var(ddof=1))
    found = associations(np.stack([x, codes], 1), [number(), category()])
    assert found[0, 1] == found[1, 0] == pytest.approx(expected, rel=1e-9)


def test_rows_with_a_gap_in_one_column_count_for_the_others():
    x, spec = mixed_rows(), mixed_columns()
    found = associations(x, spec.columns)
    pair = x[np.isfinite(x[:, [1, 2]]).all(1)][:, [1, 2]]
    alone = abs(stats.spearmanr(pair)[0])
    assert found[1, 2] == pytest.approx(alone, abs=0.01)
    x[:, 1] = np.nan
    assert np.isnan(associations(x, spec.columns)[1]).all()
