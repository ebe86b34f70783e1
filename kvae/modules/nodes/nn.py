"""`module: nn`: a neural network from the classes of one module to the forward message of another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from kvae.modules.module import Module
from kvae.modules.nodes import NodeConfig
from kvae.options.rules import NULL, Rule, integer, list_of, number, one_of

WIDTHS = Rule(
    "an integer >= 1, or a list of them",
    lambda v: integer(1, 64).accepts(v) or list_of(integer(1, 64), "").accepts(v),
    64,
)


@dataclass(frozen=True, kw_only=True)
class Options(NodeConfig):
    """The keys of a node `nn`; see `kvae.modules.NN`."""

    itr: Annotated[int, integer(1, 500)] = 500
    batch_size: Annotated[int | None, integer(1, 500) | NULL] = None
    hidden: Annotated[int | Sequence[int], WIDTHS] = 64
    learning_rate: Annotated[float, number(0, 0.001, above=True)] = 0.001
    target: Annotated[str, one_of("numbers", "classes")] = "numbers"


def build(name: str, seed: int, **keys: Any) -> Module:
    """Make the module; the neural network is built at its first update."""
    from kvae.modules.nn import NN

    hidden = keys.pop("hidden")
    return NN(name=name, seed=seed, hidden=hidden if isinstance(hidden, int) else list(hidden), **keys)
