"""The grid that all activations of exact networks lie on: multiples of 2^-14 from -4096 to 4096.

They are kept as whole numbers of 2^-14, in float64: products and sums of whole numbers are exact as long as they
stay below 2^53, in every order, with or without fused multiplications.
"""

import numpy as np

FRACTION = 14
ONE = 2.0**FRACTION
LARGEST = 2**26  # 4096, in units
EXACT = 2**53


def to_units(values: np.ndarray) -> np.ndarray:
    """Numbers as the nearest units on the grid, ties to even."""
    units = values * ONE
    np.rint(units, out=units)
    return np.clip(units, -float(LARGEST), float(LARGEST), out=units)


def to_values(units: np.ndarray) -> np.ndarray:
    """Units as the numbers that they stand for."""
    return units * (1.0 / ONE)


def rounded(units: np.ndarray, bound: int) -> np.ndarray:
    """Whole units from fractions of them; the same array, which nothing else uses. `bound` is the largest size."""
    np.rint(units, out=units)
    return units if bound <= LARGEST else np.clip(units, -float(LARGEST), float(LARGEST), out=units)


def bounded(bound: int) -> int:
    """The largest size of units that were `rounded`."""
    return min(int(bound), LARGEST)
