"""Discrete likelihoods on `Exact` arrays: masses of float64, the same on every machine, as coding needs them."""

import hashlib
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from scipy.special import logsumexp

from kvae.exact import Exact
from kvae.likelihoods.base import Likelihood
from kvae.likelihoods.support import Support
from tests.likelihoods.cases import CASES

DISCRETE = [case for case in CASES if case.name == "bernoulli" or (case.likelihood.support or Support()).step]
N_VALUES = {"poisson": 60, "negative_binomial": 60}
cases = pytest.mark.parametrize("case", DISCRETE, ids=lambda case: case.name)


def log_pmf(case, params):
    return case.likelihood.log_pmf(Exact(params), N_VALUES.get(case.name))


@cases
def test_masses_are_those_of_scipy(case):
    params = np.rint(case.params(20, 3) * 2**14) / 2**14
    got = log_pmf(case, params)
    assert type(got) is Exact
    if case.name == "logistic_mixture":
        wanted = case.of(params).log_p
    else:
        values = case.likelihood.values(N_VALUES.get(case.name))
        wanted = np.stack([case.of(params).logpmf(np.full((20, 3), value)) for value in values], axis=-1)
    likely = wanted > -600
    assert likely.mean() > 0.5
    np.testing.assert_allclose(np.asarray(got)[likely], wanted[likely], rtol=1e-8, atol=1e-8)
    if case.name not in N_VALUES:
        np.testing.assert_allclose(logsumexp(np.asarray(got), axis=-1), 0.0, atol=1e-8)


@cases
def test_densities_and_means_as_in_training(case):
    likelihood, params = case.likelihood, np.rint(case.usual_params(9, 4) * 2**14) / 2**14
    x = case.draws(params)
    got = likelihood.log_prob(Exact(x), Exact(params))
    wanted = likelihood.log_prob(keras.ops.convert_to_tensor(x), keras.ops.convert_to_tensor(params))
    assert type(got) is Exact and got.shape == (9,)
    np.testing.assert_allclose(np.asarray(got), np.asarray(wanted), rtol=1e-6, atol=1e-6)
    mean = likelihood.mean(Exact(params))
    assert type(mean) is Exact
    wanted = likelihood.mean(keras.ops.convert_to_tensor(params))
    np.testing.assert_allclose(np.asarray(mean), np.asarray(wanted), rtol=1e-6)


def masses():
    """SHA-256 of the masses of all of them."""
    sha = hashlib.sha256()
    for case in DISCRETE:
        params = np.rint(np.linspace(-8, 8, 60).reshape(10, 6)[:, :, None] * 2**14) / 2**14
        n_params = case.likelihood.n_params
        params = (params + 0.25 * np.arange(n_params)).reshape(10, -1)
        sha.update((np.asarray(log_pmf(case, params)) + 0.0).astype("<f8").tobytes())
    return sha.hexdigest()


@pytest.mark.slow
@pytest.mark.parametrize(
    "setting",
    [
        {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR", "OPENBLAS_NUM_THREADS": "1"},
        {"TF_ENABLE_ONEDNN_OPTS": "0", "OPENBLAS_CORETYPE": "Prescott"},
    ],
    ids=str,
)
def test_masses_are_the_same_in_other_settings(setting):
    code = "from tests.likelihoods.test_exact import masses; print(masses())"
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], env={**os.environ, **setting}, capture_output=True, text=True
    )
    assert run.stdout.split()[-1:] == [masses()], run.stderr


class OfKeras(Likelihood):
    """A user's likelihood that computes with `keras.ops`."""

    support = Support(0.0, 3.0, step=1.0)

    def log_density(self, x, *parameters):
        return -keras.ops.square(x - parameters[0])


def test_a_likelihood_that_computes_with_keras_is_refused():
    with pytest.raises(TypeError, match=r"keras.ops .* on every machine, .* from kvae.exact import ops"):
        OfKeras().log_pmf(Exact(np.zeros((2, 3))))
