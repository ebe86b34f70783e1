"""`module: observation`: data at the bottom of a network."""

from dataclasses import dataclass
from typing import ClassVar

from kvae.modules.nodes import NodeConfig


@dataclass(frozen=True, kw_only=True)
class Options(NodeConfig):
    """The keys of a node `observation`: its own, and those of the group `data`."""

    SECTIONS: ClassVar[tuple[str, ...]] = ("data",)
