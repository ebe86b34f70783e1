"""The training state in one file, for going on to the bit: no pickle, arrays and JSON alone."""

import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kvae.artifacts import whole_file
from kvae.errors import InputError

Row = dict[str, float]


@dataclass
class TrainingState:
    """Where training stands after `iteration` passes.

    Attributes:
        iteration: Passes over the data that are done.
        stopped: Whether early stopping has ended the run.
        rows: The loss history so far.
        weights: Weights of model and optimizer and the noise's counter, in the order of `variables`.
        early_stopping: `EarlyStopping.state`, or None.
    """

    iteration: int
    stopped: bool
    rows: list[Row]
    weights: list[np.ndarray]
    early_stopping: dict[str, Any] | None


def variables(vae: keras.Model) -> list[Any]:
    """All that training changes, in a fixed order."""
    return [*vae.weights, *vae.optimizer.variables, vae.sampling.seed_generator.state]


def take_state(
    vae: keras.Model, iteration: int, rows: list[Row], early_stopping: dict[str, Any] | None = None
) -> TrainingState:
    """A copy of the training state."""
    weights = [variable.numpy().copy() for variable in variables(vae)]
    return TrainingState(iteration, bool(vae.stop_training), list(rows), weights, early_stopping)


def write_state(path: Path, state: TrainingState) -> None:
    """Write the state to `path` (.npz), whole or not at all."""
    stopping = dict(state.early_stopping or {})
    best_weights = stopping.pop("best_weights", None)
    header = {
        "iteration": state.iteration,
        "stopped": state.stopped,
        "rows": state.rows,
        "n_weights": len(state.weights),
        "early_stopping": stopping if state.early_stopping is not None else None,
    }
    arrays: dict[str, Any] = {f"weight_{i}": array for i, array in enumerate(state.weights)}
    arrays |= {f"best_{i}": array for i, array in enumerate(best_weights or [])}
    header["n_best"] = len(best_weights or [])
    with whole_file(path) as part:
        np.savez(part, header=np.array(json.dumps(header)), **arrays)


def read_state(path: Path) -> TrainingState:
    """Read what `write_state` wrote.

    Raises:
        InputError: When the file is missing or damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            header = json.loads(str(arrays["header"]))
            weights = [arrays[f"weight_{i}"] for i in range(header["n_weights"])]
            best = [arrays[f"best_{i}"] for i in range(header["n_best"])]
        stopping = header["early_stopping"]
        if stopping is not None:
            stopping["best_weights"] = best or None
        return TrainingState(header["iteration"], header["stopped"], header["rows"], weights, stopping)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"{path} is no checkpoint that can be read: {' '.join(str(error).split())}") from error


def restore(vae: keras.Model, state: TrainingState, path: Path) -> None:
    """Put a state into a freshly built, compiled model.

    Raises:
        InputError: When its shapes are not the model's.
    """
    targets = variables(vae)
    ours = [tuple(variable.shape) for variable in targets]
    theirs = [tuple(array.shape) for array in state.weights]
    if ours != theirs:
        pairs = zip(targets, ours, [*theirs, *[None] * len(ours)], strict=False)
        first = next(
            (f"{v.path} has shape {a} here, {b} there" for v, a, b in pairs if a != b), "more weights there"
        )
        raise InputError(f"{path} holds another model than the config describes: {first}")
    for variable, array in zip(targets, state.weights, strict=True):
        variable.assign(array)
