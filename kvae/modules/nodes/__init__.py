"""The kinds of modules in a network, a file per kind: the keys of its nodes, and `build`, which makes the module.

A node in a network's YAML has its kind, `module: gmm`, or the user's own class or function, `_target_:
my_modules.MyModule`; the modules that it observes; and arguments of the class. Checks of a config import no Keras.
"""

import importlib
import inspect
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar

from kvae.errors import InputError, in_short
from kvae.modules.module import Module
from kvae.options.found import by_target, names_in
from kvae.options.rules import Rule, list_of, text

# A file per kind.
PACKAGE = "kvae.modules.nodes"
NAMES = Rule(
    "the name of a module, or a list of names",
    lambda v: v == [] or text("").accepts(v) or list_of(text(""), "").accepts(v),
    "vae1",
)


@dataclass(frozen=True, kw_only=True)
class NodeConfig:
    """The keys that all nodes have.

    Attributes:
        module: The kind of module.
        observes: The names of the modules that it observes.
        SECTIONS: Config groups whose keys the node takes as well; those that it leaves out have the run's values.
        OF_THE_RUN: Keys of these groups that a node does not take, since they apply to the whole run.
    """

    SECTIONS: ClassVar[tuple[str, ...]] = ()
    OF_THE_RUN: ClassVar[tuple[str, ...]] = ()

    module: Annotated[str, text("gmm")] = ""
    observes: Annotated[str | Sequence[str], NAMES] = ()

    @property
    def observed(self) -> list[str]:
        """The names of the modules that it observes, in order."""
        return [self.observes] if isinstance(self.observes, str) else list(self.observes)


# Keys that describe the node, and are not arguments of the module.
OWN = ("module", "observes", "_target_")


def options_for(key: str, values: dict[str, Any], typed: bool) -> type[NodeConfig]:
    """The dataclass of a node's keys: `Options` of its kind, or the arguments of its `_target_`.

    Args:
        key: The key of the node, such as `network.modules.gmm1`.
        values: The values of its keys.
        typed: Whether they come from the command line. A `_target_` from a saved config is not imported.

    Raises:
        InputError: For an unknown kind, or a `_target_` that cannot be found.
    """
    if "_target_" in values:
        if "module" in values:
            raise InputError(f"{key} must have module or _target_, not both. Type, for example, '~{key}.module'")
        return by_target(key, NodeConfig, values["_target_"], typed, given=("name", "seed"))
    kind, kinds = values.get("module"), names_in(PACKAGE)
    if kind not in kinds:
        received = "nothing" if kind is None else repr(kind)
        raise InputError(
            f"{key}.module must be one of {', '.join(kinds)}. Received: {received}. "
            f"Type, for example, {key}.module=gmm, or name your own class as {key}._target_"
        )
    return importlib.import_module(f"{PACKAGE}.{kind}").Options


def build(name: str, node: NodeConfig, seed: int, key: str) -> Module:
    """Make the module of a node, not yet connected.

    Args:
        name: The module's name.
        node: The node's keys.
        seed: The run's seed, passed to classes that have a parameter `seed`.
        key: The key of the node, for error texts.

    Raises:
        InputError: When the module cannot be made with these keys, or its `_target_` comes from a run folder.
    """
    given = {field.name: getattr(node, field.name) for field in fields(node) if field.name not in OWN}
    target = getattr(node, "_target_", None)
    if target is None:
        made = importlib.import_module(f"{PACKAGE}.{node.module}").build(name=name, seed=seed, **given)
    else:
        made = build_own(node, key, {"name": name, "seed": seed} | given)
    made.name, made.keys = name, f"{key}."
    return made


def build_own(node: Any, key: str, given: dict[str, Any]) -> Module:
    """Call the `_target_` of a node with those of the arguments that it takes."""
    called = node.CALLED
    if called is None:
        raise InputError(
            f"{key}._target_={node._target_} comes from a run folder, and code that a folder "
            "names is not called. "
            "Choose the same network on the command line"
        )
    try:
        taken = inspect.signature(called).parameters
        made = called(**{name: value for name, value in given.items() if name in taken})
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{key}._target_={node._target_} failed: {in_short(error)}") from error
    if not isinstance(made, Module):
        raise InputError(
            f"{key}._target_={node._target_} must give a module of kvae.modules. Received: {type(made).__name__}"
        )
    return made
