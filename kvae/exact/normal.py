"""The error function and the normal distribution, of the same bits on every machine; see `kvae.exact.functions`.

The rational functions are those of fdlibm (Sun Microsystems 1993, s_erf.c).
"""

import numpy as np

from kvae.exact.functions import TINY, Array, exp, in_blocks, polynomial

NEAR_ONE = 8.45062911510467529297e-01
# Numerators and denominators: below 0.84375, up to 1.25, up to 1 / 0.35, and up to 28.
SMALL = (
    (
        *(1.28379167095512558561e-01, -3.25042107247001499370e-01, -2.84817495755985104766e-02),
        *(-5.77027029648944159157e-03, -2.37630166566501626084e-05),
    ),
    (
        *(1.0, 3.97917223959155352819e-01, 6.50222499887672944485e-02, 5.08130628187576562776e-03),
        *(1.32494738004321644526e-04, -3.96022827877536812320e-06),
    ),
)
MIDDLE = (
    (
        *(-2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01),
        *(3.18346619901161753674e-01, -1.10894694282396677476e-01, 3.54783043256182359371e-02),
        -2.16637559486879084300e-03,
    ),
    (
        *(1.0, 1.06420880400844228286e-01, 5.40397917702171048937e-01, 7.18286544141962662868e-02),
        *(1.26171219808761642112e-01, 1.36370839120290507362e-02, 1.19844998467991074170e-02),
    ),
)
LARGE = (
    (
        *(-9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e01),
        *(-6.23753324503260060396e01, -1.62396669462573470355e02, -1.84605092906711035994e02),
        *(-8.12874355063065934246e01, -9.81432934416914548592e00),
    ),
    (
        *(1.0, 1.96512716674392571292e01, 1.37657754143519042600e02, 4.34565877475229228821e02),
        *(6.45387271733267880336e02, 4.29008140027567833386e02, 1.08635005541779435134e02),
        *(6.57024977031928170135e00, -6.04244152148580987438e-02),
    ),
)
LARGEST = (
    (
        *(-9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e01),
        *(-1.60636384855821916062e02, -6.37566443368389627722e02, -1.02509513161107724954e03),
        -4.83519191608651397019e02,
    ),
    (
        *(1.0, 3.03380607434824582924e01, 3.25792512996573918826e02, 1.53672958608443695994e03),
        *(3.19985821950859553908e03, 2.55305040643316442583e03, 4.74528541206955367215e02),
        -2.24409524465858183362e01,
    ),
)
HIGH_HALF = np.int64(-(2**32))
SQRT_HALF = 0.7071067811865476


def ratio(x: Array, parts: tuple[tuple[float, ...], tuple[float, ...]]) -> Array:
    """A rational function."""
    return polynomial(x, parts[0]) / polynomial(x, parts[1])


def tail(size: Array) -> Array:
    """Erfc of numbers from 1.25 on; 0 from 26.5 on, where it would be subnormal soon."""
    z = np.clip(size, 1.25, 26.5)
    inverse = 1.0 / (z * z)
    rest = np.where(z < 1.0 / 0.35, ratio(inverse, LARGE), ratio(inverse, LARGEST))
    short = (z.view(np.int64) & HIGH_HALF).view(np.float64)  # whose square is exact
    y = exp(-short * short - 0.5625) * exp((short - z) * (short + z) + rest) / z
    return np.where(size >= 26.5, 0.0, y)


@in_blocks
def erf(x: Array) -> Array:
    """The error function."""
    size = np.abs(x)
    near = np.minimum(size, 0.84375)
    low = near + near * ratio(near * near, SMALL)
    middle = NEAR_ONE + ratio(np.clip(size, 0.84375, 1.25) - 1.0, MIDDLE)
    y = np.where(size < 0.84375, low, np.where(size < 1.25, middle, 1.0 - tail(size)))
    y = np.where(size < TINY, 0.0, y)
    return np.where(x == x, np.where(x < 0.0, -y, y), x)


@in_blocks
def erfc(x: Array) -> Array:
    """1 - erf(x), which keeps its digits where x is large; 0 from 26.5 on."""
    size = np.abs(x)
    near = np.clip(x, -0.84375, 0.84375)
    low = near * ratio(near * near, SMALL)
    low = np.where(near < 0.25, 1.0 - (near + low), 0.5 - ((near - 0.5) + low))
    middle = ratio(np.clip(size, 0.84375, 1.25) - 1.0, MIDDLE)
    middle = np.where(x < 0.0, 1.0 + (NEAR_ONE + middle), (1.0 - NEAR_ONE) - middle)
    far = tail(size)
    far = np.where(x < 0.0, 2.0 - far, far)
    return np.where(x == x, np.where(size < 0.84375, low, np.where(size < 1.25, middle, far)), x)


def normal_cdf(x: Array) -> Array:
    """Probability that a standard normal variable is at most x."""
    return 0.5 * erfc(-np.asarray(x, np.float64) * SQRT_HALF)
