"""`module: frozen`: a model that was learnt elsewhere, which sends its outputs and does not learn."""

from dataclasses import dataclass
from typing import Annotated

from kvae.modules.module import Module
from kvae.modules.nodes import NodeConfig
from kvae.options.rules import NULL, text


@dataclass(frozen=True, kw_only=True)
class Options(NodeConfig):
    """The keys of a node `frozen`; see `kvae.modules.Frozen`."""

    path: Annotated[str, text("encoder.keras")]
    layer: Annotated[str | None, text("dense_1") | NULL] = None


def build(name: str, seed: int, path: str, layer: str | None) -> Module:
    """Make the module of the model in `path`; it draws no random numbers, so `seed` is not used."""
    from kvae.modules.frozen import Frozen

    return Frozen(path, layer, name=name)
