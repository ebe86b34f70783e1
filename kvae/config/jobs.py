"""The functions that Hydra calls for a single run and for every job of a sweep."""

import logging
from typing import Any

from omegaconf import DictConfig, OmegaConf

from kvae.config.errors import job_errors
from kvae.config.hydra_app import check_composed
from kvae.errors import InputError
from kvae.options.schema import Config
from kvae.process.logs import duration

log = logging.getLogger(__name__)

CHILD = "kvae.config.child"  # the program of a job's process

# Launchers that run one job after the other in one process.
IN_TURN = ("BasicLauncher", "JoblibLauncher")

# Modules that jobs import besides their mode, some of them only when needed.
LIBRARIES = [
    "kvae.config.hydra_app",
    "kvae.tracking",
    "kvae.model",
    "kvae.plots",
    "matplotlib.backends.backend_agg",
    "matplotlib.figure",
    "matplotlib.patheffects",
    "PIL.PngImagePlugin",
    "sklearn.cluster",
    "sklearn.datasets",
    "sklearn.decomposition",
]


def run_one(cfg: DictConfig, hydra: Any) -> float:
    """Run a single run in this process; returns the value of its `objective`."""
    from kvae.modes import report, run_mode
    from kvae.runs.unbegun import removed_if_unbegun

    with removed_if_unbegun(hydra.runtime.output_dir, cfg.outputs), job_errors():
        config = check_composed(cfg)
        return report(config, *run_mode(config, hydra.runtime.output_dir))


def run_job(cfg: DictConfig, hydra: Any) -> float:
    """Run a job of a sweep in a process of its own; returns the value of its `objective`, NaN without one.

    A failed job raises nothing, for launchers and sweepers would then stop the other jobs.

    Raises:
        InputError: When the run folder holds another job.
        Interrupted: When the sweep was asked to end.
    """
    from kvae.metrics import objective_in
    from kvae.sweep.folders import JobFolder

    number, job = hydra.job.num, JobFolder(hydra.runtime.output_dir)
    overrides = list(hydra.overrides.task)
    try:
        config = check_composed(cfg)
    except InputError as error:
        job.begin(number, overrides, {})
        job.end("failed", str(error))
    else:
        job.check_same(config.plain)
        if job.run.finished:
            log.info("#%d was finished before", number)
            return objective_in(job.run.read_metrics(), cfg.objective)[1]
        job.begin(number, overrides, config.plain)
        log.info("#%d %s", number, " ".join(own_overrides(overrides, hydra)))
        run_in_child(config, job, hydra)
    done = job.read()
    if done.status == "failed":
        log.error("#%d %s", number, done.reason)
    elif done.status == "pruned":
        log.info("#%d pruned: %s", number, done.reason)
    elif done.status == "finished":
        name, value = objective_in(done.metrics, cfg.objective)
        log.info("#%d %s %.4f  (%s)", number, name, value, duration(done.metrics.get("seconds", 0.0)))
    return objective_in(done.metrics, cfg.objective)[1]


def run_in_child(config: Config, job: Any, hydra: Any) -> None:
    """Run a job in a process of its own, with its share of the machine, and ensure that its end is recorded."""
    from kvae.process.compile_cache import quiet
    from kvae.sweep.isolation import FAILED, PRUNED, run_alone, why_ended
    from kvae.sweep.resources import environment_of

    logs: Any = OmegaConf.to_container(hydra.job_logging, resolve=True)
    launcher: Any = OmegaConf.to_container(hydra.launcher, resolve=True)
    train = config.train
    with environment_of(launcher, hydra.job.num, train.strategy, train.device) as environment:
        status = run_alone(
            CHILD,
            config.plain,
            job.path,
            logs,
            hydra.job.num,
            environment | (quiet() if config.run.compile_cache else {}),
            hydra.runtime.cwd,
            trial_of(hydra),
            shared_by_jobs(config, launcher),
        )
    if status not in (0, FAILED, PRUNED) or job.read().status == "interrupted":
        job.end("failed", why_ended(status))


def shared_by_jobs(config: Config, launcher: dict[str, Any]) -> list[str] | None:
    """Modules that are imported once for all jobs of this process; None if the launcher runs jobs elsewhere."""
    from kvae.modes.options import PACKAGE

    if not launcher["_target_"].endswith(IN_TURN):
        return None
    keras = ["keras", *LIBRARIES] if config.mode.uses_keras else []
    mode = [] if hasattr(config.mode, "_target_") else [f"{PACKAGE}.{config.mode.name}"]
    return [*keras, *mode]


def own_overrides(overrides: list[str], hydra: Any) -> list[str]:
    """The overrides that belong to this job, without those that were typed for all jobs."""
    from kvae.sweep.folders import SweepFolder

    typed = {override.lower() for override in SweepFolder(hydra.sweep.dir).read_plan()["command"]}
    own = [override for override in overrides if override.lower() not in typed]
    return [override.lstrip("+") for override in own]


def trial_of(hydra: Any) -> dict[str, Any] | None:
    """The study, trial number and pruner of a job of a search; None without a pruner."""
    from kvae.sweep.folders import SweepFolder

    sweeper: Any = OmegaConf.to_container(hydra.sweeper, resolve=True)
    if sweeper.get("pruner") is None:
        return None
    storage = sweeper["storage"] or SweepFolder(hydra.sweep.dir).storage
    return {
        "storage": storage,
        "name": sweeper["study_name"],
        "number": hydra.job.num,
        "pruner": sweeper["pruner"],
    }
