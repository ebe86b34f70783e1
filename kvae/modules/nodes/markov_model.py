"""`module: markov_model`: a Markov chain over the classes of what is observed, in the order of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from kvae.modules.module import Module
from kvae.modules.nodes import NodeConfig
from kvae.options.rules import NULL, Rule, integer, list_of, number, one_of

ABOVE_0 = number(0, 0.1, above=True)
LENGTHS = Rule(
    "an integer >= 1, or a list of them",
    lambda v: integer(1, 10).accepts(v) or list_of(integer(1, 10), "").accepts(v),
    10,
)


@dataclass(frozen=True, kw_only=True)
class Options(NodeConfig):
    """The keys of a node `markov_model`; see `kvae.modules.MarkovModel`."""

    num_samp: Annotated[int, integer(1, 100)] = 100
    lengths: Annotated[int | Sequence[int] | None, LENGTHS | NULL] = None
    alpha: Annotated[float, ABOVE_0] = 0.1
    method: Annotated[str, one_of("exact", "sampling")] = "exact"
    itr: Annotated[int, integer(1, 100)] = 100
    n_starts: Annotated[int, integer(0, 12)] = 12
    trust: Annotated[float | None, number(0, 0.3) | NULL] = 0.3


def build(name: str, seed: int, **keys: Any) -> Module:
    """Make the Markov model."""
    from kvae.modules.markov import MarkovModel

    return MarkovModel(name=name, seed=seed, **keys)
