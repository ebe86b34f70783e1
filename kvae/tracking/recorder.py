"""What all records have in common: nothing twice, little at a time, and a failure that does not end the run."""

import contextlib
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Protocol

from kvae.runs import RunFolder
from kvae.tracking.reasons import why

log = logging.getLogger(__name__)

# Seconds between two writes: short intervals share one, since a write takes longer than many of them.
PAUSE = 1.0
# Seconds after a write that failed, doubled each time: a server that is silent costs its time limit every time.
RETRY = 60.0


class Point(NamedTuple):
    """A value of one curve, after `step` iterations; `time` in seconds since the epoch."""

    name: str
    value: float
    step: int
    time: float


class Sink(Protocol):
    """Where a record is kept.

    Attributes:
        place: The record in words, for messages.
    """

    place: str

    def begin(self, folder: RunFolder) -> dict[str, int]:
        """Start or go on with a record; gives the last step of every curve that it holds.

        Raises:
            InputError: When it cannot be written.
        """

    def write(self, points: list[Point]) -> None:
        """Add points to the curves."""

    def finish(self, metrics: Mapping[str, float], step: int, folder: RunFolder) -> None:
        """Add the final metrics and files, and close the record."""

    def fail(self, reason: str, interrupted: bool) -> None:
        """Close the record of a run that did not end well."""


class Recorder:
    """The tracker of a sink.

    A sink that fails is warned of once and tried again after a minute, two, four; what it missed is kept for it.

    Args:
        sink: Where the record is kept.
        clock: Gives the time in seconds.
    """

    def __init__(self, sink: Sink, clock: Callable[[], float] = time.monotonic) -> None:
        self.sink = sink
        self.clock = clock
        self.last: dict[str, int] = {}
        self.pending: list[Point] = []
        self.iteration = 0
        self.begun = self.failing = self.warned = False
        self.due, self.retry = -math.inf, RETRY

    def begin(self, folder: RunFolder) -> None:
        self.last = self.sink.begin(folder)
        self.begun = True
        log.info("recording in %s", self.sink.place)

    def log(self, iteration: int, row: Mapping[str, float], group: str = "training") -> None:
        if not self.begun:
            return
        self.iteration = max(self.iteration, iteration)
        for column, value in row.items():
            name = f"{group}/{column}"
            if iteration > self.last.get(name, -1) and math.isfinite(value):
                self.last[name] = iteration
                self.pending.append(Point(name, float(value), iteration, time.time()))
        if self.pending and self.clock() >= self.due:
            self.send()

    def send(self) -> None:
        """Write what is pending."""
        with self.going_on():
            if self.pending:
                self.sink.write(self.pending)
            self.pending = []
        self.due = self.clock() + (self.retry if self.failing else PAUSE)
        self.retry = 2 * self.retry if self.failing else RETRY

    def finish(self, metrics: Mapping[str, float], folder: RunFolder) -> None:
        if not self.begun:
            return
        self.send()
        if not self.failing:
            with self.going_on():
                self.sink.finish(metrics, self.iteration, folder)
        if self.failing:
            log.warning(
                "warning: the record of this run in %s is incomplete; the run folder is not", self.sink.place
            )

    def fail(self, reason: str, interrupted: bool = False) -> None:
        if not self.begun or self.failing:  # somebody waits for the end
            return
        self.send()
        if not self.failing:
            with self.going_on():
                self.sink.fail(reason, interrupted)

    @contextlib.contextmanager
    def going_on(self) -> Iterator[None]:
        """Warn, the first time, instead of raising: a record is not worth a training."""
        try:
            yield
            self.failing = False
        except Exception as error:
            self.failing = True
            if not self.warned:
                log.warning(
                    "warning: %s cannot be written: %s. The run goes on, and what is missing is tried again",
                    self.sink.place,
                    why(error),
                )
            self.warned = True
