"""A run of training by Keras's own `fit`: an epoch per logged interval, a step per block, from any state on.

One class, which is long because a fifth of it says what its attributes are.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from kvae import callbacks as cb
from kvae.data.batches import Plan, evaluation_batches, steps_at_once, training_blocks
from kvae.data.stored import Rows, StoredRows
from kvae.errors import InputError
from kvae.objective import LOSSES
from kvae.process.interrupts import deferred
from kvae.runs import time_spent
from kvae.schedules import Schedule, constant
from kvae.training.checkpoint_callback import Checkpoint, every
from kvae.training.checkpoint_file import (
    TrainingState,
    read_time_spent,
    restore,
    take_state,
    write_state,
    write_time_spent,
)
from kvae.training.failures import SMALLER_STEP, as_input_error, has_schedule, learning_rate, not_finite
from kvae.training.progress import ShowProgress

if TYPE_CHECKING:
    from kvae.model import VAE

log = logging.getLogger(__name__)

Prior = Mapping[str, np.ndarray]


@dataclass
class Training:
    """How one VAE is trained, and where its training stands.

    Attributes:
        vae: The compiled model.
        x: Learning rows, `(n, *data_shape)`.
        checkpoint: The file that the training state is kept in; None keeps none.
        x_test: Held-out rows, on which every interval measures `val_loss`.
        batch_size: Observations per step; None takes all rows at once.
        log_every: Iterations per logged interval; None: a hundredth of the iterations.
        checkpoint_every: Iterations between checkpoints, or a time such as `10min`; None: a tenth of the
            iterations, and every ten minutes.
        patience: Iterations without a better `val_loss` after which training stops; None: never.
        min_delta: Nats by which `val_loss` must improve to count as better.
        decay_from: The learning rate that falls to 0 along half a cosine over all iterations; None: it is the
            optimizer's.
        on_nan: What a loss that is not finite does: `retry` once with a smaller step, or `stop`.
        seed: Source of the shuffles.
        binarize: `dynamic` draws binary observations anew for every presentation.
        schedule: The KL schedule, over all iterations of the run.
        itr: Iterations of the whole run; may be raised before every call of `run`.
        lines: Lines of progress that one call of `run` prints where there is no terminal; 0: no progress anywhere.
        track: Called with every row of the loss history and its iteration.
        rows: The loss history, a row per interval.
        iteration: Iterations that are done, up to the last logged interval.
        steps: Steps that are done after it.
        trackers: Sums of the losses of those steps.
        kept: Iterations and steps of the last checkpoint.
        retried: Whether training went back once from a loss that was not finite.
        seconds: Seconds of training, in all processes of the run.
        stopped_early: Whether early stopping has ended the run.
        early_stopping: The state of early stopping with which a resumed run begins.
        trained: Iterations that were trained in that time, including those that were lost and repeated.
        last: The last good state of the last call of `run`.
        began: When the current training began, by `time.perf_counter`; None while nothing is trained.
    """

    vae: "VAE"
    x: Rows
    checkpoint: Path | None = None
    x_test: Rows | None = None
    batch_size: int | None = None
    log_every: int | None = None
    checkpoint_every: int | str | None = None
    patience: int | None = None
    min_delta: float = 0.0
    decay_from: float | None = None
    on_nan: str = "retry"
    seed: int = 0
    binarize: str = "none"
    schedule: Schedule = constant
    itr: int = 0
    lines: int = 10
    track: Callable[[int, dict[str, float]], None] | None = None
    rows: list[dict[str, float]] = field(default_factory=list)
    iteration: int = 0
    steps: int = 0
    trackers: list[np.ndarray] = field(default_factory=list)
    kept: tuple[int, int] = (0, 0)
    retried: bool = False
    seconds: float = 0.0
    stopped_early: bool = False
    early_stopping: dict | None = None
    trained: float = 0.0
    last: TrainingState | None = None
    began: float | None = None

    def resume(self, state: TrainingState, path: Path) -> None:
        """Continue from a state that was read from `path`, whose weights the model already has.

        Raises:
            InputError: When the state is within an interval of another length than `log_every`.
        """
        if state.steps and self.log_every is None:
            self.log_every = state.log_every
        if state.steps and self.log_every != state.log_every:
            raise InputError(
                f"train.log_every={self.log_every} cannot resume within an interval of {state.log_every} "
                f"iterations. Type train.log_every={state.log_every}"
            )
        n, interval = len(self.x), state.log_every or 1
        if state.steps > interval * -(-n // min(self.batch_size or n, n)):
            raise InputError(f"{path} is no checkpoint that can be read: it has more steps than an interval")
        self.rows = list(state.rows)
        self.set_position(state)
        self.kept = (state.iteration, state.steps)
        self.early_stopping = state.early_stopping
        self.stopped_early = state.stopped and self.patience is not None
        if self.stopped_early and state.early_stopping is not None:
            self.vae.set_weights(state.early_stopping["best_weights"])
        if time_spent(path).is_file():
            self.seconds, self.trained = read_time_spent(time_spent(path))

    @property
    def position(self) -> str:
        """Iterations up to the last checkpoint, with up to two decimals."""
        n, (iteration, steps) = len(self.x), self.kept
        part = steps / -(-n // min(self.batch_size or n, n))
        return f"{iteration + part:.2f}".rstrip("0").rstrip(".")

    def columns(self, prefix: str = "") -> list[str]:
        """The columns of the loss history: `iteration`, and the losses whose names begin with `prefix`."""
        names = [f"{prefix}{name}" for name in LOSSES]
        rows = self.rows or [dict.fromkeys(names[:-1], 0.0)]
        return ["iteration", *(name for name in names if all(name in row for row in rows))]

    @property
    def observations_per_second(self) -> float:
        """Speed of all training so far, compilation included."""
        return self.trained * len(self.x) / self.seconds if self.seconds else 0.0

    def run(self, stop: int, prior: Prior | None = None, prior_test: Prior | None = None, title: str = "") -> None:
        """Train until `stop` iterations are done, against the messages in `prior`.

        Draws from the model's seed. Ctrl-C and SIGTERM end it after the block that runs, with the state kept in
        `checkpoint`; a second signal ends it at once.

        Args:
            stop: Iterations of the run that are done at the end.
            prior: `prior_mu` `(n, latent_dim)` and maybe `prior_cov` of the learning rows; None: N(0, I).
            prior_test: The same of the held-out rows.
            title: What the lines of progress begin with.

        Raises:
            InputError: When the loss is not finite, a worker was lost, or the checkpoint cannot be written.
            kvae.process.interrupts.Interrupted: After Ctrl-C or SIGTERM.
        """
        if self.track is not None:  # rows from before the run was resumed may not have been tracked
            for row in self.rows:
                cb.track_row(row, self.track)
        while self.iteration < stop and not self.stopped_early:
            plan = self.plan(stop)
            good = self.state(plan, self.iteration, self.steps, self.trackers)
            with deferred() as check:
                failed_at = self.attempt(plan, check, prior, prior_test, title)
            if failed_at is None:
                return
            self.go_back(failed_at, good)

    def attempt(
        self, plan: Plan, check: Callable[[], None], prior: Prior | None, prior_test: Prior | None, title: str
    ) -> int | None:
        """Train by a plan; the iteration at which a loss or a weight was not finite, or None."""
        callbacks, guard, checkpoint, progress = self.callbacks(plan, check, title)
        self.began = time.perf_counter()
        try:
            self.fit(plan, callbacks, prior, prior_test)
        except tf.errors.OpError as error:
            mended = as_input_error(error, self.vae.strategy is not None)
            if mended is None:
                raise
            raise mended from error
        finally:  # also when it was interrupted: what is finished is kept
            progress.close()
            try:
                checkpoint.flush()
            finally:
                self.last, self.kept = checkpoint.last, checkpoint.written
                if self.last is not None:
                    self.trained += self.iterations_since(plan, self.last)
                    self.set_position(self.last)
                self.seconds, self.began = self.seconds_so_far(), None
        return guard.iteration

    def seconds_so_far(self) -> float:
        return self.seconds + (0.0 if self.began is None else time.perf_counter() - self.began)

    @staticmethod
    def iterations_since(plan: Plan, state: TrainingState) -> float:
        """Iterations between the start of a plan and a state."""
        return state.iteration - plan.start + (state.steps - plan.skip) / plan.steps_per_pass

    def set_position(self, state: TrainingState) -> None:
        """Set history, iteration and steps to those of a state that the model already has."""
        self.rows[:], self.iteration = state.rows, state.iteration
        self.steps, self.trackers, self.retried = state.steps, state.trackers, state.retried

    def go_back(self, failed_at: int, begun: TrainingState) -> None:
        """Go back to the last good state with a smaller step; stop there if that was tried or `on_nan` is `stop`.

        Raises:
            InputError: When training stops.
        """
        good, retried = self.last or begun, self.retried
        restore(self.vae, good, self.checkpoint or Path())
        self.set_position(good)
        self.vae.stop_training = False
        self.early_stopping = good.early_stopping
        optimizer = self.vae.optimizer
        rate = learning_rate(optimizer)
        if self.on_nan == "stop" or retried or has_schedule(optimizer):
            self.write(good, self.trained)
            self.kept = (good.iteration, good.steps)
            largest = 0.0 if isinstance(self.x, StoredRows) else float(np.abs(self.x).max())
            raise not_finite(failed_at, retried, rate, largest, good.iteration, self.checkpoint)
        self.retried = True
        optimizer.learning_rate = rate * SMALLER_STEP
        log.warning(
            "warning: the loss is not finite after iteration %d. Training continues from iteration %d with "
            "train.learning_rate=%g (was %g)",
            failed_at,
            good.iteration,
            rate * SMALLER_STEP,
            rate,
        )

    def plan(self, stop: int) -> Plan:
        """The plan of the iterations up to `stop`."""
        n = len(self.x)
        batch_size = min(self.batch_size or n, n)
        return Plan(
            n=n,
            batch_size=batch_size,
            itr=stop,
            log_every=min(self.log_every or max(1, self.itr // 100), stop),
            seed=self.seed,
            start=self.iteration,
            steps_at_once=steps_at_once(self.x, batch_size, self.vae.work),
            skip=self.steps,
        )

    def state(
        self,
        plan: Plan,
        iteration: int,
        steps: int,
        sums: list[np.ndarray],
        stopping: cb.EarlyStopping | None = None,
    ) -> TrainingState:
        """A copy of the training state."""
        early_stopping = self.early_stopping if stopping is None else stopping.state
        state = take_state(self.vae, iteration, self.rows, early_stopping)
        return replace(state, steps=steps, trackers=sums, retried=self.retried, log_every=plan.log_every)

    def callbacks(
        self, plan: Plan, check: Callable[[], None], title: str
    ) -> tuple[list, cb.StopOnNaN, Checkpoint, ShowProgress]:
        """All callbacks, then those that are read after training."""
        history = cb.LossHistory(plan, self.rows)
        guard = cb.StopOnNaN(plan)
        stopping = self.stopping(plan)

        def take(iteration: int, steps: int, sums: list[np.ndarray]) -> TrainingState:
            return self.state(plan, iteration, steps, sums, stopping)

        def write(state: TrainingState) -> None:
            self.write(state, self.trained + self.iterations_since(plan, state))

        due = every(self.checkpoint_every, self.itr)
        checkpoint = Checkpoint(plan, due, take, write, guard, check, self.trackers)
        progress = ShowProgress(plan, title, self.lines)
        schedule = cb.KLSchedule(self.schedule, self.itr, plan.iteration)
        decay = [] if self.decay_from is None else [self.decay(plan, self.decay_from)]
        callbacks = [schedule, *decay, history, guard, *([stopping] if stopping else []), checkpoint, progress]
        if self.track is not None:
            callbacks.append(cb.Track(self.rows, guard, self.track))
        return callbacks, guard, checkpoint, progress

    def decay(self, plan: Plan, rate: float) -> cb.CosineDecay:
        """The callback that sets the learning rate: a tenth of it after a loss that was not finite.

        Raises:
            InputError: When the optimizer has a schedule of its own.
        """
        if has_schedule(self.vae.optimizer):
            raise InputError(
                "train.learning_rate_decay does not go with an optimizer whose learning rate has a schedule of "
                "its own. Set train.learning_rate_decay=null"
            )
        return cb.CosineDecay(rate * (SMALLER_STEP if self.retried else 1.0), self.itr, plan.iteration)

    def stopping(self, plan: Plan) -> cb.EarlyStopping | None:
        if self.patience is None:
            return None
        return cb.EarlyStopping(max(1, round(self.patience / plan.log_every)), self.min_delta, self.early_stopping)

    def write(self, state: TrainingState, trained: float) -> None:
        if self.checkpoint is not None:
            write_state(self.checkpoint, state)
            write_time_spent(time_spent(self.checkpoint), self.seconds_so_far(), trained)

    def fit(self, plan: Plan, callbacks: list, prior: Prior | None, prior_test: Prior | None) -> None:
        held_out = (
            None
            if self.x_test is None
            else evaluation_batches(self.x_test, prior=prior_test, padding=self.vae.padding)
        )
        self.vae.fit(
            training_blocks(self.x, plan, self.binarize, prior, padding=self.vae.padding),
            epochs=plan.n_intervals,
            initial_epoch=plan.first_interval,
            validation_data=held_out,
            callbacks=callbacks,
            verbose=0,
        )
