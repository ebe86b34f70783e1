"""From the keys of the group `tracking` to a tracker, around the time that a run takes."""

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
    """Raise InputError when the library of `tracking=name` is not installed; quick, since nothing is imported."""
    if name not in names_in("kvae.tracking"):
        return
    library = importlib.import_module(f"kvae.tracking.{name}").Options.LIBRARY
    if library is not None and importlib.util.find_spec(name) is None:
        raise InputError(f"tracking={name} needs {library}: {installing('tracking')}")


def of_sweeps(name: str | None) -> ModuleType | None:
    """The module of `tracking=name`, where it keeps a run of a sweep above those of its jobs; else None."""
    if name is None or name not in names_in("kvae.tracking"):
        return None
    module = importlib.import_module(f"kvae.tracking.{name}")
    return module if hasattr(module, "begin_parent") else None


@contextlib.contextmanager
def tracked(options: TrackingConfig, about: About, *others: Tracker) -> Iterator[Tracker]:
    """The tracker that is asked for, and others that go along; it is told when the block does not end well.

    Args:
        options: The keys of the group.
        about: The run.
        others: Trackers that go along.

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
    """The tracker that is asked for."""
    if hasattr(options, "_target_"):
        return call_target(options, "tracking", options=options, about=about)
    check_installed(options.name)
    return importlib.import_module(f"kvae.tracking.{options.name}").open_tracker(options, about)
