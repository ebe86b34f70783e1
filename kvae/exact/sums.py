"""Sums of floats in one fixed order: the order of `np.sum` depends on the processor."""

from collections.abc import Sequence

import numpy as np


def fixed_sum(x: np.ndarray, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> np.ndarray:
    """Sum of `x` over `axis`: the second half is added to the first by one NumPy operation, until one is left.

    Args:
        x: float64, of any shape.
        axis: One or several; None for all.
        keepdims: Whether the axes stay, with a length of 1.
    """
    axes = range(x.ndim) if axis is None else [axis] if isinstance(axis, int | np.integer) else axis
    axes = sorted(one % x.ndim for one in axes)
    shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    rest = [i for i in range(x.ndim) if i not in axes]
    x = np.transpose(x, (*axes, *rest)).reshape(-1, *(x.shape[i] for i in rest))
    if not len(x):
        x = np.zeros((1, *x.shape[1:]))
    while len(x) > 1:
        half = len(x) // 2
        total = x[:half] + x[half : 2 * half]
        x = np.concatenate([total, x[2 * half :]]) if len(x) % 2 else total
    return x[0].reshape(shape) if keepdims else x[0]
