"""What data may hold under a likelihood, and what one is told of other data."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kvae import VAE
from kvae.data.checks import check_support
from kvae.data.scaling import Scaling
from kvae.data.sources import file
from kvae.errors import InputError
from kvae.likelihoods.lookup import get_likelihood
from kvae.likelihoods.support import Support, check_values
from kvae.networks.mlp import mlp_decoder, mlp_encoder
from kvae.sklearn import VAETransformer

COUNTS = np.array([[0.0, 3.0], [5.0, 16.0]])
BINOMIAL = {"name": "binomial", "n": 16}


def support_of(likelihood):
    return get_likelihood(likelihood).support


@pytest.mark.parametrize(
    ("likelihood", "words"),
    [
        ("bernoulli", "values in [0, 1]"),
        ("poisson", "integers >= 0"),
        (BINOMIAL, "integers from 0 to 16"),
        ({"name": "categorical", "n_levels": 3}, "integers from 0 to 2"),
        ("logistic_mixture", "multiples of 1/255 from 0 to 1"),
    ],
)
def test_it_is_said_in_words(likelihood, words):
    assert str(support_of(likelihood)) == words


def test_likelihoods_of_real_numbers_take_all():
    assert all(support_of(name) is None for name in ("gaussian", "gaussian_diagonal", "laplace", "student_t"))


@pytest.mark.parametrize("value", [-1.0, 0.5, 17.0, np.nan, np.inf])
def test_what_is_outside(value):
    assert support_of(BINOMIAL).outside(np.array([0.0, value, 16.0])).tolist() == [False, True, False]


def test_the_nearest_value_belongs_to_it():
    support = support_of(BINOMIAL)
    assert support.nearest(np.array([-3.0, 0.4, 2.6, 99.0])).tolist() == [0.0, 0.0, 3.0, 16.0]
    assert (
        not support_of("logistic_mixture").outside(support_of("logistic_mixture").nearest(np.array([0.5]))).any()
    )


def test_rounding_is_no_mistake():
    support = support_of("logistic_mixture")
    assert not support.outside((np.arange(256) / 255).astype(np.float32)).any()
    assert support.outside(np.float32(0.5)).all()
    assert not support_of("poisson").outside(np.array([1e6 + 0.1, 2.0000001])).any()


@pytest.mark.parametrize(
    ("likelihood", "x", "text"),
    [
        (BINOMIAL, [[0.5]], r"must hold integers from 0 to 16 under likelihood='binomial': pass counts "
         r"unscaled, or take likelihood='gaussian_learnt'. Received: 0.5 in row 0, column 0"),
        ("poisson", [[1.0, -2.0]], r"integers >= 0 under likelihood='poisson'.*Received: -2 in row 0, column 1"),
        ({"name": "categorical", "n_levels": 3}, [[3.0]], r"from 0 to 2 under .*number the levels from 0.*: 3 in"),
        ("logistic_mixture", [[0.5]], r"multiples of 1/255 from 0 to 1 under .*x / 255"),
    ],
)  # fmt: skip
def test_arrays_are_told_what_is_allowed(likelihood, x, text):
    with pytest.raises(ValueError, match=text):
        check_values("x", np.array(x), support_of(likelihood))


@pytest.mark.parametrize(
    ("likelihood", "x", "scale", "text"),
    [
        ("poisson", COUNTS / 7, "standard", r"model.likelihood=poisson needs integers >= 0 in data.*"
         r"0.42.* in row 0, column 1 of data.path=x.npy. Type data.scale=none, or model.likelihood=gauss"),
        (BINOMIAL, COUNTS / 16, "none", r"Type data.scale=0.0625, or model.likelihood=gaussian_learnt"),
        (BINOMIAL, COUNTS * 2, "none", r"Type model.likelihood.n=32, or model.likelihood=gaussian_learnt"),
        ({"name": "categorical", "n_levels": 16}, COUNTS, "none", r"Type model.likelihood.n_levels=17, or "),
        (BINOMIAL, COUNTS - 1, "none", r"Received: -1 in .* Type model.likelihood=gaussian_learnt"),
        (BINOMIAL, COUNTS / 2, "none", r"Received: 1.5 in .* Type model.likelihood=gaussian_learnt"),
        ("logistic_mixture", COUNTS, "none", r"needs multiples of 1/255 from 0 to 1 in data.*Type data.scale=255"),
    ],
)  # fmt: skip
def test_a_command_is_told_what_to_type(likelihood, x, scale, text):
    with pytest.raises(InputError, match=text):
        check_support(x, support_of(likelihood), file.Options(path="x.npy", scale=scale))


def test_what_is_advised_is_taken():
    check_support(COUNTS / 16 / 0.0625, support_of(BINOMIAL), file.Options(path="x.npy"))
    check_support(COUNTS * 2, support_of({"name": "binomial", "n": 32}), file.Options(path="x.npy"))
    check_support(COUNTS, support_of({"name": "categorical", "n_levels": 17}), file.Options(path="x.npy"))


def test_a_learnt_run_keeps_its_scaling():
    with pytest.raises(
        InputError, match=r"the learnt run needs integers >= 0 in data after its own scaling \(none\)"
    ):
        check_support(COUNTS / 2, support_of("poisson"), file.Options(path="x.npy"), Scaling())


@pytest.fixture(scope="module")
def vae():
    likelihood = get_likelihood(BINOMIAL)
    vae = VAE(mlp_encoder((2,), 1, 4), mlp_decoder((2,), 1, 4), likelihood=likelihood, seed=0)
    vae.compile("adam", jit_compile=False)
    return vae


def test_a_vae_looks_at_arrays_and_at_batches(vae):
    with pytest.raises(ValueError, match=r"integers from 0 to 16 under likelihood='binomial'.*Received: 0.3"):
        vae.fit(COUNTS / 10, verbose=0)
    batches = tf.data.Dataset.from_tensor_slices((COUNTS / 10).astype(np.float32)).batch(1)
    with pytest.raises(ValueError, match=r"must hold integers from 0 to 16 under likelihood='binomial'.*data set"):
        vae.fit(batches, verbose=0)
    vae.fit(tf.data.Dataset.from_tensor_slices(COUNTS.astype(np.float32)).batch(1), verbose=0)
    assert np.isfinite(vae.evaluate(COUNTS, verbose=0, return_dict=True)["loss"])


def test_an_estimator_says_which_scale():
    with pytest.raises(
        ValueError, match=r"likelihood='poisson' needs integers >= 0 in `X`; pass scale='none', or "
    ):
        VAETransformer(2, likelihood="poisson", itr=1).fit(COUNTS)


def test_a_decoder_must_give_the_shape_that_a_likelihood_asks_for():
    encoder, z = mlp_encoder((2,), 1, 4), keras.Input((1,))
    asked = r"to \(batch, 4\), as likelihood='gaussian_diagonal' asks for observations of shape \(2,\)"
    with pytest.raises(ValueError, match=rf"must map \(batch, 1\) {asked}. Received: .* to \(None, 2\)"):
        VAE(encoder, mlp_decoder((2,), 1, 4), likelihood="gaussian_diagonal")
    exponential = keras.Model(z, keras.layers.Dense(2, "exponential")(z))
    with pytest.raises(ValueError, match=r"any real numbers for likelihood='poisson': .*activation=None"):
        VAE(encoder, exponential, likelihood="poisson")


def test_ends_that_are_far_away_have_no_width():
    assert Support(0.0).width is None and Support(0.0, 16.0).width == 16.0
    assert Support(0.0, 1.0).holds_unit_range and not Support(0.0, 1.0, step=1.0).holds_unit_range
