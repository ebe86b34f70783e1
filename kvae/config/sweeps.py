"""A sweep from its first job to its result: functions for Hydra's sweepers and callbacks."""

import atexit
import itertools
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf

from kvae.errors import InputError
from kvae.options.quoting import shell
from kvae.process.commands import COMMAND, program
from kvae.process.visible import say

if TYPE_CHECKING:
    from filelock import FileLock

    from kvae.sweep.record import Record

_begun: tuple[Path, "Record"] | None = None  # the folder and the record of the sweep that this process runs
_held: dict[Path, "FileLock"] = {}  # folders that this process has locked

# Keys that are not part of a sweep's stored command: they may differ when it is resumed.
ITS_OWN = ("hydra.sweep.dir", "hydra.mode", "hydra.run.dir", "resume")


def command_of(config: DictConfig) -> list[str]:
    """The overrides with which a sweep was started, without those of `ITS_OWN`."""
    overrides = [*config.hydra.overrides.task, *config.hydra.overrides.hydra]
    return [override for override in overrides if override.partition("=")[0].lstrip("+") not in ITS_OWN]


def check_jobs(composed: Iterable[DictConfig]) -> None:
    """Refuse a sweep whose given jobs all have the same mistake, such as its first and last job.

    Raises:
        InputError: With that mistake.
    """
    from kvae.config.hydra_app import check_composed

    mistakes = set()
    for config in composed:
        try:
            check_composed(config)
            return
        except InputError as error:
            mistakes.add(str(error))
    if len(mistakes) == 1:
        raise InputError(mistakes.pop())


def begin(config: DictConfig, jobs: list[list[str]] | None) -> None:
    """Lock a sweep's folder, and record in it the command and the jobs.

    Raises:
        InputError: When another process uses the folder, or it holds another sweep.
    """
    from kvae.config.hydra_app import check_composed  # here, since it imports errors, which import this
    from kvae.runs.files import relative
    from kvae.sweep.folders import SweepFolder
    from kvae.sweep.record import Record

    global _begun
    folder = SweepFolder(Path(config.hydra.sweep.dir).absolute())
    hold(folder.path, "sweep")
    folder.write_plan(command_of(config), config.objective, jobs)
    record = Record(OmegaConf.select(config, "tracking.name"), lambda: check_composed(config), folder)
    for name, value in record.environment.items():
        config.hydra.overrides.hydra.append(f"+hydra.job.env_set.{name}={value}")
    _begun = (folder.path, record)
    what = "a sweep" if jobs is None else f"{len(jobs)} job{'s' * (len(jobs) != 1)}"
    say(f"{what} in {relative(folder.path)}")
    say(f"results so far, at any time: python -m kvae.sweep {shell(str(relative(folder.path)))}")


def best_direction(config: DictConfig) -> str:
    """`maximize` or `minimize`, as Optuna calls it, for the objective of a search.

    Raises:
        InputError: When one of the user's own metrics cannot be imported.
    """
    from kvae.metrics import larger_is_better
    from kvae.metrics.options import options_for

    metrics: Any = OmegaConf.to_container(OmegaConf.create(config.get("metric") or {}), resolve=True)
    options_for(metrics, typed=True)  # declares their meanings
    return "maximize" if larger_is_better(config.objective) else "minimize"


def hold(folder: Path, what: str) -> None:
    """Lock the folder of a run or of a sweep until `let_go` or the end of this process.

    Raises:
        InputError: When another process has locked it, or files written into it could land elsewhere.
    """
    from kvae.runs.lock import lock

    path = folder.absolute()
    if path not in _held:
        _held[path] = lock(folder, what=what)
        # Before Python shuts down: later, some versions of filelock fail, because `os.getpid` is gone.
        atexit.register(let_go, path, os.getpid())


def let_go(folder: Path, process: int | None = None) -> None:
    """Release the lock of a folder; with `process`, only in that one, since a fork of it has no lock."""
    if process not in (None, os.getpid()):
        return
    held = _held.pop(folder.absolute(), None)
    if held is not None:
        held.release()


def finish() -> bool:
    """Show and write the result of this process's sweep. True if all jobs are finished or pruned."""
    from kvae.sweep.summary import summarise

    if _begun is None:
        return True
    path, record = _begun
    complete = summarise(path)
    record.end(failed=not complete)
    let_go(path)
    return complete


def is_begun() -> bool:
    """Whether this process has begun a sweep."""
    return _begun is not None


def say_how_to_go_on(how: str) -> None:
    """After an early end of the sweep, print how many jobs are finished, and the commands to type."""
    from kvae.runs.files import relative

    if _begun is None:
        return
    from kvae.sweep.folders import SweepFolder

    path, record = _begun
    jobs = SweepFolder(path).jobs()
    done = sum(job.status in ("finished", "pruned") for job in jobs)
    say(f"{how}; {done} of {len(jobs)} jobs are finished")
    say(f"results so far:  python -m kvae.sweep {shell(str(relative(path)))}")
    typed = COMMAND if program() == COMMAND else f"python {relative(Path(sys.argv[0]))}"
    say(f"resume with:     {typed} {shell(f'resume={relative(path)}')}")
    record.end(failed=True)
    let_go(path)


def jobs_at_once(launcher: dict[str, Any]) -> int:
    """How many jobs a launcher runs at a time, by its config."""
    from kvae.sweep.resources import n_processors

    if launcher["_target_"].endswith("BasicLauncher"):
        return 1
    n_jobs = launcher.get("n_jobs", n_processors())
    return n_jobs if n_jobs > 0 else n_processors() + 1 + n_jobs


def combinations(values: dict[str, list[str]], together: Sequence[str]) -> list[list[str]]:
    """The overrides of every job: all combinations, except that some keys vary together.

    Args:
        values: The overrides of every key, such as `{"seed": ["seed=0", "seed=1"]}`.
        together: Keys that vary together: a job has the n-th value of each.

    Raises:
        InputError: When a key of `together` is not swept, or they have different numbers of values.
    """
    counts = {key: len(values.get(key, ())) for key in together}
    if 0 in counts.values() or len(set(counts.values())) > 1:
        found = ", ".join(f"{key} has {n}" for key, n in counts.items())
        raise InputError(
            f"hydra.sweeper.together={list(together)} needs equally many values of each key. Received: {found}"
        )
    in_step = [list(step) for step in zip(*(values[key] for key in together), strict=True)]
    axes = [[[override] for override in overrides] for key, overrides in values.items() if key not in together]
    axes = [*axes, in_step] if in_step else axes
    return [list(itertools.chain.from_iterable(job)) for job in itertools.product(*axes)]
