"""How the opinions of several modalities make one: their product, their mixture, or a mixture of products."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from kvae.modules.experts.evidence import Evidence
from kvae.modules.message import Gaussian, precision_of, times

# A product of factors, each to its power `(M,)`, and the share of the mixture that it has.
Term = tuple[np.ndarray, float]


def product_of_all(members: Sequence[int], weights: np.ndarray) -> list[Term]:
    """One product of all (Wu and Goodman 2018, equation 4); a weight is the power of a factor."""
    return [(powers(members, weights), 1.0)]


def mixture_of_each(members: Sequence[int], weights: np.ndarray) -> list[Term]:
    """A mixture of each alone (Shi et al. 2019, section 3.2); a weight is the share of a component."""
    return [(powers([i], np.ones_like(weights)), weights[i]) for i in members]


def mixture_of_products(members: Sequence[int], weights: np.ndarray) -> list[Term]:
    """An even mixture of the products of all subsets but the empty one (Sutter et al. 2021, definition 1)."""
    sizes = range(1, len(members) + 1)
    subsets = itertools.chain.from_iterable(itertools.combinations(members, size) for size in sizes)
    return [(powers(subset, weights), 1.0) for subset in subsets]


KINDS: dict[str, Callable[[Sequence[int], np.ndarray], list[Term]]] = {
    "poe": product_of_all,
    "moe": mixture_of_each,
    "mopoe": mixture_of_products,
}


def powers(members: Sequence[int], weights: np.ndarray) -> np.ndarray:
    """The weights of the members, and 0 of all others."""
    found = np.zeros(len(weights))
    found[list(members)] = weights[list(members)]
    return found


def opinion(kind: str, evidence: Evidence, prior: Gaussian, weights: np.ndarray, without: int = -1) -> Gaussian:
    """What the modalities that a row has say of its code together, under a prior, as a Gaussian.

    Every component of a mixture holds the prior as a factor, and the mixture is sent as the Gaussian of the
    same mean and variances; of a row that has no modality it is the prior.

    Args:
        kind: One of `KINDS`.
        evidence: Of M modalities and n rows.
        prior: Of the n rows, as in `Gaussian`.
        weights: `(M,)`, above 0.
        without: A modality that is left out, by its number.

    Returns:
        Means and variances `(n, d)`; covariances `(n, d, d)` where the prior has them.
    """
    there = evidence.there.copy()
    if without >= 0:
        there[without] = False
    mean: np.ndarray = np.empty(prior.mean.shape)
    full = prior.cov is not None and prior.cov.ndim == 3
    n, d = mean.shape
    cov = np.empty((n, d, d) if full else (n, d))
    patterns, which = np.unique(there.T, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        rows = np.flatnonzero(which.reshape(-1) == number)
        members = np.flatnonzero(pattern).tolist()
        terms = KINDS[kind](members, weights) if members else [(np.zeros(len(weights)), 1.0)]
        of_rows, prior_of_rows = evidence.rows(rows), prior.rows(rows)
        found = matched([(product(of_rows, prior_of_rows, power), share) for power, share in terms])
        mean[rows], cov[rows] = found.mean, found.cov
    return Gaussian(mean, cov)


def product(evidence: Evidence, prior: Gaussian, power: np.ndarray) -> Gaussian:
    """The prior times every factor to its power `(M,)`, normalised."""
    full = prior.cov is not None and prior.cov.ndim == 3
    own = precision_of(prior, full)
    added = np.tensordot(power, evidence.precision, axes=1)
    linear = times(own, prior.mean) + np.tensordot(power, evidence.linear, axes=1)
    cov = np.linalg.inv(own + added[:, :, None] * np.eye(added.shape[1])) if full else 1.0 / (own + added)
    return Gaussian(times(cov, linear), cov)


def matched(parts: Sequence[tuple[Gaussian, float]]) -> Gaussian:
    """The Gaussian with the mean and the variances (covariances) of a mixture of Gaussians with these shares."""
    if len(parts) == 1:
        return parts[0][0]
    total = sum(share for _, share in parts)
    mean = sum(share / total * part.mean for part, share in parts)
    cov: np.ndarray | float = 0.0
    for part, share in parts:
        assert part.cov is not None
        apart = part.mean - mean
        scatter = apart**2 if part.cov.ndim == 2 else apart[:, :, None] * apart[:, None, :]
        cov = cov + share / total * (part.cov + scatter)
    return Gaussian(np.asarray(mean), np.asarray(cov))
