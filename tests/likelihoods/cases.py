"""What every likelihood is tested with: wide parameters, and SciPy's distribution of the same ones."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import expit, log_expit, logsumexp, softmax

from kvae.likelihoods.lookup import get_likelihood


@dataclass(frozen=True)
class Case:
    """One likelihood.

    Attributes:
        name: Its name, by which tests are called.
        ranges: Of each parameter, from which wide ones are drawn; those that go together, as blocks.
        usual: Values of the parameters of one value, such as data might have.
        dist: SciPy's distribution of parameters, each `(...)` float64.
        keys: Its own keys.
    """

    name: str
    ranges: tuple[tuple[float, float], ...]
    usual: tuple[float, ...]
    dist: Callable[..., Any]
    keys: dict[str, Any] = field(default_factory=dict)

    @property
    def node(self) -> dict[str, Any]:
        return {"name": self.name, **self.keys}

    @property
    def likelihood(self) -> Any:
        return get_likelihood(self.node)

    def params(self, n: int, d: int, seed: int = 0) -> np.ndarray:
        """Wide parameters as a decoder gives them, `(n, d * n_params)`."""
        rng = np.random.default_rng(seed)
        return np.concatenate([rng.uniform(*ends, (n, d)) for ends in self.ranges], axis=-1)

    def usual_params(self, n: int, d: int) -> np.ndarray:
        """The usual parameters, the same in every row."""
        return np.repeat(np.concatenate([np.full((1, d), value) for value in self.usual], axis=-1), n, axis=0)

    def of(self, params: np.ndarray) -> Any:
        """SciPy's distribution of a decoder's output."""
        return self.dist(*np.split(np.asarray(params, np.float64), len(self.ranges), axis=-1))

    def draws(self, params: np.ndarray, seed: int = 0) -> np.ndarray:
        """Data drawn by SciPy from a decoder's output."""
        return np.asarray(self.of(params).rvs(random_state=np.random.default_rng(seed)), np.float64)


@dataclass(frozen=True)
class Table:
    """A distribution over a few values, as SciPy would have it."""

    values: np.ndarray
    log_p: np.ndarray

    def logpmf(self, x):
        index = np.rint((x - self.values[0]) / (self.values[1] - self.values[0])).astype(int)
        return np.take_along_axis(self.log_p, index[..., None], axis=-1)[..., 0]

    def mean(self):
        return np.exp(self.log_p) @ self.values

    def var(self):
        return np.exp(self.log_p) @ self.values**2 - self.mean() ** 2

    def rvs(self, random_state):
        u = random_state.random((*self.log_p.shape[:-1], 1))
        return self.values[(np.cumsum(np.exp(self.log_p), axis=-1) < u).sum(-1)]


def categorical(*logits):
    logits = np.stack(logits, axis=-1)
    return Table(np.arange(logits.shape[-1], dtype=float), np.log(softmax(logits, axis=-1)))


def mixture(*parameters, n_levels=256):
    """Masses of rounded mixtures of logistic variables, from the survival function on the side that is small."""
    k = len(parameters) // 3
    logits, locations, log_scales = (np.stack(parameters[i * k : (i + 1) * k], axis=-1) for i in range(3))
    values = np.arange(n_levels) / (n_levels - 1)
    h = 1 / (n_levels - 1)
    logistic = stats.logistic(locations[..., None, :], np.exp(log_scales)[..., None, :])
    upper, lower = (2 * values - 1 + h)[:, None], (2 * values - 1 - h)[:, None]
    upper, lower = np.where(upper > 1, np.inf, upper), np.where(lower < -1, -np.inf, lower)
    left = logistic.cdf(upper) - logistic.cdf(lower)
    right = logistic.sf(lower) - logistic.sf(upper)
    mass = np.where(logistic.cdf(upper) < 0.5, left, right)
    with np.errstate(divide="ignore"):
        log_p = logsumexp(logits[..., None, :] + np.log(mass), axis=-1) - logsumexp(logits, axis=-1)[..., None]
    return Table(values, log_p)


def negative_binomial(log_mean, log_r):
    r = np.exp(log_r)
    return stats.nbinom(r, r / (r + np.exp(log_mean)))


def beta_binomial(logit, log_sum):
    return stats.betabinom(16, np.exp(log_sum + log_expit(logit)), np.exp(log_sum + log_expit(-logit)))


CASES = [
    Case("bernoulli", ((-15, 15),), (0.7,), lambda logit: stats.bernoulli(expit(logit))),
    Case("gaussian", ((-50, 50),), (1.5,), lambda mean: stats.norm(mean, 1.0)),
    Case("gaussian_learnt", ((-50, 50),), (1.5,), lambda mean: stats.norm(mean, 1.0)),
    Case(
        "gaussian_diagonal", ((-50, 50), (-20, 15)), (1.5, -1.0),
        lambda mean, log_var: stats.norm(mean, np.exp(log_var / 2)),
    ),
    Case("laplace", ((-50, 50), (-10, 8)), (1.5, -0.5), lambda m, log_b: stats.laplace(m, np.exp(log_b))),
    Case(
        "student_t", ((-50, 50), (-10, 8)), (1.5, -0.5), lambda m, log_s: stats.t(3.5, m, np.exp(log_s)),
        {"df": 3.5},
    ),
    Case("binomial", ((-12, 12),), (0.4,), lambda logit: stats.binom(16, expit(logit)), {"n": 16}),
    Case("beta_binomial", ((-8, 8), (-6, 10)), (0.4, 1.0), beta_binomial, {"n": 16}),
    Case("poisson", ((-10, 14),), (1.2,), lambda log_rate: stats.poisson(np.exp(log_rate))),
    Case("negative_binomial", ((-8, 12), (-6, 9)), (1.2, 0.5), negative_binomial),
    Case("categorical", ((-9, 9),) * 5, (0.3, -0.5, 1.0, 0.0, -2.0), categorical, {"n_levels": 5}),
    Case(
        "logistic_mixture", ((-4, 4),) * 2 + ((-1.5, 1.5),) * 2 + ((-6, 1),) * 2,
        (0.5, -0.5, -0.4, 0.5, -2.5, -3.5), mixture, {"n_components": 2},
    ),
]  # fmt: skip
BY_NAME = {case.name: case for case in CASES}
