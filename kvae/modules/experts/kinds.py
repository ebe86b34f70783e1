"""Combine the evidence of several modalities: as a product, as a mixture, or as a mixture of products."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from kvae.modules.experts.evidence import Evidence
from kvae.modules.message import Gaussian, precision_of, times

# A component of a mixture: the powers `(M,)` of the factors in its product, and its share.
Term = tuple[np.ndarray, float]


def product_of_all(members: Sequence[int], weights: np.ndarray) -> list[Term]:
    """One product of all factors (Wu and Goodman 2018, equation 4); a weight is the power of a factor."""
    return [(powers(members, weights), 1.0)]


def mixture_of_each(members: Sequence[int], weights: np.ndarray) -> list[Term]:
    """A mixture with one factor in each component (Shi et al. 2019, section 3.2); a weight is a share."""
    return [(powers([i], np.ones_like(weights)), weights[i]) for i in members]


def mixture_of_products(members: Sequence[int], weights: np.ndarray) -> list[Term]:
    """A mixture, of equal shares, of the products of all non-empty subsets (Sutter et al. 2021, definition 1).

    A weight is the power of a factor.
    """
    sizes = range(1, len(members) + 1)
    subsets = itertools.chain.from_iterable(itertools.combinations(members, size) for size in sizes)
    return [(powers(subset, weights), 1.0) for subset in subsets]


KINDS: dict[str, Callable[[Sequence[int], np.ndarray], list[Term]]] = {
    "poe": product_of_all,
    "moe": mixture_of_each,
    "mopoe": mixture_of_products,
}


def powers(members: Sequence[int], weights: np.ndarray) -> np.ndarray:
    """The weights of the members, `(M,)`, and 0 for all others."""
    found = np.zeros(len(weights))
    found[list(members)] = weights[list(members)]
    return found


def opinion(kind: str, evidence: Evidence, prior: Gaussian, weights: np.ndarray, without: int = -1) -> Gaussian:
    """The joint posterior of the codes, as a Gaussian, from the modalities that each row has and a prior.

    Every component of a mixture has the prior as a factor. The mixture is approximated by the Gaussian with its
    mean and variances. For a row without any modality the result is the prior.

    Args:
        kind: One of `KINDS`.
        evidence: The evidence of M modalities for n rows.
        prior: The prior of the n rows.
        weights: Weights of the modalities, `(M,)`, above 0.
        without: The number of a modality to leave out; -1: none.

    Returns:
        Means and variances `(n, d)`; covariances `(n, d, d)` if the prior has such.
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
    """The normalised product of the prior and all factors, each to its power, `(M,)`."""
    full = prior.cov is not None and prior.cov.ndim == 3
    own = precision_of(prior, full)
    added = np.tensordot(power, evidence.precision, axes=1)
    linear = times(own, prior.mean) + np.tensordot(power, evidence.linear, axes=1)
    cov = np.linalg.inv(own + added[:, :, None] * np.eye(added.shape[1])) if full else 1.0 / (own + added)
    return Gaussian(times(cov, linear), cov)


def matched(parts: Sequence[tuple[Gaussian, float]]) -> Gaussian:
    """The Gaussian with the mean and variances (or covariances) of a mixture; `parts` are Gaussians and shares."""
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
