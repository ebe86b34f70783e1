"""A Markov chain over classes as a module."""

from kvae.modules.markov.markov_model import MarkovModel

__all__ = ["MarkovModel"]
