"""The group `metric`: metrics of the user's own, each a node with a `_target_` under its name."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kvae.errors import InputError
from kvae.options.found import load
from kvae.options.rules import target

NODE = target("my_module.my_metric")


@dataclass(frozen=True)
class MetricConfig:
    """Metrics of the user's own: in `extra` a node by the name of each, its `_target_` and its arguments."""

    extra: dict = field(default_factory=dict)

    def functions(self) -> dict[str, Callable[..., Any]]:
        """The functions by their names, with their arguments bound; see `kvae.metrics.own`.

        Raises:
            InputError: For one that cannot be imported, or that has an argument which kvae does not pass.
        """
        found: dict[str, Callable[..., Any]] = {}
        for name, node in self.extra.items():
            if not NODE.accepts(node):
                raise InputError(
                    f"metric.{name} must be {NODE.allowed}. Received: {node!r}. "
                    f"Type, for example, metric.{name}._target_={NODE.example}"
                )
            from kvae.metrics.own import take  # it takes a second to import, and few runs need it

            arguments = {key: value for key, value in node.items() if key != "_target_"}
            function = load(node["_target_"], f"metric.{name}")
            found[name] = (
                functools.partial(function, **arguments) if arguments and callable(function) else function
            )
            take(name, found[name], node["_target_"])
        return found


def options_for(values: dict[str, Any], typed: bool) -> type:
    """The dataclass of the keys of the group; if the user `typed` them, their functions are checked."""
    if typed:
        MetricConfig(values).functions()
    return MetricConfig


COMMON = MetricConfig
