"""From a config to its tracker, around the time that a run takes."""

import contextlib
import importlib
import importlib.util
from collections.abc import Iterator

from kvae.errors import InputError
from kvae.options.found import call_target, names_in
from kvae.options.schema import Config
from kvae.tracking.several import Several
from kvae.tracking.tracker import NoTracker, Tracker
from kvae.training.cluster import cluster_of


def check_installed(name: str) -> None:
    """Raise InputError when the library of `tracking=name` is not installed; quick, since nothing is imported."""
    if name not in names_in("kvae.tracking"):
        return
    library = importlib.import_module(f"kvae.tracking.{name}").Options.LIBRARY
    if library is not None and importlib.util.find_spec(name) is None:
        raise InputError(f"tracking={name} needs {library}: pip install -c constraints.txt -e '.[tracking]'")


@contextlib.contextmanager
def tracked(config: Config, *others: Tracker) -> Iterator[Tracker]:
    """The tracker that a config asks for, and others that go along; it is told when the block does not end well.

    Raises:
        InputError: When its library is not installed, or its store cannot be reached.
    """
    tracker = Several(build(config), *others) if others else build(config)
    try:
        yield tracker
    except KeyboardInterrupt:
        tracker.fail("asked to end", interrupted=True)
        raise
    except BaseException as error:
        tracker.fail(str(error) or type(error).__name__)
        raise


def build(config: Config) -> Tracker:
    """The tracker that a config asks for, on the machine that writes the run folder."""
    cluster = cluster_of(config)
    if cluster is not None and not cluster.is_chief:
        return NoTracker()
    chosen = config.tracking
    if hasattr(chosen, "_target_"):
        return call_target(chosen, "tracking", config)
    check_installed(chosen.name)
    return importlib.import_module(f"kvae.tracking.{chosen.name}").open_tracker(config)
