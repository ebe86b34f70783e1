"""The Gaussian mixture as a module."""

from kvae.modules.gmm.gmm import GMM

__all__ = ["GMM"]
