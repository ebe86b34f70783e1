"""Which labels are the one that a user typed."""

import numpy as np
import pytest

from kvae.data.labels import is_label

FLAGS = np.array([True, False, True])


@pytest.mark.parametrize(
    ("labels", "label", "expected"),
    [
        (FLAGS, True, [1, 0, 1]),
        (FLAGS, False, [0, 1, 0]),
        (FLAGS, "false", [0, 1, 0]),
        (FLAGS, 0, [0, 1, 0]),
        (np.array([1, 0, 2]), True, [1, 0, 0]),
        (np.array(["True", "False", ""]), False, [0, 1, 0]),
        (np.array(["True", "False", ""]), "False", [0, 1, 0]),
        (np.array(["True", "False", ""]), "false", [0, 0, 0]),  # texts as they are written
        (np.array([1.0, 0.0, np.nan]), 1, [1, 0, 0]),
        (np.array([1.0, 0.5, np.nan]), "0.5", [0, 1, 0]),
        (np.array(["b", "a", "1"]), 1, [0, 0, 1]),
    ],
)
def test_labels_are_compared_as_they_are_typed(labels, label, expected):
    np.testing.assert_array_equal(is_label(labels, label), np.array(expected, bool))
