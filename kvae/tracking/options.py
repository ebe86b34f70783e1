"""The keys that all options of the group `tracking` have in common."""

from dataclasses import dataclass
from typing import Any, ClassVar

from kvae.options.found import by_name
from kvae.options.rules import Name

# A file per option.
PACKAGE = "kvae.tracking"
# The arguments of `open_tracker`.
GIVEN = ("options", "about")


@dataclass(frozen=True, kw_only=True)
class TrackingConfig:
    """The keys of a tracker.

    Attributes:
        LIBRARY: The library that must be installed, spelt as by its makers; None needs none.
        STAYS: Whether the whole record is written to the run folder.
    """

    name: Name = ""

    LIBRARY: ClassVar[str | None] = None
    STAYS: ClassVar[bool] = False


def options_for(values: dict[str, Any], typed: bool) -> type:
    """The dataclass of a tracker's keys: of its file in `kvae/tracking/`, or of its `_target_`."""
    return by_name(
        "tracking", PACKAGE, TrackingConfig, values, typed, default="none", given=GIVEN, entry="open_tracker"
    )
