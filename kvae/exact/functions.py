"""Elementary functions of float64 arrays whose every bit is the same on every IEEE-754 machine.

`np.exp` and its like differ between libraries and processors in the last digit. These are made of additions,
multiplications, divisions, roundings and comparisons alone, each of them one NumPy operation, which the standard
rounds one way. They are within a few units in the last place of the true values. Ranges are reduced, and
polynomials taken, as in fdlibm (Sun Microsystems 1993).

Arrays of any shape in, float64 arrays of that shape out; NaN stays NaN. Subnormal results become 0, because some
processors are set to treat them as 0.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray

# Values that are computed at once: few enough that intermediate results stay in a processor's cache.
BLOCK = 2**14
TINY = 2.0**-1022  # the smallest normal number
LOG2_E = 1.44269504088896338700e00
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
LARGEST_EXP, SMALLEST_EXP = 709.782712893384, -707.0
EXP = (
    *(1.66666666666666019037e-01, -2.77777777770155933842e-03, 6.61375632143793436117e-05),
    *(-1.65339022054652515390e-06, 4.13813679705723846039e-08),
)
LOG = (
    *(6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01),
    *(1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01),
)
MANTISSA, ONE = np.int64(2**52 - 1), np.int64(1023 << 52)


def in_blocks(kernel: Callable[[Array], Array]) -> Callable[[Any], Array]:
    """`kernel`, an elementwise function of flat arrays, for arrays of any shape."""

    @functools.wraps(kernel)
    def function(x: Any) -> Array:
        x = np.asarray(x, np.float64)
        flat = x.reshape(-1)
        out = np.empty(flat.shape)
        with np.errstate(all="ignore"):
            for start in range(0, flat.size, BLOCK):
                out[start : start + BLOCK] = kernel(flat[start : start + BLOCK])
        return out.reshape(x.shape)

    return function


def polynomial(x: Array, coefficients: Sequence[float]) -> Array:
    """c0 + x (c1 + x (c2 + ...)), in this order."""
    result = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        result *= x
        result += coefficient
    return result


def power_of_two(k: Array) -> Array:
    """2^k for whole numbers k from -1022 to 1023."""
    return ((k.astype(np.int64) + 1023) << 52).view(np.float64)


def reduced(x: Array) -> tuple[Array, Array]:
    """K and exp(r) - 1 with x = k log 2 + r, |r| <= log(2) / 2."""
    k = np.rint(x * LOG2_E)
    high, low = x - k * LN2_HIGH, k * LN2_LOW
    r = high - low
    square = r * r
    c = r - square * polynomial(square, EXP)
    return k, high - (low - (r * c) / (2.0 - c))


@in_blocks
def exp(x: Array) -> Array:
    """e^x; 0 below -707, infinite above 709.78."""
    k, rest = reduced(np.clip(np.where(x == x, x, 0.0), SMALLEST_EXP, LARGEST_EXP))
    y = (2.0 + 2.0 * rest) * power_of_two(k - 1.0)  # 2^1024 is too large for a float
    y = np.where(x < SMALLEST_EXP, 0.0, np.where(x > LARGEST_EXP, np.inf, y))
    return np.where(x == x, y, x)


@in_blocks
def expm1(x: Array) -> Array:
    """e^x - 1, which loses no digits where x is small."""
    k, rest = reduced(np.clip(np.where(x == x, x, 0.0), -50.0, LARGEST_EXP))
    scale = power_of_two(k - 1.0)
    y = 2.0 * (scale * rest + (scale - 0.5))
    near = np.where(np.abs(x) < TINY, 0.0, x)
    y = np.where(np.abs(x) < 2.0**-54, near, np.where(x > LARGEST_EXP, np.inf, y))
    return np.where(x == x, y, x)


@in_blocks
def log(x: Array) -> Array:
    """Natural logarithm; -inf of 0 and of subnormal numbers, NaN of negative ones."""
    usual = (x >= TINY) & (x < np.inf)
    bits = np.where(usual, x, 1.0).view(np.int64)
    m = ((bits & MANTISSA) | ONE).view(np.float64)
    large = m > 1.4142135623730951
    m = np.where(large, 0.5 * m, m)
    k = ((bits >> 52) - 1023 + large).astype(np.float64)
    f = m - 1.0
    half_square = 0.5 * f * f
    s = f / (2.0 + f)
    z = s * s
    y = k * LN2_HIGH - ((half_square - (s * (half_square + z * polynomial(z, LOG)) + k * LN2_LOW)) - f)
    y = np.where(x < TINY, np.where(x <= -TINY, np.nan, -np.inf), y)
    return np.where(usual | (x < TINY), y, x)


@in_blocks
def log1p(x: Array) -> Array:
    """log(1 + x), which loses no digits where x is small (Kahan's correction)."""
    u = 1.0 + x
    y = log(u) * (x / np.where(u == 1.0, 1.0, u - 1.0))
    y = np.where(u == 1.0, np.where(np.abs(x) < TINY, 0.0, x), y)
    return np.where((u > 0.0) & (u < np.inf), y, np.where(u == 0.0, -np.inf, np.where(u > 0.0, u, np.nan)))


@in_blocks
def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x)."""
    e = exp(-np.abs(x))
    return np.where(x < 0.0, e, 1.0) / (1.0 + e)


@in_blocks
def softplus(x: Array) -> Array:
    """log(1 + e^x)."""
    return np.maximum(x, 0.0) + log1p(exp(-np.abs(x)))


def log_sigmoid(x: Any) -> Array:
    """Logarithm of 1 / (1 + e^-x)."""
    return -softplus(-np.asarray(x, np.float64))


@in_blocks
def tanh(x: Array) -> Array:
    """Hyperbolic tangent."""
    size = np.abs(x)
    small = size < 1.0
    e = expm1(np.where(small, -2.0, 2.0) * np.minimum(size, 30.0))
    y = np.where(small, -e / (e + 2.0), 1.0 - 2.0 / (e + 2.0))
    y = np.where(size < 2.0**-28, np.where(size < TINY, 0.0, size), y)
    return np.where(x < 0.0, -y, y)


@in_blocks
def sqrt(x: Array) -> Array:
    """Square root, which the standard rounds one way; 0 of subnormal numbers."""
    return np.sqrt(np.where(np.abs(x) < TINY, 0.0, x))
