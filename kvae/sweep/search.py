"""A search by Optuna: its study, its trials, and when one of them is given up."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from kvae.errors import InputError, PrunedError
from kvae.process.commands import installing
from kvae.runs import RunFolder

log = logging.getLogger(__name__)


def optuna() -> Any:
    """The library, quiet.

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
    """The database of a study; a file waits for its turn while other trials write to it."""
    arguments = {"connect_args": {"timeout": 60}} if storage.startswith("sqlite:") else {}
    return optuna().storages.RDBStorage(storage, engine_kwargs=arguments)


class Search:
    """The study of a search, which is made when there is none.

    Args:
        storage: Where it is kept, as SQLAlchemy names databases.
        name: The study's name.
        direction: `minimize` or `maximize`.
        space: What is searched: a distribution by key.
        sampler: Makes the sampler from a seed.
        seed: Source of what is drawn. A search that goes on draws from another one than it began with.
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
        """Trials that came to an end."""
        return sum(trial.state.is_finished() for trial in self.study.trials)

    def begun(self) -> list[Any]:
        """Trials that were begun, but have not come to an end: those of a search that was cut off."""
        begun = self.study.get_trials(deepcopy=False, states=(self.states.RUNNING,))
        for trial in begun:
            if not self.is_in_space(trial):  # cut off while it was made, or made by somebody else
                self.tell(trial.number, None)
        return [trial for trial in begun if self.is_in_space(trial)]

    def is_in_space(self, trial: Any) -> bool:
        """Whether a trial has values for all that is searched, each among those that are: it becomes a command."""
        return trial.params.keys() == self.space.keys() and all(
            is_allowed(value, self.space[name]) for name, value in trial.params.items()
        )

    def ask(self, n: int) -> list[Any]:
        """The next trials; one that waits in the study with other values than are searched is given up."""
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
            InputError: When the trials before it had other values to choose from.
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
        """What came of a trial: a value, or none of one that was given up or failed."""
        state = self.states.PRUNED if pruned else self.states.FAIL if value is None else None
        self.study.tell(number, None if state else value, state=state)


def is_allowed(value: Any, distribution: Any) -> bool:
    """Whether a distribution has a value, and not merely one that can be read as one."""
    choices = getattr(distribution, "choices", None)
    if choices is not None:
        return value in choices
    kind = int if isinstance(distribution, optuna().distributions.IntDistribution) else float
    return isinstance(value, kind) and distribution.low <= value <= distribution.high


def one_of(texts: list[str]) -> Any:
    """A parameter that is one of some texts."""
    return optuna().distributions.CategoricalDistribution(texts)


def between(low: float, high: float, step: float | None = None, log: bool = False) -> Any:
    """A parameter that is a number from `low` to `high`, whole where both are."""
    distributions = optuna().distributions
    if isinstance(low, int) and isinstance(high, int):
        return distributions.IntDistribution(low, high, log=log, step=int(step or 1))
    return distributions.FloatDistribution(low, high, log=log, step=step)


class Pruning:
    """The tracker of one trial, which tells the study how it stands and ends it when it is weak.

    What is compared is the negative evidence lower bound of the held-out rows in nats, with the KL divergence
    counted in full, so that trials with another KL_param can be compared.

    Args:
        storage, name: The study's.
        number: The trial's.
        pruner: Decides; an Optuna pruner.
    """

    def __init__(self, storage: str, name: str, number: int, pruner: Any) -> None:
        lib = optuna()
        study = lib.load_study(study_name=name, storage=connect(storage), pruner=pruner)
        self.trial = lib.trial.Trial(study, study.trials[number]._trial_id)
        self.known = set(study.trials[number].intermediate_values)

    def begin(self, folder: RunFolder) -> None:
        """Do nothing: the study has the trial already."""

    def log(self, iteration: int, row: Mapping[str, float], group: str = "training") -> None:
        """Tell the study, and ask it.

        Raises:
            PrunedError: When the trial is to be given up.
        """
        if group != "training" or iteration in self.known or "val_kl" not in row:
            return
        self.known.add(iteration)
        from kvae.objective import elbo  # with Keras, which the sweep itself need not import

        value = -elbo(row["val_reconstruction"], row["val_kl"])
        try:
            self.trial.report(value, iteration)
            weak = self.trial.should_prune()
        except Exception as error:  # of the database: it is not worth a training
            log.warning("warning: the study cannot be reached: %s", " ".join(str(error).split())[:200])
            weak, self.trial.report = False, lambda value, step: None
        if weak:
            raise PrunedError(f"weaker than others after iteration {iteration} ({value:.4f} nats)")

    def finish(self, metrics: Mapping[str, float], folder: RunFolder) -> None:
        """Do nothing: the search itself tells the value."""

    def fail(self, reason: str, interrupted: bool = False) -> None:
        """Do nothing: the search itself tells."""
