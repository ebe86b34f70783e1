"""Gaussian mixtures in NumPy, fitted for the module `kvae.modules.GMM`; the code here does not use modules."""

from kvae.modules.mixture.fit import Fit, fit_mixture
from kvae.modules.mixture.gaussians import Mixture

__all__ = ["Fit", "Mixture", "fit_mixture"]
