"""The folder of a sweep: its jobs and their states. No other module names the files of a sweep."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kvae.errors import InputError
from kvae.options.quoting import as_typed, shell
from kvae.process.visible import in_a_line
from kvae.runs import CONFIG, RunFolder, differences, jobs_under, sweep_page
from kvae.runs.files import read_json, relative, write_json
from kvae.runs.forms import list_of, optional, record, text, whole, word
from kvae.runs.lock import is_held
from kvae.runs.plain import real

# Keys that may differ when a job is resumed: they change where and how it runs, not its result.
MAY_DIFFER = (
    "outputs",
    "objective",
    "resume",
    "tracking",
    "train.device",
    "train.checkpoint_every",
    "data.memory",
)


# What the files of a sweep hold; see `kvae.runs.forms`.
STATES = ("waiting", "running", "finished", "failed", "pruned", "interrupted")
OVERRIDES = list_of(text, 10_000)
JOB = record(
    {"number": whole, "overrides": OVERRIDES, "status": word(*STATES), "reason": text, "config": CONFIG},
)
PLAN = record({"command": OVERRIDES, "objective": text, "jobs": optional(list_of(OVERRIDES))})


@dataclass(frozen=True)
class Job:
    """The state of one job of a sweep.

    Attributes:
        number: Its number in the sweep.
        overrides: Its overrides, as texts by key.
        status: `finished`, `failed`, `pruned` (ended by the search), `interrupted` (ended from outside, and can be
            resumed), `running`, or `waiting` (not begun).
        path: Its run folder; None for a job that waits.
        reason: Why it failed or was pruned, in one line.
        metrics: Its metrics; empty until it is finished.
    """

    number: int
    overrides: dict[str, str]
    status: str = "waiting"
    path: Path | None = None
    reason: str = ""
    metrics: dict[str, float] = field(default_factory=dict)


class JobFolder:
    """The run folder of a job, with a record of its overrides and of how it ended."""

    def __init__(self, path: str | Path):
        self.path = real(Path(path))
        self.run = RunFolder(path)

    @property
    def record(self) -> Path:
        return self.run.job

    def begin(self, number: int, overrides: list[str], config: dict[str, Any]) -> None:
        """Record which job is about to run in this folder."""
        what = {"number": number, "overrides": overrides, "status": "running", "reason": "", "config": config}
        write_json(self.record, what)

    def end(self, status: str, reason: str = "") -> None:
        """Record how the job ended."""
        write_json(self.record, self.read_record() | {"status": status, "reason": reason})

    def read_record(self) -> dict[str, Any]:
        """What `begin` and `end` wrote.

        Raises:
            InputError: When the file is missing, or holds no job.
        """
        return read_json(self.record, JOB)

    def check_same(self, config: dict[str, Any]) -> None:
        """Check that the folder does not hold another job, whose result would be overwritten.

        Raises:
            InputError: When the folder is that of a job with another config.
        """
        if not os.path.lexists(self.record):
            return
        before = self.read_record()["config"]
        keys = [key for key in config if key not in MAY_DIFFER] if before else []
        found = differences(config, before, keys)
        differs = [text for text in found if text.partition("=")[0] not in MAY_DIFFER]
        if differs:
            raise InputError(
                f"{self.path} holds another job, which differs in {', '.join(differs)}. "
                "Leave hydra.sweep.dir and resume out for a new sweep"
            )

    def read(self) -> Job:
        """The job in its present state."""
        record = self.read_record()
        status, metrics = record["status"], {}
        if self.run.finished:
            status, metrics = "finished", self.run.read_metrics()
        elif status in ("running", "finished") and not is_held(self.path):  # finished: resumed since, and cut off
            status = "interrupted"
        return Job(record["number"], by_key(record["overrides"]), status, self.path, record["reason"], metrics)


class SweepFolder:
    """The folder of a sweep, with `sweep.json` in it: the command, its jobs, and the objective."""

    def __init__(self, path: str | Path):
        self.path = real(Path(path))

    @property
    def plan(self) -> Path:
        return self.path / "sweep.json"

    @property
    def table(self) -> Path:
        return self.path / "sweep.csv"

    @property
    def tracked_run(self) -> Path:
        """The file with the id of the sweep's run in MLflow."""
        return self.path / "mlflow.json"

    @property
    def picture(self) -> Path:
        return self.path / "sweep.png"

    @property
    def rates(self) -> Path:
        """The picture of error against archive size, for jobs that measured both."""
        return self.path / "sweep_rate_distortion.png"

    @property
    def page(self) -> Path:
        """The page that shows the sweep."""
        return sweep_page(self.path)

    @property
    def results(self) -> list[Path]:
        """The existing files of the result."""
        return [file for file in (self.page, self.table, self.picture, self.rates) if file.is_file()]

    @property
    def storage(self) -> str:
        """The database of a search, as a URL of SQLAlchemy."""
        return f"sqlite:///{(self.path / 'study.db').absolute()}"

    def write_plan(self, command: list[str], objective: str, jobs: list[list[str]] | None) -> None:
        """Record a sweep that begins.

        Args:
            command: The overrides that were typed.
            objective: The metric by which jobs are compared.
            jobs: The overrides of every job; None for a search, which chooses them while it runs.

        Raises:
            InputError: When the folder holds another sweep.
        """
        if os.path.lexists(self.plan):
            before = self.read_plan()
            if before["jobs"] != jobs:
                raise InputError(
                    f"{self.path} holds another sweep: {in_a_line(' '.join(before['command']))}. Received: "
                    f"{' '.join(command)}. Type the same sweep, or only {shell(f'resume={relative(self.path)}')}"
                )
        write_json(self.plan, {"command": command, "objective": objective, "jobs": jobs})

    def read_plan(self) -> dict[str, Any]:
        """What `write_plan` wrote.

        Raises:
            InputError: When the folder is not that of a sweep.
        """
        if not os.path.lexists(self.plan):
            raise InputError(
                f"{self.path} is no folder of a sweep: it holds no {self.plan.name}. Give the one that "
                "the sweep names at its end, such as outputs/<name>/<mode>/<time>"
            )
        return read_json(self.plan, PLAN)

    def jobs(self) -> list[Job]:
        """All jobs by number, including those that wait."""
        found = [JobFolder(run.path).read() for run in jobs_under(self.path)]
        begun = {job.number for job in found}
        planned = enumerate(self.read_plan()["jobs"] or [])
        waiting = [Job(number, by_key(overrides)) for number, overrides in planned if number not in begun]
        return sorted(found + waiting, key=lambda job: job.number)


def by_key(overrides: list[str]) -> dict[str, str]:
    """Overrides as values by key: `["model.latent_dim=2"]` as `{"model.latent_dim": "2"}`."""
    pairs = [as_typed(override).partition("=") for override in overrides]
    return {key.lstrip("+"): value for key, _, value in pairs}


def swept_keys(jobs: list[Job]) -> list[str]:
    """The keys that differ between jobs, in the order in which they were typed."""
    keys = dict.fromkeys(key for job in jobs for key in job.overrides)
    return [key for key in keys if len({job.overrides.get(key) for job in jobs}) > 1]
