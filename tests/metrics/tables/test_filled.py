import numpy as np
import pytest
from mixed_table import mixed_columns, mixed_rows
from sklearn.impute import SimpleImputer

from kvae.data.table.parts import column_of_part
from kvae.metrics import filled_metrics, hidden_cells, meaning_of
from kvae.table import Column

COLUMNS = mixed_columns().columns


def test_errors_by_hand():
    columns = [
        Column("a", "continuous", {"name": "gaussian"}),
        Column("b", "continuous", {"name": "gaussian"}),
        COLUMNS[4],
        COLUMNS[5],
    ]
    learning = np.array([[0.0, 1, 0, 1], [2, 1, 1, 1], [np.nan, 1, 0, np.nan]])  # sd 1 and 0
    truth = np.array([[1.0, 5, 0, 3], [4, 6, 1, 1], [2, 7, 1, 2]])
    filled = np.array([[4.0, 5, 1, 3], [4, 6, 1, 0], [0, 9, 0, 2]])
    hidden = np.array([[1, 0, 1, 0], [0, 0, 1, 1], [1, 1, 0, 0]], bool)
    found = filled_metrics(truth, filled, hidden, columns, learning)
    assert found == pytest.approx(
        {
            "nrmse": np.sqrt((3**2 + 2**2) / 2),  # b has no spread to measure in
            "baseline_nrmse": np.sqrt((0 + 1) / 2),  # the mean is 1
            "wrong_share": 2 / 3,
            "baseline_wrong_share": 1 / 3,  # always 0 is wrong once, always 1 never
            "nrmse_a": np.sqrt((3**2 + 2**2) / 2),
            "wrong_share_sex": 0.5,
            "wrong_share_sector": 1.0,
        }
    )
    assert meaning_of("nrmse_a").title == "Imputation error of a"
    assert meaning_of("baseline_nrmse").title == "Imputation error of means"


def test_means_and_most_frequent_ones_are_scikit_learns():
    learning, truth = mixed_rows(300), mixed_rows(200, seed=1)
    hidden = hidden_cells(truth, COLUMNS, 0.2, seed=3)
    holed = np.where(hidden, np.nan, truth)
    filled = holed.copy()
    for places, strategy in (([0, 1, 2, 3], "mean"), ([4, 5, 6], "most_frequent")):
        filled[:, places] = SimpleImputer(strategy=strategy).fit(learning[:, places]).transform(holed[:, places])
    found = filled_metrics(truth, filled, hidden, COLUMNS, learning)
    assert found["nrmse"] == pytest.approx(found["baseline_nrmse"], rel=1e-6)
    assert found["wrong_share"] == found["baseline_wrong_share"]
    assert found["nrmse"] == pytest.approx(1.0, abs=0.15)


def test_a_share_of_what_is_there_is_hidden():
    x = mixed_rows(2000)
    hidden = hidden_cells(x, COLUMNS, 0.1, seed=0)
    there = ~np.isnan(x)
    assert not hidden[~there].any()
    assert hidden.sum() / there.sum() == pytest.approx(0.1, abs=0.01)
    assert filled_metrics(x, x, np.zeros_like(hidden), COLUMNS, x) == {}


def test_boxes_that_are_ticked_or_not_are_not_hidden():
    x = np.where(np.arange(200)[:, None] % [1, 3] == 0, 0.0, np.nan)
    columns = [Column("city", "categorical", {}, ("a", "b"), 2), Column("box", "categorical", {}, ("x",), 1)]
    hidden = hidden_cells(x, columns, 0.5, seed=0)
    assert hidden[:, 0].sum() > 50 and not hidden[:, 1].any()


def test_a_date_and_its_parts_are_hidden_together_and_the_date_alone_is_measured():
    date = Column("date", "date", {"name": "gaussian"})
    columns = [column_of_part(date, "month"), Column("a", "continuous", {"name": "gaussian"}), date]
    columns.append(column_of_part(date, "weekday"))
    x = np.stack([np.arange(300) % 12, np.arange(300.0), np.arange(300.0), np.arange(300) % 7], axis=1)
    x[:9, [0, 2, 3]] = np.nan
    hidden = hidden_cells(x, columns, 0.3, seed=0)
    assert 50 < hidden[:, 2].sum() < 130 and not hidden[:9, [0, 2, 3]].any()
    np.testing.assert_array_equal(hidden[:, [0, 3]], hidden[:, [2, 2]])
    np.testing.assert_array_equal(hidden[:, 1:3], hidden_cells(x[:, :4], [*COLUMNS[:4]], 0.3, seed=0)[:, 1:3])
    found = filled_metrics(x, np.where(hidden, 0.0, x), hidden, columns, x)
    assert set(found) == {"nrmse", "baseline_nrmse", "nrmse_a", "nrmse_date"}
