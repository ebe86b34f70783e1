"""Functions are those of SciPy to a few units in the last place, and the same to the bit in every setting."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import special

from kvae.exact import functions, normal
from kvae.exact.machine import check_machine, fingerprint, products_are_exact

RNG = np.random.default_rng(0)
WIDE = np.concatenate([RNG.uniform(-700, 700, 50_000), RNG.normal(size=50_000), RNG.normal(size=5_000) * 1e-9])
POSITIVE = np.concatenate([np.exp(RNG.uniform(-700, 700, 50_000)), 1 + RNG.normal(size=5_000) * 1e-3])
ABOVE_MINUS_ONE = np.concatenate([POSITIVE, RNG.uniform(-1, 1, 50_000), RNG.normal(size=5_000) * 1e-9])
NEAR = np.concatenate([RNG.uniform(-26, 26, 50_000), RNG.normal(size=50_000), RNG.normal(size=500) * 1e-9])
CASES = {
    "exp": (functions.exp, np.exp, WIDE, 2),
    "expm1": (functions.expm1, np.expm1, WIDE, 3),
    "log": (functions.log, np.log, POSITIVE, 2),
    "log1p": (functions.log1p, np.log1p, ABOVE_MINUS_ONE, 3),
    "sigmoid": (functions.sigmoid, special.expit, WIDE, 4),
    "log_sigmoid": (functions.log_sigmoid, special.log_expit, WIDE, 4),
    "softplus": (functions.softplus, lambda x: np.logaddexp(0, x), WIDE, 4),
    "tanh": (functions.tanh, np.tanh, WIDE, 4),
    "sqrt": (functions.sqrt, np.sqrt, POSITIVE, 0),
    "erf": (normal.erf, special.erf, NEAR, 4),
    "erfc": (normal.erfc, np.vectorize(math.erfc), NEAR, 4),
    "normal_cdf": (normal.normal_cdf, special.ndtr, NEAR[np.abs(NEAR) < 9], 128),
}


@pytest.mark.parametrize("name", CASES)
def test_a_few_units_in_the_last_place_from_scipy(name):
    ours, theirs, x, ulps = CASES[name]
    with np.errstate(all="ignore"):
        np.testing.assert_array_max_ulp(ours(x), theirs(x), ulps) if ulps else np.testing.assert_array_equal(
            ours(x), theirs(x)
        )


@pytest.mark.parametrize("name", sorted(set(CASES) - {"normal_cdf", "erfc"}))
def test_ends_and_what_is_no_number(name):
    ours, theirs, _, _ = CASES[name]
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 800.0, -800.0, -1.0, -3.0])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-14, atol=1e-306)


@pytest.mark.parametrize("name", CASES)
def test_subnormal_numbers_are_as_good_as_zero(name):
    x = np.array([5e-324, 1e-310, -1e-310])
    got = CASES[name][0](x)
    np.testing.assert_array_equal(got, CASES[name][0](np.zeros(3)))
    assert not ((np.abs(got) > 0) & (np.abs(got) < 2.0**-1022)).any()


def test_shapes_and_numbers():
    assert functions.exp(0.0).shape == () and functions.exp(np.zeros((2, 0, 3))).shape == (2, 0, 3)
    x = RNG.normal(size=(3, 5, 2**13)).transpose(1, 2, 0)  # more than one block, in another order of memory
    np.testing.assert_array_equal(functions.log1p(x * x)[2, 7], functions.log1p(x[2, 7] * x[2, 7]))
    np.testing.assert_array_equal(functions.exp(np.float32(0.1)), functions.exp(float(np.float32(0.1))))


def test_this_machine_passes():
    check_machine()


def test_a_wrong_machine_is_refused(monkeypatch):
    monkeypatch.setattr("kvae.exact.functions.power_of_two", lambda k: np.exp2(k) * (1 + 2.0**-52))
    with pytest.raises(ValueError, match=rf"IEEE-754.* Received: NumPy {np.__version__}"):
        check_machine.__wrapped__()


@pytest.mark.parametrize(
    "setting",
    [
        {"OPENBLAS_CORETYPE": "Prescott", "OPENBLAS_NUM_THREADS": "1"},
        {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_NUM_THREADS": "2"},
        {"OPENBLAS_CORETYPE": "SkylakeX", "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"},
        {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"},
    ],
    ids=str,
)
def test_other_processors_and_numbers_of_threads_change_nothing(setting):
    code = "from kvae.exact.machine import *; check_machine(); print(fingerprint(), products_are_exact())"
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], env={**os.environ, **setting}, capture_output=True, text=True
    )
    assert run.stdout.split() == [fingerprint(), str(products_are_exact())], run.stderr
