"""The kinds of modules that a network is made of: a file each, with the keys of such a node and its `build`.

A node of a network's YAML names its kind, `module: gmm`, or a class or function of the user's own, `_target_:
my_modules.MyModule`; what it observes; and arguments of the module's class. Checks of a config import no Keras.
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
        module: The kind.
        observes: The names of the modules that it observes.
        SECTIONS: Groups whose keys it takes as well; what it leaves out comes from those of the run.
        OF_THE_RUN: Keys of those groups that it does not take.
    """

    SECTIONS: ClassVar[tuple[str, ...]] = ()
    OF_THE_RUN: ClassVar[tuple[str, ...]] = ()

    module: Annotated[str, text("gmm")] = ""
    observes: Annotated[str | Sequence[str], NAMES] = ()

    @property
    def observed(self) -> list[str]:
        """The names of the modules that it observes, in order."""
        return [self.observes] if isinstance(self.observes, str) else list(self.observes)


# Keys that are about the network, and no arguments of the module.
OWN = ("module", "observes", "_target_")


def options_for(key: str, values: dict[str, Any], typed: bool) -> type[NodeConfig]:
    """The dataclass of the keys of a node: that in the file of its kind, or arguments of what `_target_` names.

    Args:
        key: The node's own key, such as `network.modules.gmm1`.
        values: Its keys as composed.
        typed: Whether the user typed them. Code of the user's own that a saved config names is not imported.

    Raises:
        InputError: For a kind that is none, or a `_target_` that cannot be found.
    """
    if "_target_" in values:
        if "module" in values:
            raise InputError(
                f"{key} must have module or _target_, and has both. Type, for example, '~{key}.module'"
            )
        return by_target(key, NodeConfig, values["_target_"], typed, given=("name", "seed"))
    kind, kinds = values.get("module"), names_in(PACKAGE)
    if kind not in kinds:
        received = "nothing" if kind is None else repr(kind)
        raise InputError(
            f"{key}.module must be one of {', '.join(kinds)}. Received: {received}. "
            f"Type, for example, {key}.module=gmm; a class of your own is named by {key}._target_"
        )
    return importlib.import_module(f"{PACKAGE}.{kind}").Options


def build(name: str, node: NodeConfig, seed: int, key: str) -> Module:
    """The module of a node, not yet connected.

    Args:
        name: Its name.
        node: Its keys.
        seed: Of the run; handed to what has a parameter of that name.
        key: The node's own key, for messages.

    Raises:
        InputError: When it cannot be made with these keys, or stands in a folder and is code of the user's own.
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
    """What the `_target_` of a node gives, called with those of the arguments that it takes."""
    called = node.CALLED
    if called is None:
        raise InputError(
            f"{key}._target_={node._target_} stands in a folder, and code that a folder names is not called. "
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
