"""Opening the tracker of the group `tracking` for the time of a run."""

import contextlib
import importlib
import importlib.util
from collections.abc import Iterator
from types import ModuleType

from kvae.errors import InputError
from kvae.options.found import call_target, names_in
from kvae.process.commands import installing
from kvae.tracking.about import About
from kvae.tracking.options import TrackingConfig
from kvae.tracking.several import Several
from kvae.tracking.tracker import Tracker


def check_installed(name: str) -> None:
    """Raise InputError if the library of `tracking=name` is not installed; the library is not imported."""
    if name not in names_in("kvae.tracking"):
        return
    library = importlib.import_module(f"kvae.tracking.{name}").Options.LIBRARY
    if library is not None and importlib.util.find_spec(name) is None:
        raise InputError(f"tracking={name} needs {library}: {installing('tracking')}")


def of_sweeps(name: str | None) -> ModuleType | None:
    """The module of `tracking=name` if it can record a sweep as the parent of its jobs; else None."""
    if name is None or name not in names_in("kvae.tracking"):
        return None
    module = importlib.import_module(f"kvae.tracking.{name}")
    return module if hasattr(module, "begin_parent") else None


@contextlib.contextmanager
def tracked(options: TrackingConfig, about: About, *others: Tracker) -> Iterator[Tracker]:
    """The chosen tracker, together with `others`; its `fail` is called if the block raises.

    Args:
        options: The keys of the group.
        about: The description of the run.
        others: Further trackers, such as that of a search.

    Raises:
        InputError: When its library is not installed, or its store cannot be reached.
    """
    tracker = Several(build(options, about), *others) if others else build(options, about)
    try:
        yield tracker
    except KeyboardInterrupt:
        tracker.fail("asked to end", interrupted=True)
        raise
    except BaseException as error:
        tracker.fail(str(error) or type(error).__name__)
        raise


def build(options: TrackingConfig, about: About) -> Tracker:
    """The tracker of the chosen option or `_target_`."""
    if hasattr(options, "_target_"):
        return call_target(options, "tracking", options=options, about=about)
    check_installed(options.name)
    return importlib.import_module(f"kvae.tracking.{options.name}").open_tracker(options, about)
