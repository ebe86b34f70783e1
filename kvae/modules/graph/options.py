"""The keys of the group `network`: modules, what each of them observes, and rounds."""

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
    """A module as a network describes it.

    Attributes:
        name: Its name.
        options: Its keys.
        sections: Of an observation `data`, of a VAE `model` and `train`: as the run has them, but for the keys of
            the node.
        plain: The same as plain values.
    """

    name: str
    options: NodeConfig
    sections: Mapping[str, Any] = field(default_factory=dict)
    plain: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its key in the config."""
        return f"network.modules.{self.name}"

    @property
    def observed(self) -> list[str]:
        """The names of the modules that it observes."""
        return self.options.observed

    @property
    def is_observation(self) -> bool:
        """Whether it is data."""
        return "data" in self.sections

    @property
    def is_vae(self) -> bool:
        """Whether it is a VAE."""
        return "model" in self.sections


@dataclass(frozen=True, kw_only=True)
class NoNetwork:
    """A run without a network of its own: a VAE, and what `prior` says."""

    name: Name = "none"
    nodes: Mapping[str, Node] = field(default_factory=dict)

    def with_nodes(self, run: Mapping[str, Any], typed: bool) -> "NoNetwork":
        """There are none."""
        return self


@dataclass(frozen=True, kw_only=True)
class NetworkConfig(NoNetwork):
    """A network of modules.

    Attributes:
        rounds: In each every module learns once.
        modules: The nodes as they are typed.
        nodes: The same, checked, each after those that it observes.
    """

    rounds: Annotated[int, integer(1, 5)] = 5
    modules: Annotated[dict, MODULES] = field(default_factory=dict)

    def with_nodes(self, run: Mapping[str, Any], typed: bool) -> "NetworkConfig":
        """The same with its nodes, each with what it takes from the sections of the `run`.

        Raises:
            InputError: For a network that cannot be.
        """
        check_prior(self.name, run.get("prior") or {})
        nodes = {str(name): node_of(str(name), values, run, typed) for name, values in self.modules.items()}
        check_names(nodes)
        return replace(self, nodes=in_order(nodes))


COMMON = NetworkConfig


def options_for(values: dict[str, Any], typed: bool) -> type:
    """The dataclass of the keys of the group: a name alone, or those of a network, which all of them have."""
    name = values.get("name", "none")
    if name == "none" and "modules" not in values:
        return NoNetwork
    return make(NetworkConfig, [("name", Name, field(default=name))])


def check_prior(network: str, prior: Mapping[str, Any]) -> None:
    """Raise InputError where a prior is typed as well: in a network its modules send the messages."""
    name = prior.get("name") or prior.get("_target_")
    if name not in (None, "standard"):
        raise InputError(
            f"prior must be standard with network={network}, whose modules send the messages. Received: "
            f"prior={name}. Type prior=standard, or network=none"
        )


def node_of(name: str, values: Any, run: Mapping[str, Any], typed: bool) -> Node:
    """A node, its keys checked.

    Raises:
        InputError: For an unknown kind or key, or a value that its rule rejects.
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
    """The module of the network whose name is nearest to one; that itself where there is none."""
    others = [str(other) for other in run["network"]["modules"] if str(other) != name]
    return next(iter(difflib.get_close_matches(name, others, n=1)), name)


def takes_all(options: type) -> bool:
    """Whether a section takes keys that no rule covers, as networks of the user's own have."""
    return any(one.name == "extra" for one in fields(options))


def merged(section: Mapping[str, Any], taken: Mapping[str, Any], keys: set[str]) -> dict[str, Any]:
    """A section with keys of a node in place of its own, also where they stand again in a node below it.

    So `hidden_encoder_dim` is that of `encoder` as well, whose YAML refers to it.
    """
    found = {one: value for one, value in section.items() if one in keys} | dict(taken)
    for one, value in found.items():
        if isinstance(value, dict) and one not in taken:
            found[one] = value | {inner: taken[inner] for inner in value if inner in taken}
    return found
