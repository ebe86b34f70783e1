"""The entries of an index: runs, and sweeps, each with all of its jobs."""

import math
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kvae.errors import InputError, LaterVersionError
from kvae.metrics import Meaning, meaning_of, objective_in
from kvae.metrics.meaning import kept_in
from kvae.report.pictures import Picture, first_of
from kvae.runs import RunFolder, jobs_under, runs_under, select, sweep_page
from kvae.runs.lock import is_held
from kvae.runs.plain import is_plain
from kvae.runs.run_folder import COPIES


@dataclass(frozen=True)
class Entry:
    """A run, or a sweep.

    Attributes:
        path: Its folder.
        begun: When it was begun, in seconds since 1970 (UTC).
        state: `finished`, `running`, `interrupted`, `damaged`, or `later` (written by a later kvae).
        config: The config of the run, or of the best job of the sweep.
        page: The report, or the page of the sweep; None without one.
        objective: The metric by which it is judged; empty without one.
        value: The value of the objective, for a sweep the best; NaN without one.
        meaning: The meaning of the objective.
        seconds: The time that the mode took, for a sweep the sum over jobs; NaN if not known.
        counts: For a sweep, the number of jobs by state.
        trouble: Why it cannot be read; empty if it can.
    """

    path: Path
    begun: float
    state: str
    config: dict[str, Any] = field(default_factory=dict)
    page: Path | None = None
    objective: str = ""
    value: float = math.nan
    meaning: Meaning = field(default_factory=lambda: Meaning(""))
    seconds: float = math.nan
    counts: Counter[str] = field(default_factory=Counter)
    trouble: str = ""

    @property
    def picture(self) -> Picture | None:
        """The picture of the entry; None without one."""
        return first_of(RunFolder(self.path))

    @property
    def name(self) -> str:
        return str(self.config.get("name") or self.path.name)

    @property
    def mode(self) -> str:
        return str(select(self.config, "mode.name") or "")


def entries_of(folder: Path) -> list[Entry]:
    """The runs and the sweeps in a folder and below it, the newest first; jobs are part of their sweep.

    Raises:
        InputError: When folders are nested too deep.
    """
    sweeps: dict[Path, list[Entry]] = {}
    found = []
    for run in runs_under(folder):
        if run.path.name == COPIES:
            continue
        entry = entry_of(run)
        if is_plain(run.job) and run.path.parent != folder:
            sweeps.setdefault(run.path.parent, []).append(entry)
        else:
            found.append(entry)
    for job in jobs_under(folder):  # jobs that failed before they began have no run
        if job.begun is None and job.path.parent in sweeps:
            sweeps[job.path.parent].append(Entry(job.path, math.inf, "interrupted"))
    found += [sweep_of(path, jobs) for path, jobs in sweeps.items()]
    return sorted(found, key=lambda entry: (-entry.begun, str(entry.path)))


def entry_of(run: RunFolder) -> Entry:
    """The entry of a run in its present state, also if its files are damaged or of a later version."""
    begun = run.begun or 0.0
    page = run.report if is_plain(run.report) else None
    try:
        config = run.read_config()
        metrics = run.read_metrics() if run.finished else {}
        meanings = kept_in(run.read_meanings())
    except InputError as error:
        state = "later" if isinstance(error, LaterVersionError) else "damaged"
        trouble = str(error).replace(f"{run.path}{os.sep}", "")  # the entry already shows the folder
        return Entry(run.path, begun, state, page=page, trouble=trouble)
    objective, value = objective_in(metrics, str(config.get("objective")))
    state = "finished" if run.finished else "running" if is_held(run.path) else "interrupted"
    return Entry(
        run.path,
        begun,
        state,
        config,
        page,
        objective if objective in metrics else "",
        value,
        meaning_of(objective, meanings),
        metrics.get("seconds", math.nan),
    )


def sweep_of(path: Path, jobs: Sequence[Entry]) -> Entry:
    """The entry of a sweep: the best value of the objective, and how many jobs are in which state."""
    counts = Counter(job.state for job in jobs)
    state = next(state for state in ("running", "interrupted", "damaged", "later", "finished") if counts[state])
    measured = [job for job in jobs if math.isfinite(job.value)]
    first = next((job for job in jobs if job.config), jobs[0])
    page = sweep_page(path)
    best = first
    if measured:
        choose = max if measured[0].meaning.better == "higher" else min
        best = choose(
            (job for job in measured if job.objective == measured[0].objective), key=lambda job: job.value
        )
    return Entry(
        path,
        min(job.begun for job in jobs),
        state,
        best.config,
        page if is_plain(page) else None,
        best.objective,
        best.value,
        best.meaning,
        math.fsum(job.seconds for job in jobs if math.isfinite(job.seconds)),
        counts,
    )
