"""The Metropolis-Hastings naming game as a module: agents agree on a sign for every object."""

from kvae.modules.naming_game.naming_game import NamingGame

__all__ = ["NamingGame"]
