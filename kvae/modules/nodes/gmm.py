"""`module: gmm`: a Gaussian mixture on what is observed."""

from dataclasses import dataclass
from typing import Annotated, Any

from kvae.modules.module import Module
from kvae.modules.nodes import NodeConfig
from kvae.modules.priors.gmm import Mixture
from kvae.options.rules import integer


@dataclass(frozen=True, kw_only=True)
class Options(Mixture, NodeConfig):
    """The keys of a node `gmm`; see `kvae.modules.GMM`."""

    K: Annotated[int, integer(1, 10)]


def build(name: str, seed: int, **keys: Any) -> Module:
    """Make the mixture."""
    from kvae.modules.gmm import GMM

    return GMM(name=name, seed=seed, **keys)
