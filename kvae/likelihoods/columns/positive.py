"""What the likelihoods of numbers above 0 have in common."""

import numpy as np

from kvae.likelihoods.support import Support

# The smallest number that float32 has at full precision: 0 and less have no logarithm.
SMALLEST = 1.2e-38
POSITIVE = Support(SMALLEST, name="table", mend="pass numbers above 0, or choose another likelihood")


def fill_of(fill: np.ndarray) -> np.ndarray:
    """The values that replace missing ones in computations, all above 0."""
    return np.where(fill > 0, fill, 1.0)
