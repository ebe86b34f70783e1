import numpy as np
import pytest
from mixed_table import mixed_columns, mixed_rows

from kvae.metrics import c2st_metrics, usefulness_metrics
from kvae.metrics.tables.learners import common
from kvae.metrics.tables.usefulness import usefulness
from kvae.table import Column

COLUMNS = mixed_columns().columns


def shuffled(rows, seed=0):
    """The same columns, each in an order of its own."""
    return np.stack(
        [np.random.default_rng(seed + k).permutation(column) for k, column in enumerate(rows.T)], axis=1
    )


def test_rows_of_one_kind_are_not_told_apart_and_others_are():
    real, same = mixed_rows(300), mixed_rows(300, seed=1)
    counts = []
    alike = c2st_metrics(real, same, COLUMNS, done=counts.append)["c2st"]
    apart = c2st_metrics(real, shuffled(same), COLUMNS)["c2st"]
    assert counts == [1, 2, 3]
    assert alike > 0.8 and apart < 0.5
    real[:, 0] += 100
    assert c2st_metrics(real[:60], same[:60], COLUMNS)["c2st"] == pytest.approx(0.0, abs=1e-9)
    assert c2st_metrics(real, same[:9], COLUMNS) == {}


def test_it_is_one_minus_twice_the_auc_above_a_half():
    """Two tables that differ in one number of two values: trees can do no better than that number itself."""
    columns = [Column("a", "continuous", {"name": "gaussian"})]
    real, generated = np.repeat([0.0, 1], [300, 600])[:, None], np.repeat([0.0, 1], [600, 300])[:, None]
    # AUC of a score of two values: (1 + TPR - FPR) / 2 = 2/3, so 1 - (2 * 2/3 - 1) = 2/3.
    assert c2st_metrics(real, generated, columns)["c2st"] == pytest.approx(2 / 3, abs=0.03)


def test_a_label_is_named_from_the_others():
    learning, test, generated = mixed_rows(300), mixed_rows(300, seed=1), shuffled(mixed_rows(300, seed=2))
    size = usefulness_metrics(learning, generated, test, COLUMNS, label=6)
    assert size["trtr"] > 0.9 and size["tstr"] < 0.6  # the size is the height, cut
    sex = usefulness(learning, test, COLUMNS, label=4)
    assert sex == pytest.approx(0.9, abs=0.08)
    income = usefulness_metrics(learning, generated, test, COLUMNS, label=2)
    assert income["trtr"] > 0.1 > income["tstr"]


def test_where_a_label_says_nothing_there_is_no_figure():
    rows = mixed_rows(60)
    one = rows.copy()
    one[:, 4] = 1.0
    assert usefulness(rows, one, COLUMNS, 4) is None
    assert usefulness(rows[:9], rows, COLUMNS, 4) is None
    assert usefulness(rows[:, 4:5], rows[:, 4:5], COLUMNS[4:5], 0) is None
    assert usefulness(one, rows, COLUMNS, 4) == 0.5
    one[:, 6] = 2.0
    assert usefulness(one, rows, COLUMNS, 6) == np.mean(rows[:, 6] == 2)
    one[:, 4] = np.nan
    assert usefulness_metrics(rows, one, rows, COLUMNS, 4).keys() == {"trtr"}


def test_categories_beyond_what_boosting_tells_apart_are_one():
    column = Column("town", "categorical", {"name": "categorical"}, None, 1000)
    rng = np.random.default_rng(0)
    towns = rng.integers(0, 1000, (5000, 1)).astype(float)
    towns[:2000] = 7.0
    towns[2000] = np.nan
    ours, theirs = common([column], towns, np.array([[7.0], [np.nan], [5e6]]))
    assert np.nanmax(ours) == 253 and len(np.unique(ours[2001:])) == 254
    assert (ours[:2000] == ours[0]).all() and np.isnan(ours[2000])
    assert theirs[0, 0] == ours[0, 0] and np.isnan(theirs[1, 0]) and theirs[2, 0] == 253


@pytest.mark.parametrize("n", [300, 12])
def test_a_column_of_many_categories_is_learnt(n):
    columns = [Column("town", "categorical", {"name": "categorical"}, None, 100_000), COLUMNS[0]]
    rng = np.random.default_rng(0)
    real, generated = (np.stack([rng.integers(0, 100_000, n), rng.normal(size=n)], 1) for _ in range(2))
    assert 0.0 <= c2st_metrics(real, generated, columns)["c2st"] <= 1.0


def test_columns_without_values_are_left_out():
    """In a fold there may be none of a column that is mostly empty."""
    real, generated = mixed_rows(30), mixed_rows(30, seed=1)
    real[:, [1, 5]] = np.nan
    generated[:, [1, 5]] = np.nan
    real[0, 1] = 170.0
    assert 0.0 <= c2st_metrics(real, generated, COLUMNS)["c2st"] <= 1.0
    assert usefulness_metrics(generated, generated, real, COLUMNS, 4)["trtr"] > 0.0
    nothing = np.full_like(real, np.nan)
    assert c2st_metrics(nothing, nothing, COLUMNS) == {"c2st": 1.0}
