"""`module: vae`: a VAE on what it observes."""

from dataclasses import dataclass
from typing import ClassVar

from kvae.modules.nodes import NodeConfig


@dataclass(frozen=True, kw_only=True)
class Options(NodeConfig):
    """The keys of a node `vae`: its own, and those of the groups `model` and `train`.

    The keys in `OF_THE_RUN` apply to the whole run and are keys of the group `train` alone.
    """

    SECTIONS: ClassVar[tuple[str, ...]] = ("model", "train")
    OF_THE_RUN: ClassVar[tuple[str, ...]] = ("resume", "device", "strategy")
