"""Checks of the `config.json` of a `model.keras`, before and after Keras builds the model."""

import math
from collections.abc import Sequence
from typing import Any

import keras

from kvae.runs.forms import parse_json

LEVELS = 200  # of nested lists and dictionaries: networks may contain networks
# Packages of Keras whose classes and functions models consist of. Others have effects: download, write, load.
PARTS = {
    "activations", "constraints", "dtype_policies", "initializers", "layers", "losses", "metrics", "models", "ops",
    "optimizers", "quantizers", "regularizers",
}  # fmt: skip
TOP = {"DTypePolicy", "FloatDTypePolicy", "Functional", "Model", "Sequential", "Variable"}
# Layers that run arbitrary code, or read other files.
REFUSED = {"FlaxLayer", "JaxLayer", "Lambda", "TFSMLayer", "TorchModuleWrapper"}
MOST_SAMPLES = 1000  # posterior draws per observation
MOST_NUMBERS = 2**28  # in the outputs of all layers, for one observation and all of its draws
LARGEST = 2**63


def check_saved_config(content: bytes) -> None:
    """Check a config before Keras makes objects of it.

    Raises:
        ValueError: For a class that is no part of models, or a number beyond what a model can have.
    """
    waiting: list[Any] = [parse_json(content, LEVELS)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            check_class(value)
            check_numbers(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def check_class(entry: dict[str, Any]) -> None:
    """Raise ValueError where an entry names a class or function that is no part of models."""
    module, name = entry.get("module"), entry.get("class_name")
    if name in REFUSED:
        raise ValueError(f"it has a {name} layer, which runs code of its own")
    if not isinstance(module, str) or module.partition(".")[0] != "keras":
        return  # Keras accepts only classes that this program has registered
    function = entry.get("config") if name == "function" else name
    part = module.removeprefix("keras").removeprefix(".src").removeprefix(".").partition(".")[0]
    if part not in PARTS and not (part == "" and function in TOP):
        raise ValueError(f"it names {module}.{function}, which is no part of a model")


def check_numbers(entry: dict[str, Any]) -> None:
    """Raise ValueError for a number beyond what a model can have."""
    draws = entry.get("n_samples", 1)
    if not isinstance(draws, int) or isinstance(draws, bool) or not 1 <= draws <= MOST_SAMPLES:
        raise ValueError(f"its n_samples must be from 1 to {MOST_SAMPLES}. It holds {str(draws)[:40]}")
    for name, value in entry.items():
        numbers = value if isinstance(value, list) else [value]
        if any(isinstance(one, int) and abs(one) > LARGEST for one in numbers):
            raise ValueError(f"its {name[:80]} is too large")


def check_size(networks: Sequence[Any], n_samples: int = 1) -> None:
    """Raise ValueError where the layers' outputs for one observation are larger than in any learnt model.

    A layer without weights, such as one that repeats its input, can fill the memory by a number in its config.
    """
    held = sum(numbers_of(network) for network in networks) * n_samples
    if held > MOST_NUMBERS:
        raise ValueError(
            f"its networks hold {held:,} numbers for one observation, more than the {MOST_NUMBERS:,} that are read"
        )


def numbers_of(network: keras.Model) -> int:
    """How many numbers all layers of a network output for one observation."""
    tensors = []
    for operation in getattr(network, "operations", []):
        if isinstance(operation, keras.Model) and operation is not network:
            tensors.append(numbers_of(operation))
        for node in operation._inbound_nodes:
            tensors += [math.prod(length or 1 for length in tensor.shape[1:]) for tensor in node.output_tensors]
    return sum(tensors)
