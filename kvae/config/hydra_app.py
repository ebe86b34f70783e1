"""The line between Hydra and the rest: composing, instantiating, and wording Hydra's errors."""

import contextlib
import errno
import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException, InstantiationException, MissingConfigException, OverrideParseException
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict, read_write
from omegaconf.errors import OmegaConfBaseException

from kvae.config.rules import unknown_key
from kvae.config.schema import Config, check
from kvae.errors import InputError
from kvae.files import why_not_written
from kvae.interrupts import Interrupted, end_on_signals

log = logging.getLogger(__name__)
_words_errors = False  # whether `report_errors` is at work

# What disks and folders say that do not take a file.
DISK = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}

CONF = Path(__file__).resolve().parents[2] / "conf"


def check_composed(cfg: DictConfig) -> Config:
    """The checked config from what Hydra composed.

    Raises:
        InputError: For a wrong value, or a key that refers to one that does not exist.
    """
    sections = {str(key): node for key, node in cfg.items_ex(resolve=False) if key != "hydra"}
    try:
        plain = OmegaConf.to_container(OmegaConf.create(sections), resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise InputError(" ".join(str(error).split())) from error
    return check(plain)  # type: ignore[arg-type]


def compose(*overrides: str, config_dir: str | Path = CONF) -> Config:
    """The checked config that the command line would make of `overrides`.

    Raises:
        InputError: For whatever is wrong with them.
    """
    import hydra

    try:
        with hydra.initialize_config_dir(str(config_dir), version_base="1.3"):
            cfg = hydra.compose("config", overrides=list(overrides))
    except (HydraException, OmegaConfBaseException) as error:
        raise InputError(worded(error)) from error
    return check_composed(cfg)


def instantiate(node: dict[str, Any], key: str, **arguments: Any) -> Any:
    """Call a node's `_target_` with its own keys and `arguments`.

    Raises:
        InputError: When the target cannot be found or called.
    """
    import hydra.utils

    try:
        return hydra.utils.instantiate(node, **arguments, _convert_="all")
    except InstantiationException as error:
        cause = error.__cause__ or error
        raise InputError(f"{key}._target_={node['_target_']} failed: {' '.join(str(cause).split())}") from error


class CheckBeforeRun(Callback):
    """Check the config, and that no other run is at work there, before Hydra writes to the run folder.

    A mistake leaves nothing behind. Of several machines only the chief gets a run folder.
    """

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        self.check(config, "run")

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        if OmegaConf.select(config, "train.strategy") == "multi_worker":
            self.check(config, "sweep")

    def check(self, config: DictConfig, kind: str) -> None:
        from kvae.cluster import cluster_of
        from kvae.lock import lock

        try:
            cluster = cluster_of(check_composed(config))
            if cluster is not None and not cluster.is_chief:
                leave_writing_to_the_chief(config, kind)
            if kind == "run":
                lock(Path(config.hydra.run.dir))
        except InputError as error:
            # Hydra turns a callback's exceptions into warnings; SystemExit passes.
            print_error(error)
            raise SystemExit(1) from error


def leave_writing_to_the_chief(config: DictConfig, kind: str) -> None:
    """Give a worker a folder that goes with it, and let it go on from what the chief's run folder holds."""
    from kvae.artifacts import RunFolder
    from kvae.cluster import scratch_folder

    begun = RunFolder(config.hydra[kind].dir)
    with read_write(config), open_dict(config):
        if begun.vae.is_begun and config.train.resume is None:
            config.train.resume = str(begun.path)
        with read_write(config.hydra):
            config.hydra[kind].dir = str(scratch_folder())


def report_errors(command: Callable[[], Any]) -> None:
    """Run a Hydra command; a user's mistake ends it with one message, exit status 1 and no traceback.

    With HYDRA_FULL_ERROR=1 in the environment everything keeps its traceback.
    """
    global _words_errors
    if os.environ.get("HYDRA_FULL_ERROR") == "1":
        command()
        return
    end_on_signals()
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then lets errors through to here.
    _words_errors = True
    try:
        command()
    except (HydraException, OmegaConfBaseException) as error:
        print_error(error)
        sys.exit(1)
    except OSError as error:  # of Hydra, which writes the config and the log
        if error.errno not in DISK:
            raise
        where = error.filename or "the run folder"
        print(f"error: {where} could not be written: {why_not_written(error)}", file=sys.stderr)
        sys.exit(1)
    except (InputError, MemoryError):  # of a job in a sweep, which has logged it
        sys.exit(1)
    except KeyboardInterrupt as error:
        sys.exit(error.exit_status if isinstance(error, Interrupted) else 130)
    finally:
        del os.environ["HYDRA_FULL_ERROR"]
        _words_errors = False


@contextlib.contextmanager
def job_errors() -> Iterator[None]:
    """Log a user's mistake in a job, to its run log and to the terminal; a single run ends there."""
    try:
        yield
    except (InputError, MemoryError) as error:
        log.error(worded(error))
        if _words_errors and HydraConfig.get().mode == RunMode.RUN:
            # Not the error itself: Hydra would print a line of its own about the job.
            raise SystemExit(1) from error
        raise


def print_error(error: Exception) -> None:
    """Print an error as the run log words it."""
    print(f"error: {worded(error)}", file=sys.stderr)


def other_options(key: str) -> str:
    """Which options of a group have a key that the chosen one lacks: ". data=file has it"."""
    group, _, name = key.partition(".")
    having = sorted(path.stem for path in (CONF / group).glob("*.yaml") if name and name in OmegaConf.load(path))
    return f". With {' or '.join(f'{group}={option}' for option in having)} there is one" if having else ""


def worded(error: BaseException) -> str:
    """An error as one line that says what is wrong and what is allowed."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"memory is short: {error}. Lower data.memory, so that the data is streamed, or train.batch_size"
    cause = error.__cause__
    parent, key = getattr(cause, "parent_node", None), getattr(cause, "full_key", None)
    if isinstance(parent, DictConfig) and key and "not in struct" in str(cause):
        return unknown_key(key, [str(name) for name in parent if name != "hydra"]) + other_options(key)
    if isinstance(error, MissingConfigException) and error.options and error.missing_cfg_file:
        group, _, option = error.missing_cfg_file.rpartition("/")
        return f"unknown {group}={option}. Allowed: {', '.join(sorted(error.options))}"
    if isinstance(error, OverrideParseException):
        return f"{error.override} cannot be understood: {str(error).splitlines()[0]}. Quote lists: 'key=[1,2]'"
    texts = [str(error), *([str(cause)] if isinstance(cause, OmegaConfBaseException) else [])]
    return " ".join(" ".join(texts).split())
