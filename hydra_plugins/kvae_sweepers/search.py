"""Hydra's sweeper for a search by Optuna: overrides become trials, and results of jobs go to the study."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class Search(Sweeper):
    """Trials in batches of `n_jobs`, until there are `n_trials`. See `conf/hydra/sweeper/optuna.yaml`."""

    launcher: Launcher
    config: Any
    hydra_context: Any

    def __init__(
        self,
        n_trials: int,
        n_jobs: int | None,
        direction: str | None,
        storage: str | None,
        study_name: str,
        sampler: Callable[..., Any],
        pruner: Any,
        params: Mapping[str, str] | None,
    ) -> None:
        self.n_trials = n_trials
        self.n_jobs = n_jobs
        self.direction = direction
        self.storage = storage
        self.study_name = study_name
        self.sampler = sampler
        self.params = dict(params or {})

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.config = config
        self.hydra_context = hydra_context
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> None:
        """Run trials, first those of an interrupted search."""
        from kvae.config.sweeps import begin, best_direction, jobs_at_once
        from kvae.errors import InputError
        from kvae.sweep.folders import SweepFolder
        from kvae.sweep.search import Search as Study

        if self.n_trials < 1:
            raise InputError(f"hydra.sweeper.n_trials must be an integer >= 1. Received: {self.n_trials}")
        space, fixed = self.space(arguments)
        begin(self.config, None)
        self.folder = SweepFolder(self.config.hydra.sweep.dir)
        storage = self.storage or self.folder.storage
        direction = self.direction or best_direction(self.config)
        study = Study(storage, self.study_name, direction, space, self.sampler, self.config.seed)
        at_once = self.n_jobs or jobs_at_once(dict(self.config.hydra.launcher))
        for trial in study.begun():
            self.launch(study, [trial], fixed)
        while study.n_done < self.n_trials:
            self.launch(study, study.ask(min(at_once, self.n_trials - study.n_done)), fixed)

    def launch(self, study: Any, trials: list[Any], fixed: list[str]) -> None:
        """Run trials as jobs with the same numbers, and report their results to the study."""
        overrides = [[*fixed, *(f"{key}={value}" for key, value in trial.params.items())] for trial in trials]
        returns = self.launcher.launch(overrides, initial_job_idx=trials[0].number)
        pruned = {job.number for job in self.folder.jobs() if job.status == "pruned"}
        for trial, result in zip(trials, returns, strict=True):
            value = float(result.return_value)
            study.tell(trial.number, value if math.isfinite(value) else None, pruned=trial.number in pruned)

    def space(self, arguments: list[str]) -> tuple[dict[str, Any], list[str]]:
        """The distribution of every searched key, and the overrides of all other keys."""
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        texts = [*(f"{key}={value}" for key, value in self.params.items()), *arguments]
        last = {override.get_key_element(): override for override in parser.parse_overrides(texts)}
        searched = {key: override for key, override in last.items() if override.is_sweep_override()}
        fixed = [
            f"{key}={override.get_value_element_as_str()}" for key, override in last.items() if key not in searched
        ]
        return {key: distribution_of(override) for key, override in searched.items()}, fixed


def distribution_of(override: Override) -> Any:
    """The distribution of an override such as `model.latent_dim=int(interval(2,20))`."""
    from kvae.sweep.search import between, one_of

    value = override.value()
    if isinstance(value, IntervalSweep):
        return between(value.start, value.end, log="log" in value.tags)  # type: ignore[arg-type]
    if isinstance(value, RangeSweep) and not value.shuffle:
        numbers = list(value.range())
        return between(numbers[0], numbers[-1], step=value.step)
    return one_of(list(override.sweep_string_iterator()))
