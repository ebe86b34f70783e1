"""Progress of training: a live line on a terminal, plain lines when piped."""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from kvae.data.batches import Plan
from kvae.process.logs import duration

log = logging.getLogger(__name__)

SECONDS_PER_LINE = 20.0


@contextlib.contextmanager
def counted(what: str, total: int, unit: str = "observations") -> Iterator[Callable[[int], None]]:
    """A function that shows how many of `total` are done: live on a terminal, else a line now and then.

    The first ones include compilation: the time left is estimated from those after them. `unit` says of what.
    """
    console = Console()
    began = last = time.perf_counter()
    first = 0
    with Progress(BarColumn(bar_width=24), TextColumn("{task.description}"), console=console, transient=True,
                  disable=not console.is_terminal) as bar:  # fmt: skip
        task = bar.add_task(what, total=total)

        def count(done: int) -> None:
            nonlocal last, first, began
            now = time.perf_counter()
            left = duration((total - done) * (now - began) / max(done - first, 1))
            if first == 0:
                first, began = done, now
            text = f"{what}: {done:,} of {total:,} {unit}  {left} left"
            bar.update(task, completed=done, description=text)
            if not console.is_terminal and now - last > SECONDS_PER_LINE and done < total:
                log.info(text)
                last = now

        yield count


class ShowProgress(keras.callbacks.Callback):
    """Show iteration, losses, rate and time left: live on a terminal, else in `lines` plain lines; 0: not at all.

    `title` begins every line, such as the round of a message loop.
    """

    def __init__(self, plan: Plan, title: str = "", lines: int = 10) -> None:
        super().__init__()
        self.plan = plan
        self.title = title
        self.lines = lines
        self.console = Console()
        self.logs: dict[str, float] = {}
        self.epoch = 0
        self.bar: Progress | None = None
        self.since: tuple[float, float] = (plan.start, time.perf_counter())
        self.compiling = True
        self.shown = self.share(plan.start)

    def share(self, done: float) -> int:
        """How many plain lines are due after `done` iterations, from the plan's start if it has a title."""
        first = self.plan.start if self.title else 0
        return int(self.lines * (done - first) // (self.plan.itr - first))

    def on_train_begin(self, logs: Any = None) -> None:
        self.since = (self.plan.start, time.perf_counter())
        self.compiling = True
        if self.console.is_terminal and self.lines:
            columns = (BarColumn(bar_width=24), TextColumn("{task.description}"))
            self.bar = Progress(*columns, console=self.console, transient=True)
            self.task = self.bar.add_task("compiling", total=self.plan.itr, completed=self.plan.start)
            self.bar.start()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        done = self.plan.iteration(self.epoch, batch + 1)
        if self.compiling and done < self.plan.itr:
            # The first block includes compilation: the rate is measured from here.
            self.since, self.compiling = (done, time.perf_counter()), False
        elif self.bar is not None:
            text = self.line(done, {**self.logs, **(logs or {})})
            self.bar.update(self.task, completed=done, description=text)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.logs = logs or {}
        done = self.plan.interval(epoch)[1]
        share = self.share(done)
        if self.bar is None and share > self.shown:
            log.info(self.line(done, self.logs))
        self.shown = share

    def on_train_end(self, logs: Any = None) -> None:
        self.close()

    def close(self) -> None:
        """Give the terminal back."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None

    def line(self, done: float, logs: dict[str, float]) -> str:
        """One line about the run after `done` iterations."""
        first, began = self.since
        rate = (done - first) / max(time.perf_counter() - began, 1e-9)
        speed = ""
        if rate:  # else nothing was measured since compilation
            speed = f"  {rate * self.plan.n:,.0f} observations/s  {duration((self.plan.itr - done) / rate)} left"
        losses = "  ".join(f"{name} {float(logs[name]):.2f}" for name in ("loss", "val_loss") if name in logs)
        return f"{self.title}iteration {done:.0f}/{self.plan.itr}  {losses}{speed}"
