"""`kvae.exact.ops` on `Exact` is `keras.ops` on tensors, and on tensors it is `keras.ops` itself."""

import keras
import numpy as np
import pytest
from scipy import special

from kvae.exact import Exact, ops
from kvae.exact.portable import PORTABLE
from kvae.exact.sums import fixed_sum

X = np.random.default_rng(0).normal(size=(4, 3, 6))
Y = np.random.default_rng(1).normal(size=(4, 3, 6))
P = np.abs(X) + 0.1
ARGUMENTS = {
    **dict.fromkeys(["log", "log1p", "sqrt", "rsqrt", "reciprocal"], (P,)),
    **dict.fromkeys(["add", "subtract", "multiply", "divide", "true_divide", "maximum", "minimum"], (X, Y)),
    **dict.fromkeys(["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"], (np.rint(X), Y)),
    **dict.fromkeys(["logical_and", "logical_or", "logical_xor"], (X > 0, Y > 0)),
    **{"logical_not": (X > 0,), "where": (X > 0, X, 0.0), "expand_dims": (X, -2), "squeeze": (X[:1], 0)},
    **{"swapaxes": (X, -1, -2), "moveaxis": (X, 0, 2), "stack": ([X, Y], 1), "concatenate": ([X, Y], -1)},
    **{"take_along_axis": (X, np.zeros((4, 3, 1), int), -1), "broadcast_to": (X[:1], X.shape)},
    **{"full_like": (X, 3.0), "repeat": (X, 2, 1), "tile": (X, (1, 2, 1)), "flip": (X, 1), "roll": (X, 2, 1)},
    **{"argmax": (X, -1), "argmin": (X, 1), "all": (X > -1, 0), "any": (X > 1, 0), "cast": (3 * X, "int32")},
    **{"reshape": (X, (12, -1)), "transpose": (X, (2, 0, 1)), "split": (X, 3, -1), "take": (X, [2, 0], 1)},
    **{"clip": (X, -0.5, 0.5), "logaddexp": (X, Y), "one_hot": (np.rint(P), 4), "logsumexp": (X, -1)},
    **{"round": (3 * X,), "sum": (X, (0, -1)), "mean": (X, 1), "max": (X, -1), "min": (X, 0)},
}  # fmt: skip


def flat(result):
    return [np.asarray(it) for it in (result if isinstance(result, list | tuple) else [result])]


def as_exact(value):
    if isinstance(value, list):
        return [as_exact(it) for it in value]
    return Exact(value) if isinstance(value, np.ndarray) and value.dtype != int else value


@pytest.mark.parametrize("name", sorted(set(PORTABLE) - {"erfc"}))
def test_gives_what_keras_gives(name):
    arguments = ARGUMENTS.get(name, (X,))
    got = getattr(ops, name)(*map(as_exact, arguments))
    wanted = getattr(keras.ops, name)(*arguments)
    for a, b in zip(flat(got), flat(wanted), strict=True):
        np.testing.assert_allclose(a.astype(np.float64), b.astype(np.float64), rtol=2e-6, atol=1e-6)
        assert name in ("ndim", "size", "shape", "argmax", "argmin", "convert_to_numpy") or a.dtype in (
            bool,
            np.float64,
        )


@pytest.mark.parametrize("name", ["exp", "log_softmax", "logsumexp", "logaddexp", "softmax"])
def test_as_precise_as_float64(name):
    x = 30 * X
    wanted = {"exp": np.exp, "logaddexp": np.logaddexp}.get(name) or getattr(special, name)
    arguments = (x, Y) if name == "logaddexp" else (x,)
    keywords = {} if name in ("exp", "logaddexp") else {"axis": -1}
    got = getattr(ops, name)(*map(Exact, arguments), **keywords)
    np.testing.assert_allclose(np.asarray(got), wanted(*arguments, **keywords), rtol=1e-12, atol=1e-15)


def test_tensors_go_to_keras_as_they_are():
    x = keras.ops.convert_to_tensor(X)
    np.testing.assert_array_equal(ops.erfinv(x), keras.ops.erfinv(x))
    np.testing.assert_array_equal(ops.logsumexp(x, axis=1), keras.ops.logsumexp(x, axis=1))
    assert ops.like(x, [1, 2]).dtype == x.dtype and type(ops.like(Exact(X), 2)) is Exact


def test_sums_are_taken_in_one_order():
    x = np.random.default_rng(0).normal(size=(7, 11, 13)) * 10.0 ** np.arange(13)
    np.testing.assert_allclose(fixed_sum(x, (0, -1)), x.sum((0, -1)), rtol=1e-12)
    np.testing.assert_array_equal(fixed_sum(x, (0, -1))[3], fixed_sum(x[:, 3]))
    np.testing.assert_array_equal(fixed_sum(np.asfortranarray(x), 1, keepdims=True)[:, 0], fixed_sum(x, 1))
    assert fixed_sum(np.zeros((0, 2)), 0).tolist() == [0.0, 0.0] and fixed_sum(np.float64(3.0)) == 3.0
    assert fixed_sum(np.array([1.0, 2.0**-53, 2.0**-53])) == (1.0 + 2.0**-53) + 2.0**-53
