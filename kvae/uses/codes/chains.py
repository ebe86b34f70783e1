"""Resampling by importance weights, followed by steps of Markov chains."""

import numpy as np

from kvae.uses.codes.weights import WeightedCodes

SMALLEST = 1e-6  # added to the weighted variance of the draws
ACCEPTED = 0.35  # rate of acceptance to which the width of the random walk is adapted


def drawn_by_weight(codes: WeightedCodes, n: int, steps: int, rng: np.random.Generator) -> np.ndarray:
    """`n` draws per row, `(n, rows, d)` float32: resampled by their weights, then moved by Markov chains."""
    rows = codes.z.shape[1]
    places = (np.arange(n)[:, None] + rng.random((n, rows))) / n  # stratified (Kitagawa 1996)
    ends = np.cumsum(codes.weights, axis=0)
    ends /= ends[-1]
    found = np.searchsorted((ends + np.arange(rows)).T.ravel(), (places + np.arange(rows)).T.ravel())
    which = np.minimum(found.reshape(rows, n).T - len(codes.z) * np.arange(rows), len(codes.z) - 1)
    which = rng.permuted(which, axis=0)
    return moved(np.take_along_axis(codes.z, which[..., None], axis=0), codes, steps, rng)


def moved(z: np.ndarray, codes: WeightedCodes, steps: int, rng: np.random.Generator) -> np.ndarray:
    """Codes `(n, rows, d)` after steps of the Metropolis-Hastings algorithm, whose stationary law is the target.

    Independent proposals from the mixture alternate with a random walk. Its width is the weighted standard
    deviation of the codes, times a scale per row, which is adapted in decreasing steps (Robbins and Monro).
    """
    if not steps:
        return z
    w = codes.weights[..., None]
    mean = np.sum(w * codes.z, axis=0)
    sd = np.sqrt(np.sum(w * (codes.z - mean) ** 2, axis=0) + SMALLEST)
    scale = np.full(z.shape[1], 2.4 / np.sqrt(z.shape[-1]))  # Roberts and Rosenthal (2001)
    density, proposed = codes.target(z), codes.proposal.log_density(z)
    for step in range(steps):
        walks = step % 2 == 1
        walked = z + scale[:, None] * sd * rng.standard_normal(z.shape) if walks else None
        new = (codes.proposal.draw(len(z), rng) if walked is None else walked).astype(np.float32)
        new_density, new_proposed = codes.target(new), codes.proposal.log_density(new)
        from_nowhere = np.isneginf(density)  # a code of density 0: any step away is accepted
        ratio = new_density - np.where(from_nowhere, 0.0, density) - (0.0 if walks else new_proposed - proposed)
        ratio = np.where(from_nowhere, 0.0, ratio)
        taken = np.log(rng.random(ratio.shape)) < ratio
        z = np.where(taken[..., None], new, z)
        density, proposed = np.where(taken, new_density, density), np.where(taken, new_proposed, proposed)
        if walks:
            rate = np.exp(np.minimum(ratio, 0.0)).mean(axis=0)
            scale *= np.exp((rate - ACCEPTED) / np.sqrt(1 + step // 2))
    return z
