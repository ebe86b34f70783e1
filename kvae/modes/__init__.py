"""What a command does: one file per mode, whose `run(config, folder, tracker)` returns metrics and run folder."""

import contextlib
import importlib
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kvae.errors import InputError
from kvae.metrics import objective_in
from kvae.modes.finish import finish_run
from kvae.modes.options import PACKAGE
from kvae.modes.shown import show
from kvae.options.arguments import is_number
from kvae.options.found import call_target
from kvae.options.quoting import shell
from kvae.options.schema import Config
from kvae.process import gpu
from kvae.process.collector import importing
from kvae.process.compile_cache import cache_error, keep_compiled
from kvae.process.quiet import quiet_stderr
from kvae.runs import RunFolder, select
from kvae.runs.files import relative, remove_parts
from kvae.runs.lock import locked
from kvae.tracking import About, NoTracker, Tracker, tracked
from kvae.training.cluster import cluster_of

log = logging.getLogger(__name__)


def run_mode(
    config: Config, output_dir: str | Path, trackers: Sequence[Tracker] = (), wait: float = 0.0
) -> tuple[dict[str, float], RunFolder]:
    """Run the config's mode in its run folder.

    Args:
        config: The checked config.
        output_dir: The run folder.
        trackers: More trackers that record the run, besides that of the group `tracking`.
        wait: Seconds to wait for the lock of the folder, where another process may be about to end.

    Returns:
        The metrics, and the run folder that holds them.
    """
    folder = RunFolder(output_dir, config.run.format)
    # Only before the first import of Keras in a process: `importing` freezes all objects, garbage included.
    imports = contextlib.nullcontext() if "keras" in sys.modules else importing()
    with quiet_stderr(), imports:
        placed = keras_placed(config) if config.mode.uses_keras else contextlib.nullcontext()
        run = function_of(config)
        plots = importlib.import_module("kvae.plots")
    as_ink = plots.ink(config.data.INK)
    with locked(folder.path, wait), placed, as_ink, recorded(config, trackers) as tracker:
        check_mode(config.mode.name, folder)
        remove_parts(folder.path)
        if config.metric.extra and not config.mode.takes_metrics:
            names = ", ".join(config.metric.extra)
            log.warning("warning: mode=%s ignores the functions of the group metric: %s", config.mode.name, names)
        with memory_errors():
            metrics, shown = run(config, folder, tracker)
        tracker.finish(metrics, shown)
    return metrics, shown


def function_of(config: Config) -> Callable[[Config, RunFolder, Tracker], tuple[dict[str, float], RunFolder]]:
    """The function that runs the mode of a config: `run` of its file, or `run_own`."""
    if hasattr(config.mode, "_target_"):
        return run_own
    return importlib.import_module(f"{PACKAGE}.{config.mode.name}").run


def run_own(config: Config, folder: RunFolder, tracker: Tracker) -> tuple[dict[str, float], RunFolder]:
    """Run a mode of the user's own, which returns its metrics, between the steps that every mode takes.

    Raises:
        InputError: When it returns anything but a dictionary of numbers.
    """
    tracker.begin(folder)
    folder.reopen()
    folder.write_run(config.plain)
    metrics = call_target(config.mode, "mode", config=config, folder=folder, tracker=tracker)
    numbers = isinstance(metrics, dict) and all(is_number(value) for value in metrics.values())
    if not numbers:
        raise InputError(
            f"mode._target_={config.mode._target_} must return its metrics, a dictionary of numbers. Received: "
            f"{str(metrics)[:100]}"
        )
    found = {str(name): value if isinstance(value, int) else float(value) for name, value in metrics.items()}
    finish_run(folder, found)
    return found, folder


def recorded(config: Config, trackers: Sequence[Tracker]) -> contextlib.AbstractContextManager[Tracker]:
    """The tracker of a run; on a machine that does not write the run folder, one that records nothing."""
    cluster = cluster_of(config.strategy)
    if cluster is not None and not cluster.is_chief:
        return contextlib.nullcontext(NoTracker())
    return tracked(config.tracking, About(config.run.name, Path(config.run.outputs), config.plain), *trackers)


def check_mode(mode: str, folder: RunFolder) -> None:
    """Check that a mode does not overwrite the run of another mode: a learnt run would be lost.

    Raises:
        InputError: When the folder is that of a run of another mode.
    """
    if folder.begun is None:
        return
    before = select(folder.read_config(), "mode.name")
    if before not in (None, mode):
        path = relative(folder.path)
        raise InputError(
            f"{path} holds a run of mode={before}, which mode={mode} would overwrite. Leave hydra.run.dir out for "
            f"a folder of its own; to use that run, type {shell(f'mode.run={path}')}"
        )


def report(config: Config, metrics: dict[str, float], folder: RunFolder) -> float:
    """Print the metrics of a run and its folder; return the value of the config's `objective`."""
    cluster = cluster_of(config.strategy)
    if cluster is None or cluster.is_chief:
        show(metrics, config.data.IS_MIXED)
        log.info("run folder: %s", relative(folder.path))
    return objective_in(metrics, config.run.objective)[1]


@contextlib.contextmanager
def memory_errors() -> Iterator[None]:
    """Raise TensorFlow's errors of memory, or of space for its compiled programs, as MemoryError or InputError."""
    try:
        yield
    except Exception as error:
        if "tensorflow" not in sys.modules:
            raise
        from kvae.training.failures import out_of_memory

        said = cache_error(error) or out_of_memory(error)
        if said is None:
            raise
        raise said from error


def keras_placed(config: Config) -> contextlib.AbstractContextManager[None]:
    """Import and set up Keras; return a context in which it computes on the device of the config."""
    gpu.make_deterministic()
    if config.run.compile_cache:
        keep_compiled()
    import_keras()
    devices = importlib.import_module("kvae.training.devices")
    devices.prepare(config.strategy, config.train.device)
    keras_is_ready()
    return devices.placed(config.strategy, config.train.device)


def import_keras() -> None:
    """Import Keras.

    Raises:
        InputError: When its settings file cannot be read, or holds values that Keras does not accept.
    """
    try:
        importlib.import_module("keras")
    except ImportError:
        raise
    except Exception as error:
        settings = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "keras.json"
        if not settings.exists():
            raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"Keras cannot use its settings in {settings} ({reason}). Fix or remove it") from error


def keras_is_ready() -> None:
    """Set Keras to float32 and channels last; make the backend find its devices now, while stderr is held back.

    Without that, a `~/.keras/keras.json` of another project would silently change how a command computes.
    """
    from keras import config, ops

    config.set_floatx("float32")
    config.set_epsilon(1e-7)
    config.set_image_data_format("channels_last")

    ops.zeros(1)
