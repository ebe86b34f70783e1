"""`module: naming_game`: agents that agree on a sign for every object."""

from dataclasses import dataclass
from typing import Annotated, Any

from kvae.modules.module import Module
from kvae.modules.nodes import NodeConfig
from kvae.options.rules import integer, one_of


@dataclass(frozen=True, kw_only=True)
class Options(NodeConfig):
    """The keys of a node `naming_game`; see `kvae.modules.NamingGame`."""

    K: Annotated[int, integer(2, 10)]
    communication: Annotated[str, one_of("game", "all", "none")] = "game"
    sweeps: Annotated[int, integer(1, 50)] = 50


def build(name: str, seed: int, **keys: Any) -> Module:
    """Make the naming game."""
    from kvae.modules.naming_game import NamingGame

    return NamingGame(name=name, seed=seed, **keys)
