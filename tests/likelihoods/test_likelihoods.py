import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from kvae.layers import Bernoulli, Gaussian
from kvae.likelihoods.lookup import get_likelihood

rng = np.random.default_rng(0)
PARAMS = rng.normal(size=(4, 2, 3)).astype(np.float32)


def test_bernoulli_is_that_of_scipy():
    x = (rng.random((4, 2, 3)) < 0.5).astype(np.float32)
    expected = stats.bernoulli.logpmf(x, expit(PARAMS.astype(np.float64))).sum((1, 2))
    np.testing.assert_allclose(Bernoulli().log_prob(x, PARAMS), expected, rtol=1e-5)
    np.testing.assert_allclose(Bernoulli().mean(PARAMS), expit(PARAMS), rtol=1e-5)


def test_bernoulli_of_grey_values_is_the_cross_entropy():
    x, p = rng.random((4, 2, 3)), expit(PARAMS.astype(np.float64))
    expected = (x * np.log(p) + (1 - x) * np.log1p(-p)).sum((1, 2))
    np.testing.assert_allclose(Bernoulli().log_prob(x.astype(np.float32), PARAMS), expected, rtol=1e-5)


def test_bernoulli_is_finite_far_out():
    logits = np.array([[1e4, -1e4]], np.float32)
    np.testing.assert_allclose(Bernoulli().log_prob(np.array([[1.0, 0.0]], np.float32), logits), 0.0)
    np.testing.assert_allclose(Bernoulli().log_prob(np.array([[0.0, 1.0]], np.float32), logits), -2e4)


@pytest.mark.parametrize("log_var", [0.0, 0.7])
def test_gaussian_is_that_of_scipy(log_var):
    likelihood = Gaussian(learn_variance=True)
    likelihood.log_var.assign(log_var)
    x = rng.normal(size=(4, 2, 3)).astype(np.float32)
    expected = stats.norm.logpdf(x, PARAMS, np.exp(log_var / 2)).sum((1, 2))
    np.testing.assert_allclose(likelihood.log_prob(x, PARAMS), expected, rtol=1e-5)
    if log_var == 0.0:
        np.testing.assert_allclose(Gaussian().log_prob(x, PARAMS), expected, rtol=1e-5)
    np.testing.assert_array_equal(likelihood.mean(PARAMS), PARAMS)


def test_unit_variance_has_no_weights_and_a_learnt_one_has_one():
    assert Gaussian().trainable_weights == []
    assert [w.shape for w in get_likelihood("gaussian_learnt").trainable_weights] == [()]


def test_an_unknown_name_is_an_error_that_lists_the_known():
    with pytest.raises(ValueError, match=r"must be one of bernoulli, beta_binomial, .*'binomail'"):
        get_likelihood("binomail")


def test_config_is_complete():
    likelihood = Gaussian(learn_variance=True, name="noise")
    assert likelihood.get_config()["learn_variance"] is True
    assert Gaussian.from_config(likelihood.get_config()).get_config() == likelihood.get_config()


def test_probabilities_give_what_their_logits_give():
    x = rng.random((4, 2, 3)).astype(np.float32)
    by_logits, by_probabilities = Bernoulli(), Bernoulli(from_logits=False)
    p = expit(PARAMS)
    np.testing.assert_allclose(by_probabilities.log_prob(x, p), by_logits.log_prob(x, PARAMS), rtol=1e-5)
    np.testing.assert_array_equal(by_probabilities.mean(p), p)
    assert np.isfinite(np.asarray(by_probabilities.log_prob(x, np.round(p)))).all()
    again = Bernoulli.from_config(by_probabilities.get_config())
    assert again.get_config() == by_probabilities.get_config() and again.from_logits is False


def test_a_model_of_logits_is_written_as_it_was_before_there_were_probabilities():
    config = Bernoulli(name="bernoulli").get_config()
    assert list(config) == ["name", "activity_regularizer", "trainable", "dtype", "autocast"]
    assert Bernoulli.from_config(config).from_logits is True


@pytest.mark.parametrize("likelihood", [None, ["bernoulli"], Bernoulli])
def test_what_is_no_likelihood_is_refused(likelihood):
    with pytest.raises(ValueError, match=r"or a kvae.layers.Likelihood. Received: likelihood="):
        get_likelihood(likelihood)


def test_flags_are_flags():
    with pytest.raises(ValueError, match=r"`from_logits` must be True or False. Received: from_logits='no'"):
        Bernoulli(from_logits="no")
    with pytest.raises(ValueError, match=r"`learn_variance` must be True or False. Received: learn_variance=2"):
        Gaussian(learn_variance=2)
