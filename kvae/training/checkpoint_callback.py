"""The callback that writes checkpoints: at ends of blocks and intervals, and when the program is asked to end."""

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from kvae.callbacks import StopOnNaN
from kvae.data.batches import Plan
from kvae.training.checkpoint_file import TrainingState, copies, trackers

Take = Callable[[int, int, list[np.ndarray]], TrainingState]


SECONDS = {"s": 1, "min": 60, "h": 3600}
# Without `train.checkpoint_every`, the time between two checkpoints is at most this.
DEFAULT_SECONDS = 600.0


def every(value: int | str | None, itr: int) -> tuple[int | None, float | None]:
    """`train.checkpoint_every` as iterations and as seconds between two checkpoints; None for neither.

    Raises:
        ValueError: For anything but a number of iterations >= 1, or a time such as `10min`, `90s` or `2h`.
    """
    if value is None:
        return max(1, itr // 10), DEFAULT_SECONDS
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value, None
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(s|min|h)", value) if isinstance(value, str) else None
    if found is None or float(found[1]) == 0:
        raise ValueError(f"no number of iterations and no time: {value!r}")
    return None, float(found[1]) * SECONDS[found[2]]


class Checkpoint(keras.callbacks.Callback):
    """Write the training state when it is due, and hold that of the last interval in memory.

    A state that is not finite is neither written nor held, and stops the training.

    Args:
        plan: The run's plan.
        every: Iterations and seconds between two checkpoints, either of which may be None.
        take: Returns the training state, given the iterations up to the last logged interval, the steps after
            them, and the sums of their losses.
        write: Writes a state that `take` returned.
        guard: The callback that stops a training that is not finite.
        check: Raises when the program is asked to end.
        sums: The sums of the losses that a resumed run begins its first interval with.

    Attributes:
        last: The last state that was held or written.
    """

    def __init__(
        self,
        plan: Plan,
        every: tuple[int | None, float | None],
        take: Take,
        write: Callable[[TrainingState], None],
        guard: StopOnNaN,
        check: Callable[[], None] = lambda: None,
        sums: Sequence[np.ndarray] = (),
    ) -> None:
        super().__init__()
        self.plan, self.every, self.take, self.write, self.guard = plan, every, take, write, guard
        self.check, self.sums = check, list(sums)
        self.last: TrainingState | None = None
        self.written = (plan.start, plan.skip)
        self.due_at = self.next_due(plan.start + plan.skip / plan.steps_per_pass)
        self.began = time.monotonic()
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch
        if epoch == self.plan.first_interval and self.sums:
            for variable, value in zip(trackers(self.model), self.sums, strict=True):
                variable.assign(value)
            if float(self.model.regularization_tracker.count) > 0:  # a layer added losses before
                self.model.regularized = True

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        first, stop = self.plan.interval(self.epoch)
        steps = self.plan.steps_after(self.epoch, batch + 1)
        if steps < (stop - first) * self.plan.steps_per_pass:  # after the last block `on_epoch_end` follows
            self.keep_if_due(first, steps, lambda: copies(trackers(self.model)))

    def on_test_begin(self, logs: Any = None) -> None:
        self.sums = copies(trackers(self.model))  # Keras clears them next

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        first, stop = self.plan.interval(self.epoch)
        self.end_if_asked(first, (stop - first) * self.plan.steps_per_pass, lambda: self.sums)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        done = self.plan.interval(epoch)[1]
        state = self.take(done, 0, [])
        if not state.finite:
            self.guard.stop(done)
            return
        self.last = state
        self.keep_if_due(done, 0, list)

    def keep_if_due(self, iteration: int, steps: int, sums: Callable[[], list[np.ndarray]]) -> None:
        """Write the current state when it is due; end when the program is asked to."""
        iterations, seconds = self.every
        late = seconds is not None and time.monotonic() - self.began >= seconds
        if late or (iterations is not None and iteration + steps / self.plan.steps_per_pass >= self.due_at):
            self.keep(self.take(iteration, steps, sums()))
        self.end_if_asked(iteration, steps, sums)

    def end_if_asked(self, iteration: int, steps: int, sums: Callable[[], list[np.ndarray]]) -> None:
        """Write the current state and raise, when the program is asked to end."""
        try:
            self.check()
        except BaseException:
            self.keep(self.take(iteration, steps, sums()))
            raise

    def keep(self, state: TrainingState) -> None:
        """Write a state that is finite and not yet written."""
        position = (state.iteration, state.steps)
        if not state.finite or position <= self.written:
            return
        self.write(state)
        self.last, self.written, self.began = state, position, time.monotonic()
        self.due_at = self.next_due(state.iteration + state.steps / self.plan.steps_per_pass)

    def next_due(self, done: float) -> float:
        """The iteration at which the next checkpoint is due."""
        iterations = self.every[0]
        return 0.0 if iterations is None else float(iterations * (done // iterations + 1))

    def flush(self) -> None:
        """Write the last state that was held."""
        if self.last is not None:
            self.keep(self.last)
