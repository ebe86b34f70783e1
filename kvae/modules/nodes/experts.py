"""`module: experts`: joins VAEs of several modalities, which exchange messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from kvae.modules.module import Module
from kvae.modules.nodes import NodeConfig
from kvae.modules.priors.gmm import SHARE
from kvae.options.rules import FLAG, NULL, fraction, integer, list_of, number, one_of


@dataclass(frozen=True, kw_only=True)
class Options(NodeConfig):
    """The keys of a node `experts`; see `kvae.modules.Experts`."""

    kind: Annotated[str, one_of("poe", "moe", "mopoe")] = "poe"
    weights: Annotated[Sequence[float] | None, list_of(number(0, 1, above=True), "[1,1]") | NULL] = None
    align: Annotated[bool, FLAG] = True
    divide: Annotated[str, one_of("prior", "messages")] = "prior"
    message: Annotated[str, one_of("diag", "mean")] = "diag"
    damping: Annotated[float, fraction(0.5)] = 0.0
    ramp: Annotated[int, integer(0, 3)] = 0
    floor: Annotated[float, SHARE] = 0.001


def build(name: str, seed: int, **keys: Any) -> Module:
    """Make the experts; they draw no random numbers, so `seed` is not used."""
    from kvae.modules.experts import Experts

    return Experts(name=name, **keys)
