import numpy as np
import pytest

from kvae.metrics import detection_metrics


def test_by_hand():
    scores, truth = np.array([0.1, 0.9, 0.4, 0.8, 0.3]), np.array([False, True, True, False, False])
    found = detection_metrics(scores, scores > 0.35, truth)
    # Pairs of an anomaly and a normal row in the right order: 0.9 beats all three, 0.4 beats two of three.
    assert found["roc_auc"] == pytest.approx(5 / 6)
    # Precision where each anomaly is reached: 1/1, then 2/3.
    assert found["average_precision"] == pytest.approx((1 + 2 / 3) / 2)
    assert found["precision"] == pytest.approx(2 / 3) and found["recall"] == 1.0


@pytest.mark.parametrize("truth", [True, False])
def test_one_kind_alone_measures_nothing(truth):
    assert detection_metrics(np.arange(3.0), np.zeros(3, bool), np.full(3, truth)) == {}
