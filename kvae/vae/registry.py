"""Keras finds kvae's classes by their names in a `model.keras`, although they are imported when they are needed.

`keras.saving.load_model` knows only classes that are registered, and to register kvae's own would import Keras,
which takes seconds. So their names are registered as soon as Keras is imported, by whomever, and the classes
themselves are imported for the first object of theirs.
"""

import importlib
import importlib.abc
import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

PACKAGE = "kvae"
# The modules of registered classes.
MODULES = {
    "VAE": "kvae.model",
    "Bernoulli": "kvae.likelihoods.likelihood",
    "Gaussian": "kvae.likelihoods.likelihood",
    "Sampling": "kvae.layers",
}


def announce() -> None:
    """Register the classes with Keras now, or as soon as somebody imports it."""
    if "keras" in sys.modules:
        register()
    elif not any(isinstance(finder, KerasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, KerasFinder(register))


def register() -> None:
    """Put a stand-in for every class that is not imported yet into Keras's registry."""
    registry = importlib.import_module("keras").saving.get_custom_objects()
    for name, module in MODULES.items():
        registry.setdefault(f"{PACKAGE}>{name}", stand_in(name, module))


def stand_in(name: str, module: str) -> type:
    """A class that makes objects of another one, which it imports for the first of them."""

    def from_config(config: dict[str, Any]) -> Any:
        return getattr(importlib.import_module(module), name).from_config(config)

    return type(name, (), {"__module__": module, "from_config": staticmethod(from_config)})


class KerasFinder(importlib.abc.MetaPathFinder):
    """Calls a function when Keras has been imported; it is found and loaded as it would be without."""

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
