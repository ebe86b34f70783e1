"""The settings of a sweep: jobs that differ only in the seed form one setting. The best mean comes first."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from kvae.metrics import Meaning, larger_is_better
from kvae.metrics.meaning import kept_in
from kvae.runs import RunFolder
from kvae.sweep.folders import Job

FAR = 1e100  # larger losses count as infinite; the square of a much larger one overflows


@dataclass(frozen=True)
class Setting:
    """The finished jobs that differ only in the seed.

    Attributes:
        overrides: Their overrides, without the seed.
        jobs: The jobs that have the objective.
        values: The objective of each job.
    """

    overrides: dict[str, str]
    jobs: list[Job]
    values: list[float]

    @property
    def mean(self) -> float:
        return statistics.fmean(self.values)

    @property
    def sd(self) -> float:
        """Standard deviation between seeds (n - 1 in the denominator); NaN for a single seed."""
        return statistics.stdev(self.values) if len(self.values) > 1 else math.nan

    @property
    def seconds(self) -> float:
        return statistics.fmean(job.metrics.get("seconds", math.nan) for job in self.jobs)


def settings_of(jobs: Sequence[Job], objective: str) -> list[Setting]:
    """The settings of the finished jobs, the best mean of the objective first."""
    groups: dict[tuple, list[Job]] = {}
    for job in jobs:
        if abs(job.metrics.get(objective, math.nan)) < FAR:  # False for NaN
            groups.setdefault(tuple(pair for pair in job.overrides.items() if pair[0] != "seed"), []).append(job)
    found = [Setting(dict(key), group, [job.metrics[objective] for job in group]) for key, group in groups.items()]
    return sorted(found, key=lambda setting: setting.mean, reverse=larger_is_better(objective, meanings_in(jobs)))


def meanings_in(jobs: Sequence[Job]) -> dict[str, Meaning]:
    """The meanings of metrics that are not kvae's own, from the jobs' run folders."""
    folders = [RunFolder(job.path) for job in jobs if job.path is not None and job.metrics]
    return {name: meaning for folder in folders for name, meaning in kept_in(folder.read_meanings()).items()}
