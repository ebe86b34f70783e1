"""The grid of all activations of exact networks: multiples of 2^-14, called units, from -4096 to 4096.

They are stored as whole numbers of units, in float64: products and sums of whole numbers are exact as long as they
stay below 2^53, in every order, with or without fused multiplications.
"""

import numpy as np

FRACTION = 14
ONE = 2.0**FRACTION
LARGEST = 2**26  # 4096, in units
EXACT = 2**53


def to_units(values: np.ndarray) -> np.ndarray:
    """Numbers as units, rounded to the nearest, ties to even, and clipped to the grid."""
    units = values * ONE
    np.rint(units, out=units)
    return np.clip(units, -float(LARGEST), float(LARGEST), out=units)


def to_values(units: np.ndarray) -> np.ndarray:
    """Units as the numbers that they stand for."""
    return units * (1.0 / ONE)


def rounded(units: np.ndarray, bound: int) -> np.ndarray:
    """Round to whole units and clip to the grid, in place; `bound` is the largest absolute value of `units`."""
    np.rint(units, out=units)
    return units if bound <= LARGEST else np.clip(units, -float(LARGEST), float(LARGEST), out=units)


def bounded(bound: int) -> int:
    """The largest absolute value of units after `rounded`."""
    return min(int(bound), LARGEST)
