"""Modules that teach each other: each sends messages to those above it and to those that it observes."""

from kvae.modules.gmm import GMM
from kvae.modules.message import Gaussian
from kvae.modules.module import Module, Observation
from kvae.modules.vae import VAE

__all__ = ["GMM", "VAE", "Gaussian", "Module", "Observation"]
