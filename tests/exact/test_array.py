"""`Exact` lets through what every machine computes alike, and refuses the rest in a sentence."""

import keras
import numpy as np
import pytest

from kvae.exact import Exact, ops

SUM = "a sum of numbers that are not multiples of 2^-26, or too large,"
A = np.array([[0.25, -1.5, 3.0], [0.1, 2.0, -7.75]])


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: x + 1,
        lambda x: (2.0 * x - 3) / x,
        lambda x: -np.abs(x) * np.float32(0.5),
        lambda x: np.where(x > 0, x, 0.0),
        lambda x: x.reshape(3, 2).T[1:],
        lambda x: np.concatenate([x, x], axis=-1),
        lambda x: np.rint(x) + np.floor(x) + np.maximum(x, 0.5),
        lambda x: x.max(axis=0) + np.square(x),
        lambda x: x**2,
        lambda x: (x > 0) & ~(x < 1),
        lambda x: np.sqrt(np.abs(x)),
    ],
)
def test_computes_what_numpy_does(compute):
    got = compute(Exact(A))
    assert type(got) is Exact
    np.testing.assert_array_equal(np.asarray(got), compute(A))


@pytest.mark.parametrize(
    ("compute", "what"),
    [
        (np.exp, "np.exp"),
        (np.tanh, "np.tanh"),
        (lambda x: x**1.5, "np.power"),
        (lambda x: x @ x.T, "np.matmul"),
        (lambda x: x.dot(x.T), "dot"),
        (lambda x: np.einsum("ij->i", x), "np.einsum"),
        (lambda x: x.prod(), "np.multiply.reduce"),
        (lambda x: x.cumsum(), "np.add.accumulate"),
        (lambda x: x.sum(), SUM),
        (
            lambda x: (np.rint(x) * 2.0**50).mean(),
            SUM,
        ),
        (np.linalg.norm, "np.norm"),
        (lambda x: x + np.ones(3, np.longdouble), "np.add with float128"),
        (lambda x: x * 1j, "np.multiply with complex128"),
        (keras.ops.exp, "a function of keras.ops or TensorFlow"),
        (lambda x: x + keras.ops.ones((2, 3)), "a function of keras.ops or TensorFlow"),
    ],
)
def test_refuses_what_machines_round_in_their_own_ways(compute, what):
    text = f"{what} is not computed alike on every machine, as coding needs: take it from `kvae.exact`: "
    with pytest.raises(TypeError) as error:
        compute(Exact(A))
    assert str(error.value) == text + "from kvae.exact import ops. Received: an Exact array"


def test_sums_that_nothing_rounds_are_allowed():
    x = np.round(A * 4) / 4
    assert Exact(x).sum() == x.sum() and type(Exact(x).mean(0)) is Exact


def test_subnormal_results_are_zero():
    x = Exact([1e-200, -3e-160, 4.0])
    assert np.asarray(x * 1e-115).tolist() == [0.0, -3e-160 * 1e-115, 4e-115]
    assert np.asarray(np.square(x)).tolist() == [0.0, 0.0, 16.0]
    x *= 1e-150
    assert np.asarray(x).tolist() == [0.0, 0.0, 4e-150] and type(x) is Exact


def test_zero_has_one_sign_where_numpy_may_choose():
    for zeros in ([0.0, -0.0], [-0.0, 0.0]):
        got = np.maximum(Exact(zeros), np.array(zeros[::-1]))
        assert not np.signbit(np.asarray(got)).any()
        assert not np.signbit(np.asarray(np.clip(Exact(zeros), -0.0, 0.0))).any()


def test_types():
    assert Exact(np.float16([0.1]))[0] == np.float64(np.float16(0.1))
    assert Exact([True]).dtype == bool and Exact([1]).dtype == np.float64
    assert type(Exact(A).astype(np.int64)) is np.ndarray and type(Exact(A).astype(float)) is Exact
    with pytest.raises(TypeError, match=r"at most 64 bits\. Received: dtype=complex128"):
        Exact([1j])
    with pytest.raises(TypeError, match="Received: dtype=<U1"):
        Exact(["a"])


def test_a_copy_is_taken():
    a = np.zeros(3)
    x = Exact(a)
    a += 1
    assert not np.asarray(x).any()


def test_ops_without_a_portable_form_are_refused():
    with pytest.raises(TypeError, match=r"ops.cholesky has no form that .* take one of abs, .* an Exact array"):
        ops.cholesky(Exact(np.eye(2)))
