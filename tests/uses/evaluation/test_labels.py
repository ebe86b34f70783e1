import numpy as np
import pytest

from kvae.uses.evaluation.labels import suitable


@pytest.mark.parametrize(
    ("labels", "expected", "why"),
    [
        (np.arange(20) % 4, True, ""),
        (np.array(["a", "b"] * 5), True, ""),
        (np.arange(20), False, "there are 20 in 20 rows"),
        (np.zeros(20, int), False, "all rows have the same"),
        (np.linspace(0, 1, 20), False, "they are not classes"),
    ],
)
def test_labels_that_can_be_learnt(caplog, labels, expected, why):
    caplog.set_level("INFO")
    assert suitable(labels) is expected
    assert why in caplog.text
