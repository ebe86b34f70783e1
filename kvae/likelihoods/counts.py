"""Probabilities of counts without log-gamma functions, whose differences lose digits in float32.

They take the saddle-point form of Loader (2000), "Fast and accurate computation of binomial probabilities", and
Stirling's series for the remainder. All functions are differentiable and finite, and use only operations that
every backend and XLA have.
"""

from typing import Any

from kvae.exact import ops
from kvae.exact.functions import log
from kvae.likelihoods.support import Support

Tensor = Any

LOG_2PI = 1.8378770664093453  # not math.log, whose last digit need not be the same on every machine
HALF_LOG_2PI = 0.5 * LOG_2PI
# Stirling's series is taken from here on, where its first omitted term is below 1e-11.
SHIFT = 8


def out_of(n: int, name: str) -> Support:
    """The support of counts out of `n`, of the likelihood of that name."""
    mend = "pass counts unscaled"
    return Support(0.0, n, name=name, mend=mend, step=1.0, scale="none", instead="gaussian_learnt", wider=("n", 0))


def stirling_error(y: Tensor) -> Tensor:
    """The error of Stirling's formula: log G(y + 1) - (log(2 pi y) / 2 + y log y - y), for y > 0.

    Loader 2000, section 4.
    """
    small = y < SHIFT
    low = ops.where(small, y, 1.0)  # `where` in `where`: the branch that is not taken must have a gradient as well
    high = ops.where(small, float(SHIFT), y)
    product = low + 1.0
    for i in range(2, SHIFT + 1):
        product = product * (low + i)
    far = low + SHIFT
    log_gamma = (far + 0.5) * ops.log(far) - far + HALF_LOG_2PI + series(far) - ops.log(product)
    return ops.where(small, log_gamma - (low + 0.5) * ops.log(low) + low - HALF_LOG_2PI, series(high))


def series(y: Tensor) -> Tensor:
    """Stirling's series for large y (Abramowitz and Stegun 1964, 6.1.41)."""
    inverse = 1.0 / y
    square = inverse * inverse
    return inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188))))


def deviance(x: Tensor, d: Tensor) -> Tensor:
    """Loader's x log(x / m) + m - x (2000, section 3) as x (exp(d) - 1 - d), d = log(m / x): no digit is lost."""
    near = ops.abs(d) < 0.1
    close = ops.where(near, d, 0.0)
    far = ops.where(near, 0.1, d)
    powers = 0.5 + close * (1 / 6 + close * (1 / 24 + close * (1 / 120 + close * (1 / 720 + close / 5040))))
    return x * ops.where(near, close * close * powers, ops.expm1(far) - far)


def log_rising(a: Tensor, x: Tensor) -> Tensor:
    """Logarithm of a (a + 1) ... (a + x - 1) / a^x, for a > 0 and counts x >= 0: 0 where a is large."""
    steps = (a + x - 0.5) * ops.log1p(x / a) - x
    return ops.where(x < 0.5, ops.zeros_like(steps), steps + stirling_error(a + x) - stirling_error(a))


def log_choose(n: int, x: Tensor) -> Tensor:
    """Logarithm of the binomial coefficient, n over x, for counts x from 0 to n (Loader 2000, section 2)."""
    inside = ops.logical_and(x > 0.5, x < n - 0.5)  # at the ends it is 0
    x = ops.where(inside, x, 0.5 * n)
    rest, log_n = n - x, float(log(n))
    log_x, log_rest = ops.log(x), ops.log(rest)
    errors = stirling_error(ops.full_like(x, n)) - stirling_error(x) - stirling_error(rest)
    entropy = x * (log_n - log_x) + rest * (log_n - log_rest)
    return ops.where(inside, errors + entropy + 0.5 * (log_n - log_x - log_rest) - HALF_LOG_2PI, 0.0)
