"""A Keras network between two modules."""

from kvae.modules.nn.nn import NN

__all__ = ["NN"]
