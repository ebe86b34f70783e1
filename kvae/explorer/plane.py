"""The plane in which codes are drawn, as in the picture of latent codes."""

from typing import Any

import numpy as np


def plane_of(z: np.ndarray) -> dict[str, Any]:
    """The plane as `mean`, `axes` and their `names`: a code z `(latent_dim,)` is drawn at `axes @ (z - mean)`.

    With more than two dimensions these are the first two principal components of `z` `(n, latent_dim)`; with one,
    the second axis is the row (`by_row`). Draws no random numbers.
    """
    n, d = z.shape
    if d == 1:
        return plane(np.zeros(1), np.eye(2, 1), ["dimension 0", "row"], by_row=True)
    if d == 2 or n < 3:
        return plane(np.zeros(d), np.eye(2, d), ["dimension 0", "dimension 1"])
    mean = z.mean(axis=0, dtype=np.float64)
    variances, directions = np.linalg.eigh(np.cov(z, rowvar=False, dtype=np.float64))
    axes, total = directions.T[::-1][:2], variances.sum()
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    shares = variances[::-1][:2] / total if total > 0 else np.zeros(2)
    names = [f"principal component {i + 1} ({share:.0%} of the variance)" for i, share in enumerate(shares)]
    return plane(mean, axes * np.where(largest < 0, -1.0, 1.0), names)


def plane(mean: np.ndarray, axes: np.ndarray, names: list[str], by_row: bool = False) -> dict[str, Any]:
    """A plane as plain values."""
    return {"mean": mean.tolist(), "axes": axes.tolist(), "names": names, "by_row": by_row}
