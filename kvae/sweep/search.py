"""A search by Optuna: its study, its trials, and their pruning."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from kvae.errors import InputError, PrunedError
from kvae.process.commands import installing
from kvae.runs import RunFolder

log = logging.getLogger(__name__)


def optuna() -> Any:
    """Import Optuna, with its log limited to warnings.

    Raises:
        InputError: When it is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise InputError(f"a search needs Optuna: {installing('sweep')}") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def connect(storage: str) -> Any:
    """The database of a study; a write to a SQLite file waits up to 60 seconds for other trials."""
    arguments = {"connect_args": {"timeout": 60}} if storage.startswith("sqlite:") else {}
    return optuna().storages.RDBStorage(storage, engine_kwargs=arguments)


class Search:
    """The study of a search, which is created if there is none.

    Args:
        storage: The database of the study, as a URL of SQLAlchemy.
        name: The study's name.
        direction: `minimize` or `maximize`.
        space: The search space: an Optuna distribution by key.
        sampler: Creates the sampler from a seed.
        seed: The seed of the sampler; a resumed search adds the number of earlier trials.
    """

    def __init__(
        self,
        storage: str,
        name: str,
        direction: str,
        space: Mapping[str, Any],
        sampler: Callable[..., Any],
        seed: int,
    ) -> None:
        lib = optuna()
        self.space = dict(space)
        self.states = lib.trial.TrialState
        self.study = lib.create_study(
            study_name=name, storage=connect(storage), direction=direction, load_if_exists=True
        )
        self.study.sampler = sampler(seed=seed + len(self.study.trials))

    @property
    def n_done(self) -> int:
        """The number of trials that have ended."""
        return sum(trial.state.is_finished() for trial in self.study.trials)

    def begun(self) -> list[Any]:
        """Trials that were begun and have not ended, as in a search that was interrupted."""
        begun = self.study.get_trials(deepcopy=False, states=(self.states.RUNNING,))
        for trial in begun:
            if not self.is_in_space(trial):  # interrupted while it was created, or of another search
                self.tell(trial.number, None)
        return [trial for trial in begun if self.is_in_space(trial)]

    def is_in_space(self, trial: Any) -> bool:
        """Whether a trial has an allowed value for each searched key and no other: they become overrides."""
        return trial.params.keys() == self.space.keys() and all(
            is_allowed(value, self.space[name]) for name, value in trial.params.items()
        )

    def ask(self, n: int) -> list[Any]:
        """The next `n` trials; a queued trial whose values are outside the search space is marked as failed."""
        trials: list[Any] = []
        while len(trials) < n:
            trial = self.next_trial()
            if self.is_in_space(trial):
                trials.append(trial)
            else:
                self.tell(trial.number, None)
        return trials

    def next_trial(self) -> Any:
        """The next trial.

        Raises:
            InputError: When earlier trials of the study have another search space.
        """
        try:
            return self.study.ask(self.space)
        except ValueError as error:
            text = " ".join(str(error).split())
            raise InputError(
                f"the study {self.study.study_name} holds trials of another search ({text}). "
                "Type what was searched then, or leave hydra.sweep.dir and resume out for a new search"
            ) from error

    def tell(self, number: int, value: float | None, pruned: bool = False) -> None:
        """Report the end of a trial: its value, or None for one that was pruned or failed."""
        state = self.states.PRUNED if pruned else self.states.FAIL if value is None else None
        self.study.tell(number, None if state else value, state=state)


def is_allowed(value: Any, distribution: Any) -> bool:
    """Whether a distribution contains a value of exactly this type, without conversion."""
    choices = getattr(distribution, "choices", None)
    if choices is not None:
        return value in choices
    kind = int if isinstance(distribution, optuna().distributions.IntDistribution) else float
    return isinstance(value, kind) and distribution.low <= value <= distribution.high


def one_of(texts: list[str]) -> Any:
    """A distribution over texts."""
    return optuna().distributions.CategoricalDistribution(texts)


def between(low: float, high: float, step: float | None = None, log: bool = False) -> Any:
    """A distribution over numbers from `low` to `high`, whole numbers if both are."""
    distributions = optuna().distributions
    if isinstance(low, int) and isinstance(high, int):
        return distributions.IntDistribution(low, high, log=log, step=int(step or 1))
    return distributions.FloatDistribution(low, high, log=log, step=step)


class Pruning:
    """The tracker of one trial: it reports to the study, and ends the trial where the pruner decides so.

    The reported value is the negative ELBO of the held-out rows in nats, whatever `KL_param` is, so that trials
    with different `KL_param` can be compared.

    Args:
        storage, name: The database and the name of the study.
        number: The number of the trial.
        pruner: An Optuna pruner.
    """

    def __init__(self, storage: str, name: str, number: int, pruner: Any) -> None:
        lib = optuna()
        study = lib.load_study(study_name=name, storage=connect(storage), pruner=pruner)
        self.trial = lib.trial.Trial(study, study.trials[number]._trial_id)
        self.known = set(study.trials[number].intermediate_values)

    def begin(self, folder: RunFolder) -> None:
        """Do nothing: the study has the trial already."""

    def log(self, iteration: int, row: Mapping[str, float], group: str = "training") -> None:
        """Report the held-out loss to the study, and ask whether to prune.

        Raises:
            PrunedError: When the trial is to be pruned.
        """
        if group != "training" or iteration in self.known or "val_kl" not in row:
            return
        self.known.add(iteration)
        from kvae.objective import elbo  # here: it imports Keras, which the sweep itself does not need

        value = -elbo(row["val_reconstruction"], row["val_kl"])
        try:
            self.trial.report(value, iteration)
            weak = self.trial.should_prune()
        except Exception as error:  # a failure of the database must not end a training
            log.warning("warning: the study cannot be reached: %s", " ".join(str(error).split())[:200])
            weak, self.trial.report = False, lambda value, step: None
        if weak:
            raise PrunedError(f"worse than others after iteration {iteration} ({value:.4f} nats)")

    def finish(self, metrics: Mapping[str, float], folder: RunFolder) -> None:
        """Do nothing: the search itself reports the value."""

    def fail(self, reason: str, interrupted: bool = False) -> None:
        """Do nothing: the search itself reports the failure."""
