import numpy as np

from kvae.uses.codes.row_noise import RowNoise

X = np.array([[1.0, np.nan], [2.0, 0.0], [1.0, np.nan]], np.float32)


def test_noise_is_that_of_the_values_and_the_seed():
    drawn = RowNoise.of(X, 0).standard_normal((4, 3, 2))
    assert drawn.shape == (4, 3, 2)
    np.testing.assert_array_equal(drawn[:, 0], drawn[:, 2])  # the same values
    assert np.abs(drawn[:, 0] - drawn[:, 1]).min() > 0
    again = X.copy()
    again[0, 1] = np.uint32(0xFFC00001).view(np.float32)  # another NaN
    again[1, 1] = -0.0
    np.testing.assert_array_equal(RowNoise.of(again, 0).standard_normal((4, 3, 2)), drawn)
    assert np.abs(RowNoise.of(X, 1).standard_normal((4, 3, 2)) - drawn).min() > 0


def test_some_rows_go_on_where_they_are():
    noise, whole = RowNoise.of(X[:2], 0), RowNoise.of(X[:2], 0)
    expected = whole.standard_normal((4, 2, 1))
    first = noise.standard_normal((1, 2, 1))
    rest = noise.rows(np.array([False, True])).standard_normal((3, 1, 1))
    np.testing.assert_array_equal(np.concatenate([first[:, 1:], rest]), expected[:, 1:])
    assert noise.rows(np.array([], int)).standard_normal((3, 0, 1)).shape == (3, 0, 1)
