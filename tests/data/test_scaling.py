import json

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from kvae.data.scaling import Scaling, learn_scaling

X = np.random.default_rng(0).normal([5.0, -3.0, 0.0], [2.0, 0.1, 100.0], (50, 3)).astype(np.float32)


@pytest.mark.parametrize(("scale", "reference"), [("minmax", MinMaxScaler()), ("standard", StandardScaler())])
def test_columns_are_scaled_as_scikit_learn_does(scale, reference):
    scaling = learn_scaling(scale, X)
    np.testing.assert_allclose(scaling.apply(X), reference.fit_transform(X.astype(np.float64)), atol=1e-6)


@pytest.mark.parametrize("scale", ["none", "minmax", "standard", 16.0, 255])
def test_invert_undoes_apply_and_json_keeps_every_bit(scale):
    scaling = learn_scaling(scale, X)
    again = Scaling.from_json(json.loads(json.dumps(scaling.to_json())))
    np.testing.assert_array_equal(again.apply(X), scaling.apply(X))
    assert again.apply(X).dtype == np.float32
    np.testing.assert_allclose(again.invert(again.apply(X)), X, rtol=1e-4, atol=1e-5)


def test_a_divisor_divides():
    np.testing.assert_allclose(learn_scaling(16, X).apply(X), X / 16, rtol=1e-6)


def test_nothing_to_scale_makes_no_copy():
    assert learn_scaling("none", X).apply(X) is X


@pytest.mark.parametrize("scale", ["minmax", "standard"])
def test_a_constant_column_is_only_shifted(scale):
    x = np.column_stack([np.full(10, 7.0), np.arange(10.0)])
    scaled = learn_scaling(scale, x).apply(x)
    np.testing.assert_array_equal(scaled[:, 0], 0.0)
    assert np.isfinite(scaled).all()


def test_a_constant_whose_mean_is_rounded_is_no_spread():
    x = np.full((1000, 2), 0.1)
    assert x.mean() != 0.1
    np.testing.assert_allclose(learn_scaling("standard", x).apply(x + 1.0), 1.0)


def test_images_are_scaled_as_a_whole():
    x = np.random.default_rng(0).integers(10, 200, (5, 4, 4, 1))
    scaling = learn_scaling("minmax", x)
    np.testing.assert_allclose(scaling.apply(x), (x - x.min()) / (x.max() - x.min()), rtol=1e-6)


def test_minmax_keeps_new_values_within_the_learnt_range():
    scaling = learn_scaling("minmax", np.array([[0.0], [10.0]]))
    np.testing.assert_array_equal(scaling.apply(np.array([[-5.0], [5.0], [15.0]])), [[0.0], [0.5], [1.0]])
