"""Registers kvae's classes with Keras, so that it finds them by their names in a `model.keras`.

`keras.saving.load_model` knows only registered classes, and to register kvae's own classes would import Keras,
which takes seconds. So their names are registered as soon as any code imports Keras, and a class itself is
imported for its first object.
"""

import functools
import importlib
import importlib.abc
import importlib.util
import re
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGE = "kvae"
ROOT = Path(__file__).parents[1]
REGISTERED = re.compile(rf'^@keras\.saving\.register_keras_serializable\(package="{PACKAGE}"\)\nclass (\w+)', re.M)


@functools.cache
def modules() -> dict[str, str]:
    """The names of registered classes and their modules, from the text of the package's files."""
    found: dict[str, str] = {}
    for path in sorted(ROOT.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "register_keras_serializable" in text:
            module = ".".join((PACKAGE, *path.relative_to(ROOT).with_suffix("").parts))
            found |= dict.fromkeys(REGISTERED.findall(text), module)
    return found


def announce() -> None:
    """Register the classes with Keras now, or as soon as it is imported."""
    if "keras" in sys.modules:
        register()
    elif not any(isinstance(finder, KerasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, KerasFinder(register))


def register() -> None:
    """Put a stand-in for every class that is not imported yet into Keras's registry."""
    registry = importlib.import_module("keras").saving.get_custom_objects()
    for name, module in modules().items():
        registry.setdefault(f"{PACKAGE}>{name}", stand_in(name, module))


def stand_in(name: str, module: str) -> type:
    """A class whose `from_config` imports another class and makes an object of it."""

    def from_config(config: dict[str, Any]) -> Any:
        return getattr(importlib.import_module(module), name).from_config(config)

    return type(name, (), {"__module__": module, "from_config": staticmethod(from_config)})


class KerasFinder(importlib.abc.MetaPathFinder):
    """Calls a function after Keras is imported, and otherwise leaves the import unchanged."""

    def __init__(self, then: Callable[[], None]) -> None:
        self.then = then

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "keras":
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is not None:
                self.follow(spec)
                return spec
        return None

    def follow(self, spec: ModuleSpec) -> None:
        """Call the function after the module of a spec has run."""
        loader = spec.loader
        if loader is None:
            return
        run = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            run(module)
            self.then()

        loader.exec_module = exec_module  # type: ignore[method-assign]
