"""The settings of a sweep: jobs that differ in their seed alone are taken together, the best mean first."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from kvae.metrics import Meaning, larger_is_better
from kvae.metrics.meaning import kept_in
from kvae.runs import RunFolder
from kvae.sweep.folders import Job

FAR = 1e100  # beyond it a loss is as good as infinite, and its square is


@dataclass(frozen=True)
class Setting:
    """The finished jobs that differ in their seed alone.

    Attributes:
        overrides: What was typed for them, without the seed.
        jobs: Those that have the objective.
        values: Their objectives.
    """

    overrides: dict[str, str]
    jobs: list[Job]
    values: list[float]

    @property
    def mean(self) -> float:
        return statistics.fmean(self.values)

    @property
    def sd(self) -> float:
        """Standard deviation between seeds (n - 1 in the denominator); NaN of a single one."""
        return statistics.stdev(self.values) if len(self.values) > 1 else math.nan

    @property
    def seconds(self) -> float:
        return statistics.fmean(job.metrics.get("seconds", math.nan) for job in self.jobs)


def settings_of(jobs: Sequence[Job], objective: str) -> list[Setting]:
    """The finished jobs by setting, the best mean of the objective first."""
    groups: dict[tuple, list[Job]] = {}
    for job in jobs:
        if abs(job.metrics.get(objective, math.nan)) < FAR:  # NaN is not
            groups.setdefault(tuple(pair for pair in job.overrides.items() if pair[0] != "seed"), []).append(job)
    found = [Setting(dict(key), group, [job.metrics[objective] for job in group]) for key, group in groups.items()]
    return sorted(found, key=lambda setting: setting.mean, reverse=larger_is_better(objective, meanings_in(jobs)))


def meanings_in(jobs: Sequence[Job]) -> dict[str, Meaning]:
    """What the jobs' run folders say of metrics that are not kvae's own."""
    folders = [RunFolder(job.path) for job in jobs if job.path is not None and job.metrics]
    return {name: meaning for folder in folders for name, meaning in kept_in(folder.read_meanings()).items()}
