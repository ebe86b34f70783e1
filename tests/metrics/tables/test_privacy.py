import numpy as np
import pytest
from mixed_table import mixed_columns, mixed_rows

from kvae.metrics import privacy_metrics
from kvae.metrics.tables.privacy import betrayed, closest, verdict, widths
from kvae.table import Column

COLUMNS = mixed_columns().columns


def test_fresh_rows_betray_nobody_and_copies_do():
    learning, held_out, fresh = mixed_rows(400), mixed_rows(200, seed=1), mixed_rows(300, seed=2)
    counts = []
    found = privacy_metrics(learning, fresh, held_out, COLUMNS, done=counts.append)
    assert found["dcr"] == pytest.approx(0.5, abs=0.09)  # three standard errors
    assert found["membership_auc"] == pytest.approx(0.5, abs=0.09)
    assert counts[-1] == 2 * 300 + 2 * 200 and counts == sorted(counts)
    copied = privacy_metrics(learning, learning, held_out, COLUMNS)
    assert copied["membership_auc"] > 0.95
    assert copied["dcr"] > 0.7  # half of the copies are of rows that were not drawn
    assert privacy_metrics(learning, learning[:0], held_out, COLUMNS) == {}


def test_ties_are_halves():
    rows = np.zeros((10, len(COLUMNS)), np.float32)
    assert privacy_metrics(rows, rows, rows, COLUMNS) == {"dcr": 0.5, "membership_auc": 0.5}


def test_what_lies_how_far_apart():
    columns = [Column("a", "continuous", {"name": "gaussian"}), COLUMNS[4]]
    nan = np.nan
    record = np.array([[1.0, 0.0]])
    rows = np.array([[1.0, 0], [2, 0], [9, 1], [nan, 0], [nan, nan]])
    width = widths(rows, record)
    assert width[0] == 8.0
    np.testing.assert_allclose(closest(rows, record, columns, width), [0, 1 / 16, 1, 0.5, 1])
    np.testing.assert_allclose(closest(rows, rows[3:], columns, width), [0.5, 0.5, 1, 0, 0])
    assert widths(np.full((2, 1), nan)).tolist() == [0.0]


def test_pieces_give_the_same(monkeypatch):
    rows, records = mixed_rows(50), mixed_rows(40, seed=1)
    whole = closest(rows, records, COLUMNS, widths(rows))
    monkeypatch.setattr("kvae.metrics.tables.privacy.DISTANCES", 300)
    assert closest(rows, records, COLUMNS, widths(rows)).tolist() == whole.tolist()


def test_the_verdict_keeps_to_its_error():
    """By Monte Carlo: an attack that guesses is called a betrayal in 2.5 % of cases."""
    from scipy.stats import rankdata

    rng = np.random.default_rng(0)
    n = 60
    ranks = rankdata(rng.random((4000, 2 * n)), axis=1)[:, :n].sum(axis=1)
    aucs = (ranks - n * (n + 1) / 2) / n**2
    assert np.mean([betrayed(auc, n) for auc in aucs]) == pytest.approx(0.025, abs=0.0075)
    assert verdict(0.52, 1000).startswith("Does the generated table reveal which rows were learnt? No: ")
    assert "? Yes: " in verdict(0.9, 1000) and "in 90.0% of cases (1,000 rows of each" in verdict(0.9, 1000)
