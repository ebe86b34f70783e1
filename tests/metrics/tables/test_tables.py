"""Values of SDMetrics 0.32.0 on these tables are written down here: it wants an older pandas than the tests do."""

import numpy as np
import pandas
import pytest
from mixed_table import mixed_columns, mixed_rows
from scipy.stats import ks_2samp

from kvae.metrics import meaning_of, pair_trends, real_metrics, shape_metrics, trend_metrics
from kvae.metrics.tables import trends
from kvae.metrics.tables.privacy import closest, widths
from kvae.metrics.tables.shapes import column_shapes, missing_similarities
from kvae.metrics.tables.trends import correlations, pearson
from kvae.table import Column

COLUMNS = mixed_columns().columns
NAMES = [column.name for column in COLUMNS]
NUMBER = Column("a", "continuous", {"name": "gaussian"})
WORD = Column("b", "categorical", {"name": "categorical"}, ("x", "y", "z"), 3)

# KSComplement, TVComplement; MissingValueSimilarity; CorrelationSimilarity, ContingencySimilarity with
# continuous_column_names; calculate_dcr of the first 20 generated rows to the real ones.
SHAPES = [0.938333, 0.936097, 0.90751, 0.964167, 0.9475, 0.91, 0.958333]
MISSING = [1.0, 0.998333, 0.980833, 1.0, 1.0, 1.0, 1.0]
TRENDS = {
    ("age", "height"): 0.995026,
    ("age", "income"): 0.984684,
    ("age", "visits"): 0.974058,
    ("age", "sex"): 0.868333,
    ("age", "sector"): 0.819167,
    ("age", "size"): 0.816667,
    ("height", "income"): 0.973453,
    ("height", "visits"): 0.960551,
    ("height", "sex"): 0.904167,
    ("height", "sector"): 0.813333,
    ("height", "size"): 0.878333,
    ("income", "visits"): 0.998160,
    ("income", "sex"): 0.870000,
    ("income", "sector"): 0.803333,
    ("income", "size"): 0.850000,
    ("visits", "sex"): 0.865000,
    ("visits", "sector"): 0.815000,
    ("visits", "size"): 0.855833,
    ("sex", "sector"): 0.889167,
    ("sex", "size"): 0.930833,
    ("sector", "size"): 0.878333,
}
CLOSEST = [
    0.036537, 0.01171, 0.031926, 0.025564, 0.181713, 0.030132, 0.151712, 0.044227, 0.030981, 0.033859,
    0.01521, 0.025107, 0.05811, 0.043153, 0.041004, 0.11436, 0.052121, 0.025618, 0.024297, 0.031133,
]  # fmt: skip


@pytest.fixture(scope="module")
def tables():
    real, generated = mixed_rows(400), mixed_rows(300, seed=1)
    generated[:, 1] += 2 * generated[:, 4]
    generated[::7, 5] = 0
    return real, generated


def test_shapes_are_those_of_sdmetrics(tables):
    np.testing.assert_allclose(column_shapes(*tables, COLUMNS), SHAPES, atol=1e-6)
    np.testing.assert_allclose(missing_similarities(*tables), MISSING, atol=1e-6)
    metrics = shape_metrics(*tables, COLUMNS)
    assert metrics["shape"] == pytest.approx(np.mean(SHAPES), abs=1e-6)
    assert metrics["shape_sector"] == pytest.approx(0.91, abs=1e-6)
    assert metrics["missing_similarity"] == pytest.approx(np.mean(MISSING[1:3]), abs=1e-6)


def test_trends_are_those_of_sdmetrics(tables):
    counts = []
    trends = pair_trends(*tables, COLUMNS, counts.append)
    for (first, second), value in TRENDS.items():
        i, j = NAMES.index(first), NAMES.index(second)
        assert trends[i, j] == trends[j, i] == pytest.approx(value, abs=2e-6), (first, second)
    pairs_of_numbers = sum(column.is_number for column in COLUMNS) * (sum(c.is_number for c in COLUMNS) - 1) // 2
    assert np.isnan(np.diag(trends)).all() and counts == list(range(pairs_of_numbers, 22))
    assert trend_metrics(trends)["trend"] == pytest.approx(np.mean(list(TRENDS.values())), abs=2e-6)


def test_distances_are_those_of_sdmetrics(tables):
    real, generated = tables
    counts = []
    found = closest(generated[:20], real, COLUMNS, widths(real), counts.append)
    np.testing.assert_allclose(found, CLOSEST, atol=1e-5)
    assert counts == [20]


def test_the_distance_between_numbers_is_scipys():
    rng = np.random.default_rng(0)
    real, generated = rng.normal(size=(57, 1)), np.round(rng.normal(0.3, 2, (33, 1)), 1)
    expected = 1 - ks_2samp(real[:, 0], generated[:, 0]).statistic
    assert column_shapes(real, generated, [NUMBER])[0] == pytest.approx(expected)


def test_a_table_is_as_like_as_can_be_to_itself(tables):
    real = tables[0]
    assert np.all(column_shapes(real, real, COLUMNS) == 1.0)
    assert trend_metrics(pair_trends(real, real, COLUMNS)) == {"trend": 1.0}


def test_columns_without_values_count_against_the_generated_table_alone():
    real, gone = np.array([[1.0, 0], [2, 1]]), np.full((2, 2), np.nan)
    assert column_shapes(real, gone, [NUMBER, WORD]).tolist() == [0, 0]
    assert shape_metrics(gone, real, [NUMBER, WORD]) == {"missing_similarity": 0.0}
    assert np.isnan(pair_trends(real, gone, [NUMBER, NUMBER])).all()
    assert pair_trends(real, gone, [NUMBER, WORD])[0, 1] == 0.0
    assert trend_metrics(np.full((1, 1), np.nan)) == {}


@pytest.mark.parametrize("at_once", [500, 5])
def test_correlations_of_many_columns_at_once_are_those_of_pandas(at_once, monkeypatch):
    monkeypatch.setattr(trends, "COLUMNS_AT_ONCE", at_once)
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(60, 12)) @ rng.normal(size=(12, 12)) * 10.0 ** rng.integers(-6, 7, 12) + 1e4
    rows[:, 3] = 5.0  # constant
    rows[:, 4] = np.where(np.arange(60) < 55, 2.0, rows[:, 4])
    rows[50:, 5] = np.nan  # 4 hardly varies in the rows that 5 has
    rows[:50, 6] = rng.normal(2.0, 1e-7, 50)
    rows[50:, 7] = np.nan
    rows[rng.random(rows.shape) < 0.1] = np.nan
    rows[:, 8] = np.nan
    rows[1:, 9] = np.nan
    expected = pandas.DataFrame(rows).corr().to_numpy()
    by_pair = np.array([[pearson(rows[:, [i, j]]) for j in range(12)] for i in range(12)])
    found = correlations(rows)
    np.testing.assert_allclose(found, by_pair, atol=1e-7)
    np.testing.assert_array_equal(found, found.T)
    both = np.isfinite(found) & np.isfinite(expected)
    assert both.sum() > 70
    np.testing.assert_allclose(found[both], expected[both], atol=1e-6)


def test_correlations_of_huge_numbers_are_right_and_those_of_constants_are_left_out():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 2)) @ [[1, 0.5], [0, 1]]
    other = rng.normal(size=(40, 2))
    by_numpy = 1 - abs(np.corrcoef(rows.T)[0, 1] - np.corrcoef(other.T)[0, 1]) / 2
    for scale in (1.0, 1e300, 1e-300):
        assert pair_trends(rows * scale, other, [NUMBER, NUMBER])[0, 1] == pytest.approx(by_numpy)
    other[:, 1] = 0.1
    assert np.isnan(pair_trends(rows, other, [NUMBER, NUMBER])[0, 1])


def test_every_column_has_its_words():
    assert meaning_of("shape_age").title == "Column shape of age"
    assert meaning_of("val_shape_age").better == "higher"
    assert meaning_of("shape").title == "Column shapes"


def test_what_real_rows_score_is_the_yardstick():
    real, learning = mixed_rows(60), mixed_rows(100, seed=1)
    counts = []
    found = real_metrics(real, learning, COLUMNS, done=counts.append)
    assert counts == [1, 2, 3] and found.keys() == {"real_shape", "real_trend", "real_c2st"}
    assert found["real_shape"] == shape_metrics(real, learning, COLUMNS)["shape"]
    assert found["real_trend"] == trend_metrics(pair_trends(real, learning, COLUMNS))["trend"]
    assert found["real_c2st"] > 0.5
    gone = np.full_like(real[:3], np.nan)
    assert real_metrics(gone, gone, COLUMNS).keys() == {"real_trend"}  # gaps go together as gaps do
