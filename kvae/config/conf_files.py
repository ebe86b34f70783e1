"""The files of `conf/`: the options of a group, and their keys."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from kvae.process.paths import CONF


def options_of(group: str) -> list[str]:
    """The options of a group: the names of its files, sorted."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


@cache
def values_in(path: Path) -> dict[str, Any]:
    """The keys of a file and of the files in its list of defaults, with their values."""
    node: Any = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
    own = {key: value for key, value in node.items() if key != "defaults"}
    return defaults_of(node, path) | own


def defaults_of(node: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The keys of the files in the list of defaults of a file, with their values."""
    values: dict[str, Any] = {}
    for one in node.get("defaults", []):
        if isinstance(one, str) and one != "_self_":  # a dictionary chooses an option of another group
            name = one.partition("@")[0]
            folder = CONF if name.startswith("/") else path.parent
            values |= values_in(folder / f"{name.lstrip('/')}.yaml")
    return values


def keys_of(group: str, option: str) -> set[str]:
    """The keys of an option."""
    return set(values_in(CONF / group / f"{option}.yaml"))


def of_another_option(group: str, name: str, section: Mapping[str, Any]) -> str | None:
    """The error text for a key that only other options of a group have; None if no option has it.

    Args:
        group: The group.
        name: The key.
        section: The composed section of the group.
    """
    having = [option for option in options_of(group) if name in keys_of(group, option)]
    if not having or name in section:
        return None
    chosen = chosen_option(group, section)
    lacks = f"the chosen {group}" if chosen is None else f"{group}={chosen}"
    choices = [f"{group}={option}" for option in having]
    if len(choices) == 1:
        advice = f"It belongs to {choices[0]}. Type {choices[0]}"
    else:
        advice = f"It belongs to {', '.join(choices[:-1])} and {choices[-1]}. Type one of them"
    return f"{lacks} has no key {name}. {advice}, or leave {group}.{name} out"


def chosen_option(group: str, section: Mapping[str, Any]) -> str | None:
    """The option from which a section was composed, by its `name` and `_target_`; None if they do not tell."""
    said = {key: section.get(key) for key in ("name", "_target_") if section.get(key) is not None}
    for option in options_of(group) if said else []:
        values = values_in(CONF / group / f"{option}.yaml")
        if all(values.get(key) == value for key, value in said.items()):
            return option
    return str(said["name"]) if "name" in said else None
