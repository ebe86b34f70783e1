"""The keys of the group `network`: rounds, modules, and the modules that each of them observes."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Annotated, Any

from kvae.errors import InputError
from kvae.modules.graph.order import check_names, in_order
from kvae.modules.nodes import NodeConfig
from kvae.modules.nodes import options_for as kind_of
from kvae.options.found import make
from kvae.options.rules import Name, Rule, UnknownKeyError, build_section, declared, integer, unknown_key
from kvae.options.schema import section_class

MODULES = Rule(
    "modules by their names", lambda v: isinstance(v, dict) and len(v) > 0, "{x: {module: observation}, ...}"
)


@dataclass(frozen=True)
class Node:
    """A module in the config of a network.

    Attributes:
        name: The name of the module.
        options: Its own keys, checked.
        sections: The groups that it takes as well, checked: `data` for an observation, `model` and `train` for a
            VAE. Keys that the node does not set have the run's values.
        plain: The same groups as plain values.
    """

    name: str
    options: NodeConfig
    sections: Mapping[str, Any] = field(default_factory=dict)
    plain: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The node's key in the config."""
        return f"network.modules.{self.name}"

    @property
    def observed(self) -> list[str]:
        """The names of the modules that it observes."""
        return self.options.observed

    @property
    def is_observation(self) -> bool:
        """Whether the module holds data."""
        return "data" in self.sections

    @property
    def is_vae(self) -> bool:
        """Whether the module is a VAE."""
        return "model" in self.sections


@dataclass(frozen=True, kw_only=True)
class NoNetwork:
    """The keys of `network=none`: one VAE, with the modules that the group `prior` chooses."""

    name: Name = "none"
    nodes: Mapping[str, Node] = field(default_factory=dict)

    def with_nodes(self, run: Mapping[str, Any], typed: bool) -> "NoNetwork":
        """`self`, since there are no nodes."""
        return self


@dataclass(frozen=True, kw_only=True)
class NetworkConfig(NoNetwork):
    """The keys of a network of modules.

    Attributes:
        rounds: Number of rounds, in each of which every module learns once.
        modules: The nodes by name, as in the config.
        nodes: The same nodes, checked, each after those that it observes.
    """

    rounds: Annotated[int, integer(1, 5)] = 5
    modules: Annotated[dict, MODULES] = field(default_factory=dict)

    def with_nodes(self, run: Mapping[str, Any], typed: bool) -> "NetworkConfig":
        """The same config with checked nodes, which take keys that they do not set from the groups of the `run`.

        Raises:
            InputError: For wrong keys or values, or modules that cannot be connected so.
        """
        check_prior(self.name, run.get("prior") or {})
        nodes = {str(name): node_of(str(name), values, run, typed) for name, values in self.modules.items()}
        check_names(nodes)
        return replace(self, nodes=in_order(nodes))


COMMON = NetworkConfig


def options_for(values: dict[str, Any], typed: bool) -> type:
    """The dataclass of the group's keys: `NoNetwork` for `network=none`, else `NetworkConfig` with that name."""
    name = values.get("name", "none")
    if name == "none" and "modules" not in values:
        return NoNetwork
    return make(NetworkConfig, [("name", Name, field(default=name))])


def check_prior(network: str, prior: Mapping[str, Any]) -> None:
    """Raise InputError for a prior other than `standard`: the modules of a network send the messages."""
    name = prior.get("name") or prior.get("_target_")
    if name not in (None, "standard"):
        raise InputError(
            f"prior must be standard with network={network}, whose modules send the messages. Received: "
            f"prior={name}. Type prior=standard, or network=none"
        )


def node_of(name: str, values: Any, run: Mapping[str, Any], typed: bool) -> Node:
    """A node with its keys checked.

    Raises:
        InputError: For an unknown kind or key, or a value that is not allowed.
    """
    key = f"network.modules.{name}"
    if not isinstance(values, dict):
        raise InputError(
            f"{key} must hold the keys of a module. Received: {values!r}. Type, for example, {key}.module=gmm"
        )
    if not values.keys() & {"module", "_target_"} and name != (close := close_name(name, run)):
        raise InputError(f"{key} names no module of the network. Did you mean network.modules.{close}?")
    kind = kind_of(key, values, typed)
    own = declared(kind)
    rest = {one: value for one, value in values.items() if one not in own}
    allowed, sections, plain = set(own), {}, {}
    for group in kind.SECTIONS:
        section = run.get(group) or {}
        options = section_class(group, section | rest, typed)
        keys = set(declared(options)) - set(kind.OF_THE_RUN)
        taken = {one: value for one, value in rest.items() if one in keys}
        plain[group] = merged(
            section, taken, set(declared(options)) | (section.keys() if takes_all(options) else set())
        )
        sections[group] = build_section(options, plain[group], f"{key}.", lenient=not typed)
        rest = {one: value for one, value in rest.items() if one not in taken}
        allowed |= keys
    if kind.SECTIONS and rest and typed:
        unknown = next(iter(rest))
        raise UnknownKeyError(unknown_key(f"{key}.{unknown}", allowed), key, unknown)
    of_module = values if not kind.SECTIONS else {one: value for one, value in values.items() if one in own}
    return Node(name, build_section(kind, of_module, f"{key}.", lenient=not typed), sections, plain)


def close_name(name: str, run: Mapping[str, Any]) -> str:
    """The name of another module of the network that is similar to `name`; `name` itself where there is none."""
    others = [str(other) for other in run["network"]["modules"] if str(other) != name]
    return next(iter(difflib.get_close_matches(name, others, n=1)), name)


def takes_all(options: type) -> bool:
    """Whether a section takes keys without rules, such as arguments of the user's own networks."""
    return any(one.name == "extra" for one in fields(options))


def merged(section: Mapping[str, Any], taken: Mapping[str, Any], keys: set[str]) -> dict[str, Any]:
    """A section in which the keys that a node sets (`taken`) replace its own, in nested mappings as well.

    So a `hidden_encoder_dim` also replaces that of `encoder`, whose YAML refers to it.
    """
    found = {one: value for one, value in section.items() if one in keys} | dict(taken)
    for one, value in found.items():
        if isinstance(value, dict) and one not in taken:
            found[one] = value | {inner: taken[inner] for inner in value if inner in taken}
    return found
