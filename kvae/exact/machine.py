"""A check, once per process, that this machine computes as IEEE-754 says."""

import functools
import hashlib

import numpy as np

from kvae.exact import functions, normal

N = 4096
# SHA-256 of the functions below on a fixed grid.
WANTED = "aa199f3ca4e8bf74a4d1d9890654e4a9f28e4eabdd3973dfa886b02bfdf73b0a"


@functools.cache
def check_machine() -> None:
    """Compare sums of products of whole numbers, and the functions of `kvae.exact` on a grid, with known results.

    Raises:
        ValueError: When a result differs, so that other machines could not decode what this one encodes.
    """
    if not products_are_exact() or fingerprint() != WANTED:
        raise ValueError(
            "this machine or this NumPy does not add, multiply and round float64 as IEEE-754 says: coding needs "
            f"that. Received: NumPy {np.__version__}"
        )


def products_are_exact() -> bool:
    """Whether matrix products of whole numbers up to 53 bits are the same in float64 as in integers."""
    i = np.arange(60 * 70, dtype=np.int64)
    a = ((i * 2654435761) % (2**25)).reshape(60, 70) - 2**24
    b = ((i * 40503) % (2**22)).reshape(70, 60) - 2**21
    return bool(np.array_equal(a.astype(np.float64) @ b.astype(np.float64), (a @ b).astype(np.float64)))


def grid() -> np.ndarray:
    """Numbers of all sizes and both signs, made by exact arithmetic."""
    i = np.arange(-N, N, dtype=np.float64)
    return np.concatenate([i / 64.0, i * i * i / 2.0**34, (2.0 * i + 1.0) / 3.0, i / 4.7e9])


def fingerprint() -> str:
    """SHA-256 of all functions on the grid."""
    sha, x = hashlib.sha256(), grid()
    for function in (
        functions.exp,
        functions.expm1,
        functions.log,
        functions.log1p,
        functions.sigmoid,
        functions.softplus,
        functions.tanh,
        functions.sqrt,
        normal.erf,
        normal.erfc,
    ):
        y = function(x)
        sha.update(np.where(y == y, y + 0.0, 0.0).astype("<f8").tobytes())
    return sha.hexdigest()
