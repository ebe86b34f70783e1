"""Which code a folder may name in a `_target_`: what kvae and Keras document for networks and their training."""

import importlib
import importlib.util
import inspect
import re
from typing import Any

# Folders of kvae whose own names may be called.
OURS = ("kvae.layers", "kvae.networks", "kvae.likelihoods", "kvae.schedules")
# Where Keras documents classes, and what they are all made from.
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
    """Whether a `_target_` names what kvae or Keras documents, and not merely something within them."""
    if not isinstance(target, str) or re.fullmatch(r"[A-Za-z]\w*(\.[A-Za-z]\w*){1,3}", target) is None:
        return False
    module, _, name = target.rpartition(".")
    if module in OURS or module.rpartition(".")[0] in OURS:
        return importlib.util.find_spec(module) is not None and is_own(importlib.import_module(module), name)
    if target in MODELS:
        return True
    return module in KERAS and is_class_of_keras(module, name)


def is_own(module: Any, name: str) -> bool:
    """Whether a module of kvae gives that name out: it stands in `__all__`, is defined there, or was."""
    found = getattr(module, name, None)
    if hasattr(module, "__all__"):
        return callable(found) and name in module.__all__
    return callable(found) and (found.__module__ == module.__name__ or name not in vars(module))


def is_class_of_keras(module: str, name: str) -> bool:
    """Whether Keras has a class of that name there, of the kind that stands there."""
    from kvae.process.quiet import quiet_stderr

    with quiet_stderr():
        from kvae.runs.saved_config import REFUSED

        found = getattr(importlib.import_module(module), name, None)
        base = getattr(importlib.import_module(module), KERAS[module])
    return inspect.isclass(found) and issubclass(found, base) and name not in REFUSED
