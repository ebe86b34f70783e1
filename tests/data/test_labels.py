"""Which labels are the one that a user typed, and which texts are numbers."""

from decimal import Decimal

import numpy as np
import pytest

from kvae.data.labels import is_label, tidy_labels

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


@pytest.mark.parametrize(
    "texts",
    [
        ["1_0", "10", "01", "1"], ["1_0", "10", "010", "1e1"], ["1_0", "2"], ["\u0663", "4"], ["01", "1"],
        ["9007199254740993", "9007199254740992", "0.5"], [2**64, 2**64 + 1],
    ],
)  # fmt: skip
def test_different_labels_stay_different(texts):
    assert tidy_labels(texts).tolist() == [str(text) for text in texts]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1", "2", "10"], [1, 2, 10]),
        (["01", "02", "10"], [1, 2, 10]),
        (["1", "2.5", "1.0", "2.50"], [1, 2.5, 1, 2.5]),
        (["-1", "+2", ".5", "1e-05"], [-1, 2, 0.5, 1e-5]),
        ([Decimal("1.5"), Decimal("1.2")], [1.5, 1.2]),
        (["1 ", "1", None], ["1", "1", ""]),
    ],
)
def test_plain_numbers_are_numbers(texts, expected):
    found = tidy_labels(texts)
    assert found.tolist() == expected
    assert found.dtype == np.array(expected).dtype or found.dtype.kind == "U"
