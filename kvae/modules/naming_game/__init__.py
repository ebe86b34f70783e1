"""Agents that name things: the Metropolis-Hastings naming game as a module."""

from kvae.modules.naming_game.naming_game import NamingGame

__all__ = ["NamingGame"]
