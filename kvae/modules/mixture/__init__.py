"""Gaussian mixtures in NumPy: the fit that the module `kvae.modules.GMM` stands on. Knows nothing of modules."""

from kvae.modules.mixture.fit import Fit, fit_mixture
from kvae.modules.mixture.gaussians import Mixture

__all__ = ["Fit", "Mixture", "fit_mixture"]
