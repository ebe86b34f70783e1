"""What coders of values push is what SciPy's distributions say, whatever the parameters."""

import keras
import numpy as np
import pytest
from coding import DISCRETE as NODES
from coding import name_of
from likelihoods.cases import BY_NAME
from scipy import stats
from scipy.special import expit, log_expit

pytest.importorskip("constriction", reason="needs the extra [compress]")

import kvae.uses
from kvae.exact import ops
from kvae.exact.array import Exact
from kvae.likelihoods.base import Likelihood
from kvae.likelihoods.bernoulli import Bernoulli
from kvae.likelihoods.lookup import get_likelihood
from kvae.likelihoods.support import Support
from kvae.networks.mlp import mlp_decoder, mlp_encoder
from kvae.uses.compression.bits import push_bits
from kvae.uses.compression.halves import Search
from kvae.uses.compression.masses import push_weighted
from kvae.uses.compression.stack import Stack
from kvae.uses.compression.values import value_coder

DISCRETE = [
    name for name, case in BY_NAME.items() if name == "bernoulli" or getattr(case.likelihood.support, "step", 0)
]
D = 7


def dyadic(params):
    return Exact(np.rint(np.asarray(params, float) * 2**14) / 2**14)


def coded(likelihood, levels, params, n_values):
    """Bits of every row; what was coded comes back, and leaves nothing."""
    coder = value_coder(likelihood, levels.shape[1:], n_values)
    stack = Stack(3)
    bits = coder.encode(stack, levels, params)
    assert 32 * (len(stack.words()) - 4) == pytest.approx(bits.sum(), abs=64)
    assert np.array_equal(coder.decode(stack, params), levels)
    assert stack.is_start(3)
    return bits


def levels_of(likelihood, x):
    first, second = likelihood.values(2)[:2]
    return np.rint((x - first) / (second - first)).astype(np.int32)


@pytest.mark.parametrize("name", DISCRETE)
def test_likely_values_cost_what_scipy_says(name):
    case = BY_NAME[name]
    likelihood = case.likelihood
    params = dyadic(case.params(200, 1, seed=1))
    x = np.minimum(case.draws(params), 4000.0)
    levels = levels_of(likelihood, x)
    bits = coded(likelihood, levels, params, 4001 if endless(likelihood) else len(likelihood.values()))
    exact = -case.of(params).logpmf(x) / np.log(2)
    # A mass of 2^-24 may stand for those, and all values are among those that can be coded.
    some = ((exact < 15) & (case.of(params).sf(4000) < 1e-3 if endless(likelihood) else True)).all(axis=1)
    assert some.sum() > 20
    assert bits[some] == pytest.approx(exact.sum(axis=1)[some], abs=0.01, rel=0.01)


def endless(likelihood):
    return bool(likelihood.support.step) and likelihood.support.highest == np.inf


@pytest.mark.parametrize("node", NODES, ids=name_of)
def test_every_value_of_every_likelihood_comes_back_from_every_parameter(node):
    """Parameters as far as networks can give them, values at both ends: no mass is 0, nothing is not finite."""
    likelihood = get_likelihood(node)
    n_values = 300 if endless(likelihood) else len(likelihood.values())
    rng = np.random.default_rng(0)
    for scale in (0.0, 1.0, 30.0, 4096.0):
        params = dyadic(rng.uniform(-scale, scale, (6, D * likelihood.n_params)))
        for levels in (np.zeros((6, D), np.int32), np.full((6, D), n_values - 1, np.int32)):
            bits = coded(likelihood, levels, params, n_values)
            assert np.isfinite(bits).all() and (bits <= D * 60).all()
        levels = rng.integers(0, n_values, (6, D)).astype(np.int32)
        coded(likelihood, levels, params, n_values)


@pytest.mark.parametrize("n_values", [2, 3, 17, 65536])
@pytest.mark.parametrize("name", ["poisson", "negative_binomial"])
def test_counts_of_any_range_come_back(name, n_values):
    likelihood, rng = get_likelihood(name), np.random.default_rng(0)
    params = dyadic(rng.uniform(-5, 14, (4, D * likelihood.n_params)))
    levels = rng.integers(0, n_values, (4, D)).astype(np.int32)
    levels[0] = n_values - 1
    coded(likelihood, levels, params, n_values)


def test_wide_counts_cost_what_scipy_says():
    """Rates up to 20,000 with the values that go with them, each with hundreds or thousands of masses."""
    log_rate = np.linspace(-4, 9.9, 40)[:, None]
    x = stats.poisson(np.exp(log_rate)).rvs(random_state=np.random.default_rng(0))
    bits = coded(get_likelihood("poisson"), x.astype(np.int32), dyadic(log_rate), 65536)
    exact = -stats.poisson(np.exp(log_rate)).logpmf(x)[:, 0] / np.log(2)
    assert bits == pytest.approx(exact, abs=0.02)


def test_counts_out_of_n_may_have_much_at_the_far_end():
    """A beta-binomial whose share is near 0 or near 1: what falls off at first is not the whole tail."""
    likelihood = get_likelihood({"name": "beta_binomial", "n": 255})
    logit, log_sum = -8.0, -3.0  # 64 counts lie within reach
    levels = np.array([[0], [1], [100], [254], [255]], np.int32)
    bits = coded(likelihood, levels, dyadic(np.tile([logit, log_sum], (5, 1))), 256)
    dist = stats.betabinom(255, np.exp(log_sum) * expit(logit), np.exp(log_sum) * expit(-logit))
    assert bits == pytest.approx(-dist.logpmf(levels[:, 0]) / np.log(2), abs=0.2)


def test_a_count_beyond_the_largest_is_refused():
    """Plain bits of a damaged code may say more than there is: 32 have masses, 68 do not, 7 bits say 128."""
    coder = value_coder(get_likelihood("poisson"), (1,), 100)
    params, stack = dyadic([[0.0]]), Stack(3)
    push_bits(stack, np.array([127]), np.array([7]))
    widths, parameters = coder.taken_apart(params)
    assert widths.tolist() == [32]
    push_weighted(stack, np.array([32], np.int32), coder.weights(32, parameters, np.array([0])))
    with pytest.raises(ValueError, match="larger than the largest"):
        coder.decode(stack, params)


def test_a_likelihood_brings_a_coder_of_its_own():
    class Own:
        support = None

        def value_coder(self, data_shape, n_values):
            return (data_shape, n_values)

    assert value_coder(Own(), (2, 3), 5) == ((2, 3), 5)


def test_a_likelihood_of_the_users_own_needs_no_more_than_log_density():
    class Triangle(Likelihood):
        support = Support(0.0, 3.0, name="triangle", step=1.0)

        def log_density(self, x, *parameters):
            return -ops.abs(x - parameters[0])

    levels = np.random.default_rng(0).integers(0, 4, (20, D)).astype(np.int32)
    centre = np.linspace(0, 3, 20)[:, None].repeat(D, axis=1)
    bits = coded(Triangle(), levels, dyadic(centre), 4)
    log_p = -np.abs(np.arange(4) - centre[..., None])
    log_p -= np.log(np.exp(log_p).sum(-1, keepdims=True))
    exact = -np.take_along_axis(log_p, levels[..., None], -1)[..., 0].sum(1) / np.log(2)
    assert bits == pytest.approx(exact, abs=0.01)


def test_probabilities_and_logits_say_the_same():
    levels = (np.random.default_rng(0).random((50, D)) < 0.3).astype(np.int32)
    logits = dyadic(np.linspace(-8, 8, 50)[:, None].repeat(D, axis=1))
    exact = -(levels * log_expit(np.asarray(logits)) + (1 - levels) * log_expit(-np.asarray(logits))).sum(
        1
    ) / np.log(2)
    assert coded(get_likelihood("bernoulli"), levels, logits, 2) == pytest.approx(exact, rel=0.02, abs=0.02)
    p = dyadic(expit(np.asarray(logits)))
    assert coded(Bernoulli(from_logits=False), levels, p, 2) == pytest.approx(exact, rel=0.02, abs=0.05)


def test_a_value_near_the_mode_costs_few_questions():
    """Of narrow mixtures: as many as make the first version of this quick, 3 at most for a value at the mode."""
    likelihood = get_likelihood("logistic_mixture")
    for level in (0, 7, 128, 255):
        location = 2 * level / 255 - 1
        params = dyadic(np.repeat([0.0, location, -6.0], 5)[None])
        search = Search(value_coder(likelihood, (1,), 256), params)
        n = 0
        while search.open:
            search.ask()
            search.narrow((np.full(1, level) >= search.level).astype(np.int32))
            n += 1
        assert n <= 3 and search.lowest[0] == level


@pytest.mark.parametrize("logit", [-30.0, -14.0, 3.0, 16.5, 40.0])
@pytest.mark.parametrize("level", [0, 1])
def test_the_bits_of_two_levels_are_those_that_the_stack_takes_however_unlikely_they_are(logit, level):
    likelihood = get_likelihood("bernoulli")
    levels = np.full((500, 10), level, np.int32)
    coder, stack = value_coder(likelihood, (10,), 2), Stack(3)
    bits = coder.encode(stack, levels, dyadic(np.full((500, 10), logit)))
    assert 32 * (len(stack.words()) - 4) == pytest.approx(bits.sum(), abs=64, rel=1e-3)


class Grey(Likelihood):
    """A likelihood of somebody who took `ops` from Keras: three levels, a location and a scale."""

    n_params = 2
    support = Support(0.0, 2.0, name="grey", mend="", step=1.0, scale="none", instead="gaussian")

    def parameters(self, params):
        return tuple(keras.ops.split(params, 2, axis=-1))

    def log_density(self, x, location, log_scale):
        return -keras.ops.square((x - location) * keras.ops.exp(-log_scale)) - log_scale


class Coin(Likelihood):
    """As above, of two levels."""

    support = Support(0.0, 1.0, name="coin", mend="", step=1.0, scale="none", instead="gaussian")

    def log_density(self, x, logit):
        return keras.ops.multiply(x, logit) - keras.ops.softplus(logit)


@pytest.mark.parametrize("kind", [Grey, Coin])
def test_a_likelihood_that_takes_ops_from_keras_is_refused_with_what_to_import(kind):
    likelihood = kind()
    levels = np.zeros((2, 3), np.int32)
    params = dyadic(np.zeros((2, 3 * likelihood.n_params)))
    with pytest.raises(TypeError, match=r"not computed alike.*from kvae\.exact import ops.*Received: "):
        value_coder(likelihood, (3,), len(likelihood.values())).encode(Stack(3), levels, params)


def test_such_a_likelihood_is_refused_before_an_archive_is_begun():
    vae = kvae.VAE(mlp_encoder((3,), 2, 4), mlp_decoder((3,), 2, 4), likelihood=Coin())
    with pytest.raises(ValueError, match=r"from kvae\.exact import ops"):
        kvae.uses.compress(vae, np.zeros((2, 3)))
