"""The common part of all records: no value twice, few writes, and failures that do not end the run."""

import contextlib
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Protocol

from kvae.runs import RunFolder
from kvae.tracking.reasons import why

log = logging.getLogger(__name__)

# Seconds between two writes: a write may take longer than many iterations, which then share one.
PAUSE = 1.0
# Seconds after a failed write, doubled each time: a server that does not answer costs its time limit each time.
RETRY = 60.0


class Point(NamedTuple):
    """A value of one curve after `step` iterations; `time` is in seconds since 1970 (UTC)."""

    name: str
    value: float
    step: int
    time: float


class Sink(Protocol):
    """The store of a record.

    Attributes:
        place: The name of the store in messages.
    """

    place: str

    def begin(self, folder: RunFolder) -> dict[str, int]:
        """Start or resume a record; returns the last step of every curve in it.

        Raises:
            InputError: When it cannot be written.
        """

    def write(self, points: list[Point]) -> None:
        """Add points to the curves."""

    def finish(self, metrics: Mapping[str, float], step: int, folder: RunFolder) -> None:
        """Add the final metrics and files, and close the record."""

    def fail(self, reason: str, interrupted: bool) -> None:
        """Close the record of a run that failed or was interrupted."""


class Recorder:
    """The tracker that writes to a sink.

    After a failed write it warns once, keeps the values, and tries again after one minute, two, four and so on.

    Args:
        sink: The store of the record.
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
        """Write the pending points."""
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
        if not self.begun or self.failing:  # no further attempt: the user waits for the end
            return
        self.send()
        if not self.failing:
            with self.going_on():
                self.sink.fail(reason, interrupted)

    @contextlib.contextmanager
    def going_on(self) -> Iterator[None]:
        """Warn the first time instead of raising: a failed record must not end a training."""
        try:
            yield
            self.failing = False
        except Exception as error:
            self.failing = True
            if not self.warned:
                log.warning(
                    "warning: %s cannot be written: %s. The run continues, and will try again",
                    self.sink.place,
                    why(error),
                )
            self.warned = True
