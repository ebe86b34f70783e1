"""The `_target_`s that a stored command may name: documented parts of kvae and Keras for networks and training."""

import importlib
import importlib.util
import inspect
import re
from typing import Any

# Packages of kvae whose public names may be called.
OURS = ("kvae.layers", "kvae.networks", "kvae.likelihoods", "kvae.schedules")
# Packages in which Keras documents classes, and the base class of each.
KERAS = {
    "keras.layers": "Layer",
    "keras.optimizers": "Optimizer",
    "keras.optimizers.schedules": "LearningRateSchedule",
    "keras.initializers": "Initializer",
    "keras.regularizers": "Regularizer",
    "keras.constraints": "Constraint",
}
MODELS = ("keras.Sequential", "keras.models.Sequential")


def is_documented(target: Any) -> bool:
    """Whether a `_target_` names a documented part of kvae or Keras, and not an internal one."""
    if not isinstance(target, str) or re.fullmatch(r"[A-Za-z]\w*(\.[A-Za-z]\w*){1,3}", target) is None:
        return False
    module, _, name = target.rpartition(".")
    if module in OURS or module.rpartition(".")[0] in OURS:
        return importlib.util.find_spec(module) is not None and is_own(importlib.import_module(module), name)
    if target in MODELS:
        return True
    return module in KERAS and is_class_of_keras(module, name)


def is_own(module: Any, name: str) -> bool:
    """Whether a name is public in a module of kvae: in `__all__`, defined there, or deprecated there."""
    found = getattr(module, name, None)
    if hasattr(module, "__all__"):
        return callable(found) and name in module.__all__
    return callable(found) and (found.__module__ == module.__name__ or name not in vars(module))


def is_class_of_keras(module: str, name: str) -> bool:
    """Whether Keras has a class of that name in the package, with the base class of `KERAS`."""
    from kvae.process.quiet import quiet_stderr

    with quiet_stderr():
        from kvae.runs.saved_config import REFUSED

        found = getattr(importlib.import_module(module), name, None)
        base = getattr(importlib.import_module(module), KERAS[module])
    return inspect.isclass(found) and issubclass(found, base) and name not in REFUSED
