"""One frame for the codes of VAEs that are trained separately: a rotation for each, found without labels."""

from collections.abc import Sequence

import numpy as np

from kvae.modules.message import Gaussian

PASSES = 10


def rotations(means: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
    """Orthogonal maps `(M, d, d)` that bring the codes of the same rows close to each other.

    N(0, I) does not change under rotation, so the frames of VAEs that are trained separately are unrelated. Each
    is rotated towards the mean of the others (generalised Procrustes analysis, Gower 1975; each step after
    Schoenemann 1966). The map of the first is the identity. Draws no random numbers.

    Args:
        means: M arrays `(n, d)` of posterior means; a row of NaN lacks the modality.
    """
    codes = np.asarray(means, float)
    m, _, d = codes.shape
    there = ~np.isnan(codes).any(axis=2)
    codes = np.where(there[:, :, None], codes, 0.0)
    maps = np.tile(np.eye(d), (m, 1, 1))
    placed = np.zeros(m, bool)
    placed[0] = True
    for step in range(m * PASSES):
        j = step % m
        others = placed & (np.arange(m) != j)
        if not others.any():
            continue
        count = there[others].sum(axis=0)
        target = np.einsum("mnd,mde->ne", codes[others], maps[others]) / np.maximum(count, 1)[:, None]
        maps[j] = nearest_rotation(codes[j].T @ target)
        placed[j] = True
    return maps @ maps[0].T


def nearest_rotation(product: np.ndarray) -> np.ndarray:
    """The orthogonal R that minimises |codes @ R - target|, from codes.T @ target `(d, d)`."""
    left, _, right = np.linalg.svd(product)
    return left @ right


def turned(message: Gaussian, rotation: np.ndarray) -> Gaussian:
    """The Gaussian of z @ rotation for a Gaussian z; where z has variances `(n, d)`, only variances are kept."""
    mean = message.mean @ rotation
    if message.cov is None:
        return Gaussian(mean)
    if message.cov.ndim == 3:
        return Gaussian(mean, rotation.T @ message.cov @ rotation)
    return Gaussian(mean, message.cov @ rotation**2)
