"""A Keras network as a module between two others."""

from kvae.modules.nn.nn import NN

__all__ = ["NN"]
