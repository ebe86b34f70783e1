"""What is learnt of columns: a monotone map to about N(0, 1), bins and atoms, shares."""

import json

import numpy as np
import pytest
from scipy import stats

from kvae.table.coding import coded, from_codes, learn_coding, to_codes
from kvae.table.column import Column
from tests.mixed_table import mixed_columns, mixed_rows

RNG = np.random.default_rng(0)
ODD = {
    "one value": np.zeros(5),
    "none": np.full(5, np.nan),
    "single": np.array([3.0]),
    "far apart": np.array([1e30, 1e30, -1e30]),
    "large and constant": np.full(9, 1e9),
    "heavy": np.exp(3 * RNG.normal(size=20000)),
    "zeros": np.where(RNG.random(20000) < 0.9, 0, np.rint(np.exp(8 + RNG.normal(size=20000)))),
    "close together": 1e6 + RNG.integers(0, 9, 500) / 8,
    "two clumps": np.concatenate([RNG.normal(0, 1e-4, 300), RNG.normal(1e4, 1e-4, 300)]),
}


@pytest.mark.parametrize("values", ODD.values(), ids=ODD)
def test_map_is_monotone_and_inverts_and_no_value_is_lost(values):
    coding = learn_coding(values)
    assert json.loads(json.dumps(coding)) == coding
    for name in ("knots", "codes", "edges", "atoms"):
        found = np.array(coding[name], np.float32 if name != "codes" else float)
        assert (np.diff(found) > 0).all(), name
    there = values[~np.isnan(values)]
    assert coding["n"] == len(there) and sum(coding["in_bins"]) + sum(coding["at_atoms"]) == max(1, len(there))
    assert coding["std"] > 0 and min(coding["slopes"]) > 0
    outside = np.array([coding["low"] - 7 * coding["std"], coding["high"] + 7 * coding["std"]])
    for points in (there, outside):
        codes = to_codes(points, coding)
        assert np.isfinite(codes).all()
        np.testing.assert_allclose(from_codes(codes, coding), points, rtol=1e-6, atol=1e-6 * coding["std"])


def test_codes_are_normal():
    values = np.exp(3 * np.random.default_rng(1).normal(size=20000))
    codes = to_codes(values, learn_coding(values))
    assert stats.kstest(codes, "norm").statistic < 0.01
    assert np.isnan(to_codes(np.array([np.nan]), learn_coding(values)))


def test_repeated_values_are_atoms_and_integers_fill_bins_of_sets():
    coding = learn_coding(ODD["zeros"])
    assert coding["atoms"] == [0.0] and coding["at_atoms"] == [int((ODD["zeros"] == 0).sum())]
    edges = np.array(coding["edges"])
    assert coding["whole"] and (edges == np.rint(edges)).all() and edges[-1] == ODD["zeros"].max() + 1
    by_hand = np.histogram(ODD["zeros"][ODD["zeros"] > 0], edges)[0]
    assert by_hand.tolist() == coding["in_bins"]
    assert learn_coding(np.arange(1000.0) % 40)["atoms"] == list(range(40))


@pytest.mark.parametrize("n", [300, 3000])
def test_a_grid_of_whole_numbers_is_learnt_with_what_was_never_met_on_it(n):
    values = 7.0 + 25 * np.rint(np.random.default_rng(0).normal(170, 20 if n == 300 else 1000, n))
    coding = learn_coding(values)
    assert coding["step"] == 25
    for name in ("edges", "atoms"):
        assert (np.array(coding[name]) % 25 == 7).all(), name
    if n == 300:
        unique, counts = np.unique(values, return_counts=True)
        free = (unique[-1] - unique[0]) / 25 + 1 - len(unique)
        assert coding["unmet"] == pytest.approx(min(0.5, np.sum(counts == 1) / free)) and coding["unmet"] > 0.2
        assert len(coding["atoms"]) == len(unique)
    else:
        assert (
            np.histogram(values[~np.isin(values, coding["atoms"])], coding["edges"])[0].tolist()
            == coding["in_bins"]
        )
        assert coding["unmet"] == 0
    assert learn_coding(np.append(values, 4001.0))["step"] == 1


def test_few_values_and_codes_have_no_grid_and_nothing_between_them():
    assert learn_coding(np.repeat(25.0 * np.arange(7), 9))["step"] == 1
    assert learn_coding(25.0 * np.arange(19))["step"] == 1
    codes = learn_coding(np.append(np.repeat([1.0, 2, 5, 10, 20, 50, 100, 200], 9), 201.0))
    assert codes["step"] == 1 and codes["unmet"] == 0
    assert learn_coding(np.repeat(2.0**25 * np.arange(1, 30), 9))["step"] == 1
    every = learn_coding(np.repeat(np.arange(30.0), 9))
    assert every["step"] == 1 and every["unmet"] == 0


def test_coded_columns_keep_their_meaning():
    rows = mixed_rows(300)
    for column, values in zip(mixed_columns().columns, rows.T, strict=True):
        found = coded(column, values)
        assert found.coding["n"] == np.isfinite(values).sum()
        assert found.coding["missing"] == pytest.approx(np.isnan(values).mean())
        assert Column.from_json(json.loads(json.dumps(found.to_json()))) == found
    sector = coded(mixed_columns().columns[5], rows[:, 5])
    assert sector.coding["counts"] == np.bincount(rows[:, 5].astype(int), minlength=5).tolist()
    assert "counts" not in coded(Column("city", "categorical", {"name": "x"}, None, 3000), rows[:, 5]).coding


def test_categories_of_one_learning_row_or_none_are_rare():
    values = np.array([0, 0, 0, 1, 1, 2, 3, np.nan, np.nan])
    column = Column("city", "categorical", {"name": "x"}, None, 5)
    assert coded(column, values).coding == {
        "n": 7,
        "missing": pytest.approx(2 / 9),
        "counts": [3, 2, 1, 1, 0],
        "rare": [2, 3, 4],
    }
    of_all = np.array([3, 2, 2, 2, 1])
    assert coded(column, values, of_all).coding.keys() == {"n", "missing", "counts"}
    many = coded(Column("city", "categorical", {"name": "x"}, None, 2000), values).coding
    assert many["rare"] == list(range(2, 2000)) and "counts" not in many
