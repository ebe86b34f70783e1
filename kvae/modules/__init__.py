"""Probabilistic modules that learn together: each sends messages to its observers and to what it observes."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kvae.modules.experts import Experts
    from kvae.modules.frozen import Frozen
    from kvae.modules.gmm import GMM
    from kvae.modules.markov import MarkovModel
    from kvae.modules.message import Gaussian
    from kvae.modules.mlda import MLDA
    from kvae.modules.module import Module
    from kvae.modules.naming_game import NamingGame
    from kvae.modules.network import Network
    from kvae.modules.nn import NN
    from kvae.modules.observation import Observation
    from kvae.modules.vae import VAE

__all__ = [
    "GMM",
    "MLDA",
    "NN",
    "VAE",
    "Experts",
    "Frozen",
    "Gaussian",
    "MarkovModel",
    "Module",
    "NamingGame",
    "Network",
    "Observation",
]

# The file of each class. It is imported on first use, so that a config can be checked without importing Keras.
HOME = {
    "Experts": "kvae.modules.experts",
    "Frozen": "kvae.modules.frozen",
    "GMM": "kvae.modules.gmm",
    "MLDA": "kvae.modules.mlda",
    "VAE": "kvae.modules.vae",
    "Gaussian": "kvae.modules.message",
    "MarkovModel": "kvae.modules.markov",
    "Module": "kvae.modules.module",
    "NamingGame": "kvae.modules.naming_game",
    "Network": "kvae.modules.network",
    "NN": "kvae.modules.nn",
    "Observation": "kvae.modules.observation",
}


def __getattr__(name: str) -> Any:
    if name in HOME:
        return getattr(importlib.import_module(HOME[name]), name)
    raise AttributeError(f"module 'kvae.modules' has no attribute {name!r}")
