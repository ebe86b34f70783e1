"""What a run tells whoever records it."""

from collections.abc import Mapping
from typing import Protocol

from kvae.runs import RunFolder


class Tracker(Protocol):
    """Records one run.

    Before `begin` nothing is recorded: a run that is refused, or was finished already, leaves no trace.
    """

    def begin(self, folder: RunFolder) -> None:
        """Start the record of the run in `folder`, or go on with the one that was begun there.

        Raises:
            InputError: When it cannot be written.
        """

    def log(self, iteration: int, row: Mapping[str, float], group: str = "training") -> None:
        """Record what was measured after so many iterations; what is recorded already is left as it is."""

    def finish(self, metrics: Mapping[str, float], folder: RunFolder) -> None:
        """Record the final metrics and the files in `folder`, and that the run ended well."""

    def fail(self, reason: str, interrupted: bool = False) -> None:
        """Record that the run did not end well: it failed, or was asked to end."""


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
