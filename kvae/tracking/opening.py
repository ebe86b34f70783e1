"""From a config to its tracker, around the time that a run takes."""

import contextlib
import importlib.util
from collections.abc import Iterator

from kvae.errors import InputError
from kvae.options.schema import Config
from kvae.tracking.recorder import Recorder
from kvae.tracking.several import Several
from kvae.tracking.tracker import NoTracker, Tracker
from kvae.training.cluster import cluster_of

LIBRARIES = {"tensorboard": "TensorBoard", "mlflow": "MLflow"}


def check_installed(name: str) -> None:
    """Raise InputError when the library of `tracking=name` is not installed; quick, since nothing is imported."""
    if name in LIBRARIES and importlib.util.find_spec(name) is None:
        raise InputError(
            f"tracking={name} needs {LIBRARIES[name]}: pip install -c constraints.txt -e '.[tracking]'"
        )


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
    name = config.tracking.name
    if name == "none" or (cluster is not None and not cluster.is_chief):
        return NoTracker()
    check_installed(name)
    # The libraries take seconds to import, so only the one that is asked for is.
    if name == "tensorboard":
        from kvae.tracking.tensorboard import TensorBoard

        return Recorder(TensorBoard(config))
    from kvae.tracking.mlflow import MLflow

    return Recorder(MLflow(config))
