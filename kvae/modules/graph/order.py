"""Check which modules observe which before training, and put them in order."""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from kvae.errors import InputError


def check_names(nodes: Mapping[str, Any]) -> None:
    """Raise InputError for a name that cannot name a folder, a wrong `observes`, or an unused observation."""
    for name, node in nodes.items():
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) is None:
            raise InputError(
                "a name under network.modules must be of letters, digits and _, since it names a folder. "
                f"Received: {name!r}"
            )
        check_observed(node, nodes)
    observed = {one for node in nodes.values() for one in node.observed}
    for name, node in nodes.items():
        if node.is_observation and name not in observed:
            raise InputError(f"{node.key} is observed by no module. Leave it out: '~{node.key}'")


def check_observed(node: Any, nodes: Iterable[str]) -> None:
    """Raise InputError unless a node observes other modules of the network, and an observation observes none."""
    key, names = f"{node.key}.observes", node.observed
    if node.is_observation:
        if names:
            raise InputError(
                f"{key}: an observation is data, and observes no module. Received: {', '.join(names)}"
            )
        return
    others = [name for name in nodes if name != node.name]
    if not names:
        raise InputError(f"{key} is missing: a module observes at least one other. There are: {', '.join(others)}")
    for name in names:
        if name == node.name:
            raise InputError(f"{key}: a module cannot observe itself. Received: {name}")
        if name not in others:
            close = difflib.get_close_matches(name, others, n=1)
            hint = f". Did you mean {close[0]}?" if close else ""
            raise InputError(
                f"{key} must name modules of the network: {', '.join(others)}. Received: {name}{hint}"
            )
    if len(set(names)) < len(names):
        raise InputError(f"{key} names a module twice. Received: {', '.join(names)}")


def in_order(nodes: Mapping[str, Any]) -> dict[str, Any]:
    """The nodes in the order of the config, but each after all that it observes.

    Raises:
        InputError: When nodes observe each other in a circle.
    """
    placed: dict[str, Any] = {}
    while len(placed) < len(nodes):
        ready = next((n for n in nodes if n not in placed and set(nodes[n].observed) <= placed.keys()), None)
        if ready is None:
            raise InputError(f"network.modules observe each other in a circle: {circle(nodes, placed)}")
        placed[ready] = nodes[ready]
    return placed


def circle(nodes: Mapping[str, Any], placed: Mapping[str, Any]) -> str:
    """A circle among the nodes that are not `placed`, such as `vae1 -> gmm1 -> vae1`."""
    path = [next(name for name in nodes if name not in placed)]
    while path[-1] not in path[:-1]:
        path.append(next(name for name in nodes[path[-1]].observed if name not in placed))
    return " -> ".join(path[path.index(path[-1]) :])
