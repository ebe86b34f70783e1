"""Training by Keras's own `fit`: an epoch per logged interval, a step per block, from any state on."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tensorflow as tf

from kvae import callbacks as cb
from kvae.checkpoint import TrainingState, take_state, write_state
from kvae.data.pipeline import evaluation_batches, steps_at_once, training_blocks
from kvae.data.stored import Rows
from kvae.errors import InputError, WorkerLostError
from kvae.model import VAE
from kvae.plan import Plan
from kvae.progress import ShowProgress
from kvae.schedules import Schedule, constant

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
        checkpoint_every: Iterations between checkpoints; None: a tenth of the iterations.
        patience: Iterations without a better `val_loss` after which training stops; None: never.
        min_delta: Nats by which `val_loss` must improve to count as better.
        seed: Source of the shuffles.
        binarize: `dynamic` draws binary observations anew for every presentation.
        schedule: The KL schedule, over all iterations of the run.
        itr: Iterations of the whole run; may be raised before every call of `run`.
        lines: Lines of progress that one call of `run` prints where there is no terminal.
        rows: The loss history, a row per interval.
        iteration: Iterations that are done.
        seconds: What training took in this process.
        stopped_early: Whether early stopping has ended the run.
        early_stopping: The state of early stopping that a resumed run takes up.
        trained: Iterations of this process.
    """

    vae: VAE
    x: Rows
    checkpoint: Path | None = None
    x_test: Rows | None = None
    batch_size: int | None = None
    log_every: int | None = None
    checkpoint_every: int | None = None
    patience: int | None = None
    min_delta: float = 0.0
    seed: int = 0
    binarize: str = "none"
    schedule: Schedule = constant
    itr: int = 0
    lines: int = 10
    rows: list[dict[str, float]] = field(default_factory=list)
    iteration: int = 0
    seconds: float = 0.0
    stopped_early: bool = False
    early_stopping: dict | None = None
    trained: float = 0.0

    def resume(self, state: TrainingState) -> None:
        """Take up a state, whose weights the model holds already."""
        self.rows, self.iteration = list(state.rows), state.iteration
        self.early_stopping = state.early_stopping
        self.stopped_early = state.stopped and self.patience is not None
        if self.stopped_early and state.early_stopping is not None:
            self.vae.set_weights(state.early_stopping["best_weights"])

    @property
    def observations_per_second(self) -> float:
        """Speed of all training so far, compilation included."""
        return self.trained * len(self.x) / self.seconds if self.seconds else 0.0

    def run(self, stop: int, prior: Prior | None = None, prior_test: Prior | None = None, title: str = "") -> None:
        """Train until `stop` iterations are done, against the messages in `prior`.

        Draws from the model's seed. Ctrl-C passes through, with the last interval's state kept in `checkpoint`.

        Args:
            stop: Iterations of the run that are done at the end.
            prior: `prior_mu` `(n, latent_dim)` and maybe `prior_cov` of the learning rows; None: N(0, I).
            prior_test: The same of the held-out rows.
            title: What the lines of progress begin with.

        Raises:
            InputError: When the loss is not finite, or a worker was lost.
        """
        if self.iteration >= stop or self.stopped_early:
            return
        plan = self.plan(stop)
        callbacks, guard, checkpoint, progress = self.callbacks(plan, title)
        began = time.perf_counter()
        try:
            self.fit(plan, callbacks, prior, prior_test)
        except tf.errors.OpError as error:
            mended = as_input_error(error, self.vae.strategy is not None)
            if mended is None:
                raise
            raise mended from error
        finally:  # also on Ctrl-C: what is finished is kept
            progress.close()
            self.seconds += time.perf_counter() - began
            if guard.iteration is None:
                checkpoint.flush()
            done = int(self.rows[-1]["iteration"]) if self.rows else plan.start
            self.trained += done - plan.start
            self.iteration = done
        if guard.iteration is not None:
            rate = float(np.asarray(self.vae.optimizer.learning_rate))
            raise InputError(
                f"the loss is not finite after iteration {guard.iteration}. Lower train.learning_rate "
                f"(now {rate:g}), set train.global_clipnorm=1, or scale the data"
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
            steps_at_once=steps_at_once(self.x, batch_size),
        )

    def callbacks(self, plan: Plan, title: str) -> tuple[list, cb.StopOnNaN, cb.Checkpoint, ShowProgress]:
        """All callbacks, and those that are asked afterwards."""
        history = cb.LossHistory(plan, self.rows)
        guard = cb.StopOnNaN(plan)
        stopping = self.stopping(plan)

        def take(done: int) -> TrainingState:
            return take_state(self.vae, done, self.rows, None if stopping is None else stopping.state)

        checkpoint = cb.Checkpoint(plan, self.checkpoint_every or max(1, self.itr // 10), take, self.write)
        progress = ShowProgress(plan, title, self.lines)
        schedule = cb.KLSchedule(self.schedule, self.itr, plan.iteration)
        every = [schedule, history, guard, *([stopping] if stopping else []), checkpoint, progress]
        return every, guard, checkpoint, progress

    def stopping(self, plan: Plan) -> cb.EarlyStopping | None:
        if self.patience is None:
            return None
        return cb.EarlyStopping(max(1, round(self.patience / plan.log_every)), self.min_delta, self.early_stopping)

    def write(self, state: TrainingState) -> None:
        if self.checkpoint is not None:
            write_state(self.checkpoint, state)

    def fit(self, plan: Plan, callbacks: list, prior: Prior | None, prior_test: Prior | None) -> None:
        held_out = None if self.x_test is None else evaluation_batches(self.x_test, prior=prior_test)
        self.vae.fit(
            training_blocks(self.x, plan, self.binarize, prior),
            epochs=plan.n_intervals,
            initial_epoch=plan.first_interval,
            validation_data=held_out,
            callbacks=callbacks,
            verbose=0,
        )


def as_input_error(error: Exception, several: bool) -> InputError | None:
    """What a user can mend of what TensorFlow raised: data that could not be read, or a worker that was lost."""
    for line in str(error).splitlines():
        _, from_data, text = line.partition("InputError: ")
        if from_data:
            return InputError(text)
        if several and line.startswith("Collective ops is aborted by"):
            return WorkerLostError(f"a worker was lost ({line}). Start all workers again")
    if several and isinstance(error, tf.errors.UnavailableError):
        return WorkerLostError("a worker was lost (unavailable). Start all workers again")
    return None  # anything else is a fault, and keeps its traceback
