"""The whole config, composed of the keys that every group and its chosen option declare.

The keys of an option are declared beside its code, those of all options of a group once, in the group's package;
the YAML files hold the defaults.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from kvae.errors import InputError
from kvae.options.found import all_in
from kvae.options.rules import (
    FLAG,
    NULL,
    Rule,
    build_section,
    declared,
    integer,
    one_of,
    text,
)

SEED = Rule("an integer from 0 to 4294967295", lambda v: integer(0, 0).accepts(v) and v < 2**32, 0)


@dataclass(frozen=True)
class RunConfig:
    """The keys outside every group."""

    name: Annotated[str, text("vae")]
    seed: Annotated[int, SEED]
    outputs: Annotated[str, text("outputs")]
    format: Annotated[str, one_of("txt", "npy", "csv")]
    objective: Annotated[str, text("val_loss")]
    compile_cache: Annotated[bool, FLAG] = True
    resume: Annotated[str | None, text("outputs/vae/learn/...") | NULL] = None


def calls_nothing(node: dict[str, Any], key: str, **arguments: Any) -> Any:
    """`Config.instantiate` of a config that was read from a file: it calls nothing and raises RuntimeError."""
    raise RuntimeError(f"{key}._target_={node['_target_']}: this config was read from a file, and calls nothing")


@dataclass(frozen=True)
class Config:
    """The whole, checked config.

    Attributes:
        plain: The same as nested dictionaries, for files.
        instantiate: Calls the `_target_` of the node under a key, with the node's own keys and more arguments:
            `instantiate(node, "model.encoder", latent_dim=2)`. Whoever composes a config sets it.
    """

    run: RunConfig
    data: Any
    model: Any
    prior: Any
    network: Any
    kl: Any
    train: Any
    mode: Any
    tracking: Any
    metric: Any
    plain: dict[str, Any]
    instantiate: Callable[..., Any] = field(default=calls_nothing, repr=False, compare=False)

    @property
    def strategy(self) -> str | None:
        """The `train.strategy` of the run; None for a run that trains nothing, or on one device."""
        return self.train.strategy if self.mode.trains else None


# Where each group declares the keys of its options: a module with `options_for(values, typed)` and with `PACKAGE`,
# the package in which each option has a file, or `COMMON`, the class of the keys that all options have.
GROUPS: dict[str, str | type] = {
    "data": "kvae.data.options",
    "model": "kvae.vae.options",
    "prior": "kvae.modules.priors",
    "network": "kvae.modules.graph.options",
    "kl": "kvae.schedules",
    "train": "kvae.training.options",
    "mode": "kvae.modes.options",
    "tracking": "kvae.tracking.options",
    "metric": "kvae.metrics.options",
}


def section_class(group: str, values: dict[str, Any], typed: bool) -> type:
    """The dataclass of the keys of a group's chosen option.

    Args:
        group: The group.
        values: The section as composed.
        typed: Whether the user typed it; else it was read from a run folder, and code of the user's own that it
            names is not imported.
    """
    where = GROUPS[group]
    if not isinstance(where, str):
        return where
    return importlib.import_module(where).options_for(values, typed)


def keys_in(group: str) -> set[str]:
    """The keys of kvae's own options of a group; if functions declare them, only those that all options have."""
    where = GROUPS[group]
    if not isinstance(where, str):
        return set(declared(where))
    module = importlib.import_module(where)
    package = getattr(module, "PACKAGE", None)
    classes = [module.COMMON] if package is None else all_in(package)
    return {key for one in classes for key in declared(one)}


def check(values: dict[str, Any], instantiate: Callable[..., Any] = calls_nothing) -> Config:
    """The checked config from plain, resolved values; the whole of it, before anything is loaded.

    Args:
        values: The keys, as nested dictionaries.
        instantiate: The function that calls a `_target_`; see `Config`. Without it the config is one that was read
            from a run folder: it may have keys of an earlier version, and code of the user's own is not imported.

    Raises:
        InputError: For an unknown key, or a value of the wrong type or range.
    """
    top = {key: value for key, value in values.items() if key not in GROUPS}
    for name in GROUPS:
        if not isinstance(values.get(name) or {}, dict):
            raise InputError(f"{name} must hold keys. Received: {values[name]!r}")
    typed = instantiate is not calls_nothing
    sections = {}
    for name in GROUPS:
        found = values.get(name) or {}
        sections[name] = build_section(section_class(name, found, typed), found, f"{name}.", lenient=not typed)
    sections["network"] = sections["network"].with_nodes(values, typed)
    if sections["network"].nodes and not sections["mode"].takes_networks:
        mode, network = sections["mode"].name, sections["network"].name
        raise InputError(
            f"mode={mode} takes a run of one VAE, and network={network} has several modules. "
            "Type network=none, or mode=recog"
        )
    return Config(run=build_section(RunConfig, top, ""), **sections, plain=values, instantiate=instantiate)
