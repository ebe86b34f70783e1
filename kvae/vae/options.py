"""The keys that all models have; those of a network are arguments of its function, annotated with rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from importlib.util import find_spec
from typing import Annotated, Any

from kvae.errors import InputError
from kvae.likelihoods.lookup import named_or_target, what_is_wrong
from kvae.options.found import load, make
from kvae.options.rules import ANYTHING, FLAG, Rule, described, integer, list_of, number, target, text

NAMES = Rule("a list of names of columns", lambda v: v == [] or list_of(text(""), "").accepts(v), "[sector]")
SHARE = Rule("a number >= 0 and < 1", lambda v: number(0, 0).accepts(v) and v < 1, 0.2)


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The model. Keys of a user's own network, which no rule covers, are collected in `extra`."""

    encoder: Annotated[dict, target("my_models.encoder")]
    decoder: Annotated[dict, target("my_models.decoder")]
    latent_dim: Annotated[int, integer(1, 10)]
    KL_param: Annotated[float, number(0, 1)] = 1.0
    likelihood: Annotated[str | dict, named_or_target()] = "bernoulli"
    n_samples: Annotated[int, integer(1, 1)] = 1
    free_bits: Annotated[float, number(0, 0)] = 0.0
    iwae: Annotated[bool, FLAG] = False
    hide: Annotated[float, SHARE] = 0.0
    condition: Annotated[Sequence[str], NAMES] = ()

    def __post_init__(self) -> None:
        if (wrong := what_is_wrong(self.likelihood, "model.likelihood")) is not None:
            raise InputError(wrong)


@dataclass(frozen=True, kw_only=True)
class OwnNetworks(ModelConfig):
    """A model with a network of the user's own."""

    extra: dict = field(default_factory=dict)


COMMON = ModelConfig


def options_for(values: dict[str, Any], typed: bool) -> type:
    """The dataclass of the keys of a model: those that all have, and those that its networks declare."""
    networks = []
    own = False
    for which in ("encoder", "decoder"):
        node = values.get(which)
        module = module_of(node)
        own = own or module is None
        if module is None or not isinstance(node, dict):
            continue
        function = load(f"{module}.{node['_target_'].rpartition('.')[2]}", f"model.{which}")
        networks.append((function if callable(function) else None, frozenset(node.keys() - {"_target_"})))
    return class_of(own, tuple(networks))


@lru_cache
def class_of(own: bool, networks: tuple[tuple[Any, frozenset[str]], ...]) -> type:
    """The dataclass of a model with these functions of networks (None: no function), each with its node's keys.

    A process that checks many configs, such as that of a sweep, makes it once.
    """
    common = {one.name for one in fields(ModelConfig)}
    found: dict[str, tuple[str, Any, Any]] = {}
    for function, keys in networks:
        declared = [] if function is None else described(function, given=("data_shape", "latent_dim"))
        for name, kind, default in declared:
            # An argument without a rule, such as an activation, can only be set beside the `_target_`.
            if kind.__metadata__[0] is not ANYTHING:
                found[name] = name, kind, default
        for name in keys - found.keys():  # the function itself refuses unknown arguments
            found[name] = name, Annotated[Any, ANYTHING], field(default=None)
    return make(OwnNetworks if own else ModelConfig, [one for name, one in found.items() if name not in common])


def module_of(node: Any) -> str | None:
    """The file in `kvae/networks/` of the network that a node names; None of a user's own.

    `kvae.layers.mlp_encoder`, the name in saved configs, is defined in `kvae.networks.mlp`.
    """
    target = node.get("_target_") if isinstance(node, dict) else None
    if not isinstance(target, str) or not target.startswith(("kvae.layers.", "kvae.networks.")):
        return None
    module, _, name = target.rpartition(".")
    file = name.rpartition("_")[0] if module == "kvae.layers" else module.rpartition(".")[2]
    found = file.isidentifier() and find_spec(f"kvae.networks.{file}") is not None
    return f"kvae.networks.{file}" if found else None
