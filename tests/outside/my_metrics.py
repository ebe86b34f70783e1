"""Metrics: functions of arrays."""


def blur(x, x_hat, most=1.0):
    """How much of the contrast of images is lost."""
    return min(most, 1.0 - x_hat.std() / x.std())


def of_weights(weights):
    return 0.0
