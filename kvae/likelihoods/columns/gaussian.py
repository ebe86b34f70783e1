"""Real numbers: normal variables whose means and scales the decoder gives."""

from kvae.likelihoods.columns.location_scale import Real


class Gaussian(Real):
    """Normal variables in units of the column: its mean and standard deviation on the learning rows."""
