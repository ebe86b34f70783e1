"""What all options of the group `tracking` have in common."""

from dataclasses import dataclass
from typing import Any, ClassVar

from kvae.options.found import by_name
from kvae.options.rules import Name

# A file per option.
PACKAGE = "kvae.tracking"
# What `open_tracker` is called with.
GIVEN = ("options", "about")


@dataclass(frozen=True, kw_only=True)
class TrackingConfig:
    """Where a run is recorded besides its run folder.

    Attributes:
        LIBRARY: What must be installed for it, as its makers write it; None: nothing.
        STAYS: Whether all of the record stands in the run folder.
    """

    name: Name = ""

    LIBRARY: ClassVar[str | None] = None
    STAYS: ClassVar[bool] = False


def options_for(values: dict[str, Any], typed: bool) -> type:
    """The dataclass of the keys of a record: that of its file in `kvae/tracking/`, or of its `_target_`."""
    return by_name(
        "tracking", PACKAGE, TrackingConfig, values, typed, default="none", given=GIVEN, entry="open_tracker"
    )
