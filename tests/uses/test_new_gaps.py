"""Missing values of new rows: where similar learnt rows have them, and together as they have them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from kvae.table import Column
from kvae.uses import new_gaps
from kvae.uses.new_gaps import columns_with_gaps, names_with_gaps, with_gaps

N, M = 2000, 1500


def number(name, missing):
    return Column(name, "continuous", {"name": "gaussian"}, coding={"missing": missing})


def columns_of(rows):
    return [number(f"x{j}", float(share)) for j, share in enumerate(np.isnan(rows).mean(axis=0))]


@pytest.fixture
def rows():
    """Learnt rows: the second column is missing where the first is above 0, the last two are missing by chance."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(M, 4)).astype(np.float32)
    rows[rows[:, 0] > 0, 1] = np.nan
    rows[rng.random(M) < 0.3, 2:] = np.nan
    return rows


@pytest.fixture
def new():
    return np.random.default_rng(1).normal(size=(N, 4)).astype(np.float32)


def test_values_are_missing_where_other_columns_say_so(rows, new):
    found = with_gaps(new, rows, columns_of(rows), 0)
    assert np.mean(np.isnan(found[:, 1]) == (new[:, 0] > 0)) > 0.995
    assert not np.isnan(found[:, 0]).any()
    there = ~np.isnan(found)
    np.testing.assert_array_equal(found[there], new[there])
    assert not np.isnan(new).any()  # not changed in place


def test_values_missing_by_chance_have_their_share_and_their_company(rows, new):
    gaps = np.isnan(with_gaps(new, rows, columns_of(rows), 0)[:, 2:])
    assert (gaps[:, 0] == gaps[:, 1]).all()
    share = np.isnan(rows[:, 2]).mean()
    low, high = binom.interval(0.9999, N, share)
    # The leaves add the spread of a share of M rows to that of N rows.
    spread = np.sqrt(1 + N / M)
    assert share * N + spread * (low - share * N) < gaps[:, 0].sum() < share * N + spread * (high - share * N)


def test_without_columns_that_tell_whole_learnt_patterns_are_drawn(new):
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(M, 4)).astype(np.float32)
    rows[rng.random((M, 4)) < 0.5] = np.nan
    rows[rng.random(M) < 0.5, :2] = np.nan
    rows[np.isnan(rows[:, 0]), 1] = np.nan
    gaps = np.isnan(with_gaps(new, rows, columns_of(rows), 0))
    patterns = {tuple(one) for one in np.isnan(rows)}
    assert {tuple(one) for one in gaps} <= patterns
    np.testing.assert_allclose(gaps.mean(axis=0), np.isnan(rows).mean(axis=0), atol=0.06)


def test_few_gaps_of_a_column_that_tells_are_filled_by_other_rows(rows, new):
    rows[::40, 0] = np.nan
    gaps = np.isnan(with_gaps(new, rows, columns_of(rows), 0))
    assert 0.01 < gaps[:, 0].mean() < 0.05
    assert np.mean(gaps[:, 1] == (new[:, 0] > 0)) > 0.93


def test_columns_that_are_kept_and_those_whose_gaps_were_learnt_stay(rows, new):
    columns = columns_of(rows)
    columns[2] = replace(columns[2], missing="learn")
    assert columns_with_gaps(columns) == [1, 3]
    assert names_with_gaps(columns) == ["x1", "x3"]
    gaps = np.isnan(with_gaps(new, rows, columns, 0, kept=[3]))
    assert gaps[:, 1].any() and not gaps[:, [0, 2, 3]].any()


def test_new_rows_may_have_learnt_gaps_already(rows, new):
    rows[:, 2:] = new[:M, 2:]
    rows[::40, 0] = np.nan
    columns = columns_of(rows)
    columns[0] = replace(columns[0], missing="learn")
    holed = new.copy()
    holed[::40, 0] = np.nan
    gaps = np.isnan(with_gaps(holed, rows, columns, 0))
    assert (gaps[:, 0] == np.isnan(holed[:, 0])).all()
    assert np.mean(gaps[:, 1] == (new[:, 0] > 0)) > 0.93


def test_parts_of_dates_are_missing_with_their_date_and_are_not_named(rows, new):
    columns = columns_of(rows)
    columns[3] = replace(columns[3], form={"part_of": "x2", "part": "month"})
    assert names_with_gaps(columns) == ["x1", "x2"]
    gaps = np.isnan(with_gaps(new, rows, columns, 0))
    assert gaps[:, 2].any() and (gaps[:, 2] == gaps[:, 3]).all()


def test_a_seed_gives_the_same_rows_and_another_one_others(rows, new):
    found = [with_gaps(new, rows, columns_of(rows), seed) for seed in (0, 0, 2**40)]
    np.testing.assert_array_equal(found[0], found[1])
    assert (np.isnan(found[0]) != np.isnan(found[2])).any()


def test_without_gaps_the_rows_are_returned_as_they_are(new):
    assert with_gaps(new, new, columns_of(new), 0) is new


def test_of_many_learnt_rows_evenly_spread_ones_are_used(rows, new, monkeypatch):
    monkeypatch.setattr(new_gaps, "MOST_ROWS", 50)
    seen = []

    def look(known, *_):
        seen.append(len(known))
        return np.zeros(N, int)

    monkeypatch.setattr(new_gaps, "rows_in_same_leaf", look)
    with_gaps(new, rows, columns_of(rows), 0)
    assert seen == [50]


def test_of_a_wide_table_fewer_rows_are_used(rows, new, monkeypatch):
    monkeypatch.setattr(new_gaps, "WORK", 800)  # one column that tells, and two patterns
    monkeypatch.setattr(new_gaps, "FEWEST", 300)
    whole = new_gaps.rows_in_same_leaf
    seen = []

    def look(known, gaps, *others):
        seen.append((known.shape, gaps.shape))
        return whole(known, gaps, *others)

    monkeypatch.setattr(new_gaps, "rows_in_same_leaf", look)
    gaps = np.isnan(with_gaps(new, rows, columns_of(rows), 0))
    assert seen == [((400, 1), (400, 2))]
    assert np.mean(gaps[:, 1] == (new[:, 0] > 0)) > 0.98
