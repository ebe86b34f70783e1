"""`prior=gmm`: a Gaussian mixture on the codes, which learns in turn with the VAE."""

from dataclasses import dataclass
from typing import Annotated, Any

from kvae.modules.module import Module
from kvae.modules.priors import InRounds
from kvae.options.rules import FLAG, Name, Rule, fraction, integer, number, one_of

SHARE = Rule("a number > 0 and <= 1", lambda v: number(0, 1, above=True).accepts(v) and v <= 1, 1.0)


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """The parameters of `kvae.modules.GMM` that are keys, without K."""

    itr: Annotated[int, integer(1, 100)] = 100
    covariance_type: Annotated[str, one_of("full", "tied", "diag", "spherical")] = "full"
    equal_weights: Annotated[bool, FLAG] = False
    concentration: Annotated[float, number(0, 1)] = 1.0
    ridge: Annotated[float, number(0, 0.1)] = 0.1
    n_starts: Annotated[int, integer(1, 12)] = 12
    selection: Annotated[str, one_of("modularity", "score")] = "modularity"
    n_neighbors: Annotated[int, integer(0, 15)] = 0
    message: Annotated[str, one_of("mean", "diag", "full")] = "mean"
    damping: Annotated[float, fraction(0.5)] = 0.0
    weight: Annotated[float, SHARE] = 1.0
    ramp: Annotated[int, integer(0, 3)] = 0


@dataclass(frozen=True, kw_only=True)
class Options(Mixture, InRounds):
    """The keys of `prior=gmm`."""

    name: Name = "gmm"
    n_components: Annotated[int, integer(1, 10)] = 10
    rounds: Annotated[int, integer(1, 5)] = 5


def build(n_components: int, seed: int, **keys: Any) -> Module:
    """Make the mixture."""
    from kvae.modules.gmm import GMM

    return GMM(n_components, seed=seed, **keys)
