"""The interface through which a run is recorded."""

from collections.abc import Mapping
from typing import Protocol

from kvae.runs import RunFolder


class Tracker(Protocol):
    """Records one run.

    Nothing is recorded before `begin`: a run that is refused or was already finished leaves no record.
    """

    def begin(self, folder: RunFolder) -> None:
        """Start the record of the run in `folder`, or resume the one that was begun for it.

        Raises:
            InputError: When it cannot be written.
        """

    def log(self, iteration: int, row: Mapping[str, float], group: str = "training") -> None:
        """Record the values `row` after `iteration` iterations; earlier recorded values do not change."""

    def finish(self, metrics: Mapping[str, float], folder: RunFolder) -> None:
        """Record the final metrics and the files in `folder`, and that the run is finished."""

    def fail(self, reason: str, interrupted: bool = False) -> None:
        """Record that the run failed or was interrupted, and why."""


class NoTracker:
    """Records nothing: `tracking=none`, and the workers of a run that do not write its run folder."""

    def begin(self, folder: RunFolder) -> None:
        """Do nothing."""

    def log(self, iteration: int, row: Mapping[str, float], group: str = "training") -> None:
        """Do nothing."""

    def finish(self, metrics: Mapping[str, float], folder: RunFolder) -> None:
        """Do nothing."""

    def fail(self, reason: str, interrupted: bool = False) -> None:
        """Do nothing."""
