"""The facts of a sweep that its page shows."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kvae.errors import InputError
from kvae.metrics import Meaning, meaning_of
from kvae.runs import RunFolder
from kvae.sweep.folders import Job, SweepFolder, swept_keys
from kvae.sweep.settings import Setting, meanings_in


@dataclass(frozen=True)
class Facts:
    """A sweep, its jobs and its settings, for its page.

    Attributes:
        folder: The folder of the sweep.
        command: The overrides that were typed.
        jobs: All jobs by number.
        settings: Groups of jobs that differ only in the seed, the best first.
        objective: The metric by which jobs are compared.
        is_in_shards: Whether the jobs are shards of one command, so that none is the best.
    """

    folder: SweepFolder
    command: list[str]
    jobs: Sequence[Job]
    settings: Sequence[Setting]
    objective: str
    is_in_shards: bool = False

    @cached_property
    def config(self) -> dict[str, Any]:
        """The config of the first job that has one; empty without one."""
        for job in self.jobs:
            if job.path is not None:
                with contextlib.suppress(InputError):
                    return RunFolder(job.path).read_config()
        return {}

    @property
    def name(self) -> str:
        return str(self.config.get("name") or self.folder.path.name)

    @cached_property
    def keys(self) -> list[str]:
        """The keys that differ between jobs, the seed last."""
        return sorted(swept_keys(list(self.jobs)), key=lambda key: key == "seed")

    @cached_property
    def ranked(self) -> list[Job]:
        """The jobs that have the objective, the best first, then the others, by number."""
        found = [job for setting in self.settings for job in setting.jobs]
        found.sort(key=lambda job: job.metrics[self.objective], reverse=self.is_large_best)
        numbers = {job.number for job in found}
        return [*found, *(job for job in self.jobs if job.number not in numbers)]

    @property
    def is_large_best(self) -> bool:
        """Whether the best value of the objective is the largest."""
        return self.meaning(self.objective).better == "higher"

    @cached_property
    def meanings(self) -> dict[str, Meaning]:
        return meanings_in(self.jobs)

    def meaning(self, name: str) -> Meaning:
        """The meaning of a metric."""
        return meaning_of(name, self.meanings)
