"""Log-variances that cannot overflow."""

from typing import Any

from keras import ops

Tensor = Any

# Standard deviations from 3e-7 to 2e4: far wider than any that a posterior needs, far from float32's ends.
LOWEST_LOG_VAR, HIGHEST_LOG_VAR = -30.0, 20.0


def bounded_log_var(log_var: Tensor) -> Tensor:
    """`log_var` within [-30, 20], so that neither its exponential nor the inverse of that overflows.

    Within the range it is the identity, to the bit, and everywhere its gradient is 1: what lies outside is led
    back by the objective, where a plain clip would hold it there (straight-through; Bengio et al. 2013,
    section 4). Draws nothing.

    Args:
        log_var: Natural logarithms of variances, of any shape.
    """
    clipped = ops.clip(log_var, LOWEST_LOG_VAR, HIGHEST_LOG_VAR)
    return ops.stop_gradient(clipped) + (log_var - ops.stop_gradient(log_var))  # the difference is 0
