"""What a command does: one file per mode, each with `run(config, folder, tracker)` that returns the metrics."""

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
        trackers: Whom to tell how it goes, besides what the group `tracking` asks for.
        wait: Seconds to wait for another process in that folder, which may be on its way out.

    Returns:
        The metrics, and the folder that they stand in.
    """
    folder = RunFolder(output_dir, config.run.format)
    # Once in a process: what is garbage when it is left out stays.
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
            log.warning("warning: mode=%s measures nothing by the group metric: %s", config.mode.name, names)
        with memory_errors():
            metrics, shown = run(config, folder, tracker)
        tracker.finish(metrics, shown)
    return metrics, shown


def function_of(config: Config) -> Callable[[Config, RunFolder, Tracker], tuple[dict[str, float], RunFolder]]:
    """`run` of the mode that a config names."""
    if hasattr(config.mode, "_target_"):
        return run_own
    return importlib.import_module(f"{PACKAGE}.{config.mode.name}").run


def run_own(config: Config, folder: RunFolder, tracker: Tracker) -> tuple[dict[str, float], RunFolder]:
    """Run a mode of the user's own, which gives its metrics; what every mode does stands around it.

    Raises:
        InputError: When it gives something else.
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
    """What a run is recorded by, on the machine that writes the run folder."""
    cluster = cluster_of(config.strategy)
    if cluster is not None and not cluster.is_chief:
        return contextlib.nullcontext(NoTracker())
    return tracked(config.tracking, About(config.run.name, Path(config.run.outputs), config.plain), *trackers)


def check_mode(mode: str, folder: RunFolder) -> None:
    """See to it that what one mode wrote is not overwritten by another: a learnt run would be one no more.

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
    """Show the metrics of a run and where it stands; the value of the config's `objective`."""
    cluster = cluster_of(config.strategy)
    if cluster is None or cluster.is_chief:
        show(metrics, config.data.IS_MIXED)
        log.info("run folder: %s", relative(folder.path))
    return objective_in(metrics, config.run.objective)[1]


@contextlib.contextmanager
def memory_errors() -> Iterator[None]:
    """Let TensorFlow's word for memory, or room for its programs, that is short be Python's and ours."""
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
    """Keras, imported and ready; within what is returned it computes where the config says."""
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
        InputError: When the file with its settings cannot be read, or holds what Keras does not take.
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
        raise InputError(f"Keras cannot use its settings in {settings} ({reason}). Mend or remove it") from error


def keras_is_ready() -> None:
    """Make the backend look for its devices now, while stderr is held back.

    A `~/.keras/keras.json` made for another project must not choose how a command computes: it would in silence.
    """
    from keras import config, ops

    config.set_floatx("float32")
    config.set_epsilon(1e-7)
    config.set_image_data_format("channels_last")

    ops.zeros(1)
