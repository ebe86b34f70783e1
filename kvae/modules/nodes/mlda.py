"""`module: mlda`: topics that explain the words of several modules."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from kvae.modules.module import Module
from kvae.modules.nodes import NodeConfig
from kvae.options.rules import FLAG, NULL, integer, list_of, number


@dataclass(frozen=True, kw_only=True)
class Options(NodeConfig):
    """The keys of a node `mlda`; see `kvae.modules.MLDA`."""

    K: Annotated[int, integer(1, 10)]
    weights: Annotated[Sequence[float] | None, list_of(number(0, 200, above=True), "[200,200]") | NULL] = None
    itr: Annotated[int, integer(1, 100)] = 100
    alpha: Annotated[float, number(0, 0.1)] = 0.0
    beta: Annotated[float, number(0, 0.1, above=True)] = 0.1
    calibrate: Annotated[bool, FLAG] = True
    n_starts: Annotated[int, integer(1, 9)] = 9
    trust: Annotated[float, number(0, 1.0)] = 1.0


def build(name: str, seed: int, **keys: Any) -> Module:
    """Make the topic model."""
    from kvae.modules.mlda import MLDA

    return MLDA(name=name, seed=seed, **keys)
