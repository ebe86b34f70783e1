"""The training state in one file, from which a run resumes to the bit: arrays and JSON, no pickle."""

import json
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kvae.errors import InputError, LaterVersionError
from kvae.objective import LOSSES
from kvae.runs import previous
from kvae.runs.files import read_json, whole_file, write_json
from kvae.runs.forms import (
    dictionary_of,
    finite,
    flag,
    list_of,
    number,
    optional,
    parse_json,
    positive,
    record,
    whole,
)
from kvae.runs.npy import open_plain_npz, unreadable
from kvae.runs.version import CHECKPOINT, NAME

log = logging.getLogger(__name__)

Row = dict[str, float]

# Losses that every model tracks, beside `regularization`.
N_LOSSES = len(LOSSES) - 1


# The forms of a state's header and of the file of the time spent; see `kvae.runs.forms`.
SPENT = record({"seconds": finite, "iterations": finite})
ROW = dictionary_of(number, 1000)
COLUMNS = frozenset(("iteration", "loss"))  # of every row, among others
STOPPING = record({"best": optional(number), "wait": whole, "best_epoch": whole})
HEADER = record(
    {
        "iteration": whole,
        "stopped": flag,
        "rows": list_of(ROW),
        "early_stopping": optional(STOPPING),
        "steps": whole,
        "log_every": optional(positive),
        "retried": flag,
        "lengths": record(dict.fromkeys(("weight", "best", "tracker"), whole)),
    }
)


@dataclass
class TrainingState:
    """The state of training.

    Attributes:
        iteration: Passes over the data up to the last logged interval.
        stopped: Whether early stopping has ended the run.
        rows: The loss history so far.
        weights: The values of `variables`, in their order.
        early_stopping: `EarlyStopping.state`, or None.
        steps: Steps done in the interval that begins at `iteration`.
        log_every: Length of that interval in iterations.
        trackers: Sums and counts of the losses of those steps.
        retried: Whether training went back once from a loss that was not finite.
    """

    iteration: int
    stopped: bool
    rows: list[Row]
    weights: list[np.ndarray]
    early_stopping: dict[str, Any] | None = None
    steps: int = 0
    log_every: int | None = None
    trackers: list[np.ndarray] = field(default_factory=list)
    retried: bool = False

    @property
    def finite(self) -> bool:
        """Whether all numbers are finite, so that training can continue from this state."""
        return all(bool(np.isfinite(array).all()) for array in [*self.weights, *self.trackers])


def variables(vae: keras.Model) -> list[Any]:
    """All that training changes, in a fixed order: weights, states of random generators, the optimizer."""
    return [*vae.variables, *vae.optimizer.variables]


def trackers(vae: keras.Model) -> list[Any]:
    """The sums and counts of the losses since the interval began, in a fixed order."""
    return [variable for metric in vae.tracked for variable in metric.variables]


def copies(values: list[Any]) -> list[np.ndarray]:
    """Copies of the values of variables."""
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in values]


def take_state(
    vae: keras.Model, iteration: int, rows: list[Row], early_stopping: dict[str, Any] | None = None
) -> TrainingState:
    """A copy of the training state at the end of an interval."""
    return TrainingState(iteration, bool(vae.stop_training), list(rows), copies(variables(vae)), early_stopping)


def write_state(path: Path, state: TrainingState) -> None:
    """Write the state to `path` (.npz), whole or not at all; the previous state is kept beside it."""
    stopping = dict(state.early_stopping or {})
    lists = {"weight": state.weights, "best": stopping.pop("best_weights", None) or [], "tracker": state.trackers}
    header = {
        "iteration": state.iteration,
        "stopped": state.stopped,
        "rows": state.rows,
        "early_stopping": stopping if state.early_stopping is not None else None,
        "steps": state.steps,
        "log_every": state.log_every,
        "retried": state.retried,
        "tracked": list(LOSSES),
        "lengths": {name: len(arrays) for name, arrays in lists.items()},
    }
    arrays = {f"{name}_{i}": array for name, arrays in lists.items() for i, array in enumerate(arrays)}
    with whole_file(path, previous(path)) as part:
        np.savez(part, allow_pickle=False, **{NAME: CHECKPOINT}, header=np.array(json.dumps(header)), **arrays)


def read_state(path: Path) -> TrainingState:
    """Read what `write_state` wrote: the last state, or the previous one if the last is damaged.

    Raises:
        InputError: When neither can be read, or the last is of a later version.
    """
    try:
        return read_one(path)
    except LaterVersionError:
        raise
    except InputError as error:
        if not previous(path).is_file():
            raise
        state = read_one(previous(path))
        if path.exists():
            log.warning("warning: %s. Continuing from the previous state, %s", error, previous(path).name)
        return state


def read_one(path: Path) -> TrainingState:
    """The state in one file."""
    with unreadable(path, "checkpoint", TypeError, AttributeError):
        with open_plain_npz(path, CHECKPOINT) as arrays:
            header = HEADER(parse_json(str(arrays["header"]).encode()), "header")
            weights, best, sums = (
                [arrays[f"{name}_{i}"] for i in range(header["lengths"][name])]
                for name in ("weight", "best", "tracker")
            )
        if sums and "tracked" not in header:
            sums = as_tracked_now(sums)
        stopping = header["early_stopping"]
        if stopping is not None:
            stopping = {name: stopping[name] for name in ("best", "wait", "best_epoch")}
            stopping["best_weights"] = best or None
        state = TrainingState(
            int(header["iteration"]),
            bool(header["stopped"]),
            header["rows"],
            weights,
            stopping,
            int(header["steps"]),
            None if header["log_every"] is None else int(header["log_every"]),
            sums,
            bool(header["retried"]),
        )
        check_arrays(state)
        return state


def as_tracked_now(sums: list[np.ndarray]) -> list[np.ndarray]:
    """Convert sums and counts that an earlier version wrote: with `loss` twice, and without `regularization`."""
    nothing = [np.zeros((), np.float32)] * 2
    return [*sums[2 : 2 + 2 * N_LOSSES], *nothing, *sums[2 + 2 * N_LOSSES :]]


def check_arrays(state: TrainingState) -> None:
    """Raise ValueError unless a state has a history of losses, and arrays of numbers."""
    if not all(row.keys() >= COLUMNS for row in state.rows):
        raise ValueError("a row of its loss history has no loss")
    best = (state.early_stopping or {}).get("best_weights") or []
    if any(array.dtype.kind in "USOMmc" for array in [*state.weights, *state.trackers, *best]):
        raise ValueError("it holds weights that are not numbers")


def restore(vae: keras.Model, state: TrainingState, path: Path) -> None:
    """Put a state into a freshly built, compiled model.

    Raises:
        InputError: When its arrays do not have the shapes of the model's variables.
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
    best = (state.early_stopping or {}).get("best_weights")
    if best or (state.stopped and state.early_stopping is not None):
        check_fit(best or [], vae.weights, path)
    if state.trackers:
        check_fit(state.trackers, trackers(vae), path)
    for variable, array in zip(targets, state.weights, strict=True):
        variable.assign(array)


def check_fit(arrays: list[np.ndarray], variables: list[Any], path: Path) -> None:
    """Raise InputError unless arrays have the shapes of variables."""
    if [tuple(array.shape) for array in arrays] != [tuple(variable.shape) for variable in variables]:
        raise InputError(
            f"{path} is no checkpoint that can be read: its best weights or sums are of another model"
        )


def write_time_spent(path: Path, seconds: float, iterations: float) -> None:
    """Write the time that training took so far; the state, which is reproducible to the bit, does not hold it."""
    write_json(path, {"seconds": seconds, "iterations": iterations})


def read_time_spent(path: Path) -> tuple[float, float]:
    """Seconds and iterations of the earlier processes of the run.

    Raises:
        InputError: When the file is damaged.
    """
    spent = read_json(path, SPENT)
    return float(spent["seconds"]), float(spent["iterations"])
