"""Keras callbacks of a run: KL schedule, loss history, early stopping, a guard against NaN.

They take the run's `Plan`. A Keras epoch is here an interval of `log_every` iterations, and a Keras batch is a
block of steps. Callbacks that a user passes to `fit` see steps instead (`InSteps`).
"""

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kvae.data.batches import Plan
from kvae.options.arguments import check_count
from kvae.schedules import Schedule, term_of

Row = dict[str, float]


class InSteps(keras.callbacks.CallbackList):
    """Callbacks that see a block of steps as Keras shows them a call of several steps (`steps_per_execution`).

    `on_train_batch_begin` gets the number of the block's first step in the epoch, `on_train_batch_end` that of its
    last.
    """

    steps_per_block = 1

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        super().on_train_batch_begin(batch * self.steps_per_block, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        end = min((batch + 1) * self.steps_per_block, self.params["steps"])
        super().on_train_batch_end(end - 1, logs)


def in_steps(model: keras.Model, plan: Plan, callbacks: Any, verbose: Any) -> InSteps:
    """The user's `callbacks` for a `fit` whose epochs are passes of `plan`, with those that Keras adds."""
    params = {"verbose": verbose, "epochs": plan.itr, "steps": plan.steps_per_pass, "model": model}
    found = InSteps(callbacks, add_history=True, add_progbar=verbose != 0, **params)
    found.steps_per_block = plan.steps_per_block
    return found


class KLSchedule(keras.callbacks.Callback):
    """Set the model's `kl_scale` and `kl_capacity` at the start of every block.

    Args:
        schedule: A function of `kvae.schedules`.
        itr: Iterations of the whole run.
        iteration_at: Function of `(epoch, batch)` that gives the iterations done when block `batch` of interval
            `epoch` begins. By default an epoch of Keras is an iteration.
    """

    def __init__(
        self, schedule: Schedule, itr: int, iteration_at: Callable[[int, int], float] | None = None
    ) -> None:
        super().__init__()
        if not callable(schedule):
            raise ValueError(
                "`schedule` must be a function of `kvae.schedules`, such as linear_warmup. "
                f"Received: schedule={schedule!r}"
            )
        check_count("itr", itr)
        self.schedule = schedule
        self.itr = itr
        self.iteration_at = iteration_at or self._keras_epochs
        self.epoch = 0

    def _keras_epochs(self, epoch: int, batch: int) -> float:
        return epoch + batch / (self.params.get("steps") or 1)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        term = term_of(self.schedule, self.iteration_at(self.epoch, batch), self.itr)
        self.model.kl_scale.assign(term.scale)
        self.model.kl_capacity.assign(term.capacity)


class CosineDecay(keras.callbacks.Callback):
    """Let the learning rate fall from `rate` to 0 along half a cosine, over `itr` iterations in all.

    Loshchilov and Hutter 2017, equation 5, without restarts. The rate depends on the iteration alone, so that a
    resumed run takes the same steps. Draws nothing.

    Args:
        rate: The learning rate at the beginning.
        itr: Iterations of the whole run.
        iteration_at: Function of `(epoch, batch)` that gives the iterations done, as in `KLSchedule`.
    """

    def __init__(self, rate: float, itr: int, iteration_at: Callable[[int, int], float]) -> None:
        super().__init__()
        self.rate, self.itr, self.iteration_at = rate, itr, iteration_at
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        done = min(1.0, self.iteration_at(self.epoch, batch) / self.itr)
        self.model.optimizer.learning_rate = self.rate * 0.5 * (1.0 + math.cos(math.pi * done))


class LossHistory(keras.callbacks.Callback):
    """Keep a row per interval: `iteration` and what Keras reports.

    Training losses are means over the interval; held-out losses are measured at its end.
    """

    def __init__(self, plan: Plan, rows: list[Row] | None = None) -> None:
        super().__init__()
        self.plan = plan
        self.rows = [] if rows is None else rows

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        values = {name: float(value) for name, value in (logs or {}).items()}
        self.rows.append({"iteration": self.plan.interval(epoch)[1], **values})


class Track(keras.callbacks.Callback):
    """Hand every new row of the loss history to `track`.

    A row that is not finite is left out, because training then goes back to an earlier state.
    """

    def __init__(self, rows: list[Row], guard: "StopOnNaN", track: Callable[[int, Row], None]) -> None:
        super().__init__()
        self.rows, self.guard, self.track = rows, guard, track

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.guard.iteration is None:
            track_row(self.rows[-1], self.track)


def track_row(row: Row, track: Callable[[int, Row], None]) -> None:
    """Call `track` with a row's iteration and its losses."""
    track(int(row["iteration"]), {name: value for name, value in row.items() if name != "iteration"})


class EarlyStopping(keras.callbacks.EarlyStopping):
    """Keras's early stopping on `val_loss` with the best weights restored; a resumed run continues its `state`."""

    def __init__(self, patience: int, min_delta: float, state: dict[str, Any] | None = None) -> None:
        super().__init__(
            monitor="val_loss", mode="min", patience=patience, min_delta=min_delta, restore_best_weights=True
        )
        self.resumed = state

    def on_train_begin(self, logs: Any = None) -> None:
        super().on_train_begin(logs)
        if self.resumed is not None:
            self.__dict__.update(self.resumed)

    @property
    def state(self) -> dict[str, Any]:
        """What a resumed run needs."""
        return {name: getattr(self, name) for name in ("best", "wait", "best_epoch", "best_weights")}


class StopOnNaN(keras.callbacks.Callback):
    """Stop training at the first block whose loss is not finite, and set `iteration` to that of the block."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.iteration: int | None = None
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if not np.isfinite(float((logs or {}).get("loss", 0.0))):
            self.stop(math.ceil(self.plan.iteration(self.epoch, batch + 1)))

    def stop(self, iteration: int) -> None:
        """End training, because the loss or a weight is not finite after this many iterations."""
        if self.iteration is None:
            self.iteration = iteration
        self.model.stop_training = True
