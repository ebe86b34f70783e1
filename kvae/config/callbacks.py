"""Hydra callbacks: checks before the first job, and the result of a sweep after the last."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hydra.core.utils import JobReturn
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from kvae.config.errors import print_error
from kvae.config.hydra_app import check_composed
from kvae.config.sweeps import begin, finish, hold
from kvae.config.words import is_mistake
from kvae.errors import InputError
from kvae.options.quoting import quoted
from kvae.process.paths import for_launchers

OWN_SWEEPERS = "hydra_plugins.kvae_sweepers."


class CheckBeforeRun(Callback):
    """Check the config, and that no other run uses the folder, before Hydra writes to it.

    After a mistake, nothing has been written. Of several machines, only the chief gets a run folder.
    """

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        from kvae.modes import check_mode
        from kvae.runs import RunFolder

        with ending_on_mistakes():
            check_backend()
            check_place(config, "run")
            check_config(config, "run")
            hold(Path(config.hydra.run.dir), "run")
            check_mode(config.mode.name, RunFolder(config.hydra.run.dir))

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        from kvae.tracking import check_installed

        with ending_on_mistakes():
            check_backend()
            check_place(config, "sweep")
            check_installed(OmegaConf.select(config, "tracking.name"))
            if OmegaConf.select(config, "train.strategy") == "multi_worker":
                check_config(config, "sweep")
            # Jobs may run in another working directory.
            send_to(config, "sweep", Path(config.hydra.sweep.dir).absolute())
            leave_memory_to_the_cluster(config)
            send_submitit_elsewhere(config)
            for_launchers()
            if not config.hydra.sweeper._target_.startswith(OWN_SWEEPERS):  # these begin later, with their jobs
                begin(config, None)


def check_backend() -> None:
    """Raise InputError if KERAS_BACKEND is not `tensorflow`."""
    backend = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if backend != "tensorflow":
        raise InputError(
            f"KERAS_BACKEND={backend} is set, but kvae needs TensorFlow. Type KERAS_BACKEND=tensorflow "
            "before the command, or: unset KERAS_BACKEND"
        )


def check_place(config: DictConfig, kind: str) -> None:
    """Raise InputError if the folder of a run or sweep, or one above it, is a file."""
    outputs, path = Path(str(config.outputs)), Path(config.hydra[kind].dir)
    in_the_way = next((place for place in (path, *path.parents) if place.exists() and not place.is_dir()), None)
    if in_the_way is not None:
        typed = f"outputs={outputs}" if path.is_relative_to(outputs) else f"hydra.{kind}.dir={path}"
        raise InputError(f"{typed} can hold no runs: {in_the_way} is a file. Give a folder, existing or new")


@contextlib.contextmanager
def ending_on_mistakes() -> Iterator[None]:
    """Print a user's mistake and exit: Hydra turns exceptions in callbacks into warnings, except SystemExit."""
    try:
        yield
    except Exception as error:
        if not is_mistake(error):
            raise
        print_error(error)
        raise SystemExit(1) from error


def check_config(config: DictConfig, kind: str) -> None:
    """Check the config; a worker that is not the chief gets a temporary folder, and resumes the chief's run."""
    from kvae.runs import RunFolder
    from kvae.tracking import check_installed
    from kvae.training.cluster import cluster_of, scratch_folder

    checked = check_composed(config)
    check_installed(checked.tracking.name)
    cluster = cluster_of(checked.strategy)
    if cluster is None or cluster.is_chief:
        return
    begun = RunFolder(config.hydra[kind].dir)
    if begun.vae.is_begun and config.train.resume is None:
        with read_write(config), open_dict(config):
            config.train.resume = str(begun.path)
    send_to(config, kind, scratch_folder())


def send_to(config: DictConfig, kind: str, folder: Path) -> None:
    """Set the folder of a run or sweep, also as an override, from which the configs of jobs are composed."""
    with read_write(config), open_dict(config), read_write(config.hydra):
        config.hydra[kind].dir = str(folder)
        config.hydra.overrides.hydra.append(f"hydra.{kind}.dir={quoted(folder)}")


def leave_memory_to_the_cluster(config: DictConfig) -> None:
    """Make Ray's launcher ask for no object store when it connects to a cluster, for Ray would refuse that."""
    address = OmegaConf.select(config, "hydra.launcher.ray.init.address")
    if address is not None:
        with read_write(config), open_dict(config), read_write(config.hydra):
            config.hydra.launcher.ray.init.setdefault("object_store_memory", None)


def send_submitit_elsewhere(config: DictConfig) -> None:
    """Give submitit a new folder within its own: it reads pickles, and old ones may come from somebody else."""
    from kvae.runs.plain import token

    folder = OmegaConf.select(config, "hydra.launcher.submitit_folder")
    if folder is not None:
        with read_write(config), open_dict(config), read_write(config.hydra):
            config.hydra.launcher.submitit_folder = f"{Path(folder).parent}/{token()}/{Path(folder).name}"


class SweepResult(Callback):
    """When a sweep ends, write and show its result; exit status 1 unless all jobs are finished or pruned."""

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        job_return.cfg = job_return.hydra_cfg = None  # to save memory: launchers keep them for every job, unused

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        with ending_on_mistakes():
            complete = finish()
        if not complete:
            raise SystemExit(1)
