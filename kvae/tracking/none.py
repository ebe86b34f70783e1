"""`tracking=none`: no record of a run other than its run folder."""

from dataclasses import dataclass
from typing import ClassVar

from kvae.options.rules import Name
from kvae.tracking.about import About
from kvae.tracking.options import TrackingConfig
from kvae.tracking.tracker import NoTracker


@dataclass(frozen=True, kw_only=True)
class Options(TrackingConfig):
    """The keys of `tracking=none`."""

    name: Name = "none"

    STAYS: ClassVar[bool] = True


def open_tracker(options: Options, about: About) -> NoTracker:
    """A tracker that records nothing."""
    return NoTracker()
