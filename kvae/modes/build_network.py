"""From a checked config to a network of modules that is ready to learn."""

from collections.abc import Callable

from kvae import modules
from kvae.data import Data
from kvae.data.stored import Rows
from kvae.model import VAE
from kvae.modules import Module, Network, Observation
from kvae.modules.network_training import NetworkTraining
from kvae.modules.priors import modules_of
from kvae.modules.round_plan import RoundPlan
from kvae.options.schema import Config
from kvae.runs import RunFolder
from kvae.schedules import Schedule, check_schedule
from kvae.tracking import NoTracker, Tracker


class ConfiguredVAE(modules.VAE):
    """A VAE whose model is built by a config, once the shape of what it observes is known."""

    make: Callable[[tuple[int, ...]], VAE] | None = None

    def build(self, data_shape: tuple[int, ...]) -> VAE:
        assert self.make is not None
        return self.make(data_shape)


def build_above(config: Config) -> list[Module]:
    """The modules above the VAE, not yet connected to it.

    Raises:
        InputError: For keys that the prior does not take.
    """
    return modules_of(config.prior, config.run.seed)


def round_plan(config: Config, above: list[Module]) -> RoundPlan:
    """The rounds of a config: one round where no module above the VAE learns."""
    prior, itr = config.prior, config.train.itr
    if not any(module.learns for module in above):
        return RoundPlan(itr)
    return RoundPlan(itr, getattr(prior, "rounds", 1), getattr(prior, "first_itr", None))


def build_training(
    config: Config,
    data: Data,
    model: VAE,
    above: list[Module],
    folder: RunFolder,
    schedule: Schedule,
    tracker: Tracker | None = None,
) -> NetworkTraining:
    """The network of a config with its learning rows, and its training.

    Raises:
        InputError: When the data does not fit a module.
    """
    tracker, plan = tracker or NoTracker(), round_plan(config, above)
    lines = 2 if any(module.learns for module in above) else 10
    x_test = None if data.test is None else data.test.x
    vae = build_module(config, model, plan, x_test, data.spec.binarize, schedule, lines, tracker.log)
    vae.connect(Observation(data.train.x, folder=folder.path, gaps=data.spec.table is not None))
    training = NetworkTraining(Network(vae, above, folder), data, plan, tracker.log)
    training.begin()
    return training


def build_module(
    config: Config,
    model: VAE | None,
    plan: RoundPlan,
    x_test: Rows | None,
    binarize: str,
    schedule: Schedule,
    lines: int,
    track: Callable[[int, dict[str, float]], None],
    name: str = "vae",
    make: Callable[[tuple[int, ...]], VAE] | None = None,
) -> modules.VAE:
    """A VAE as a module, not yet connected, which learns by the keys of the group `train`.

    Without a `model`, `make` builds one for the shape of the observations, once that is known.
    """
    train = config.train
    vae = ConfiguredVAE(
        config.model.latent_dim,
        itr=plan.total,
        name=name,
        batch_size=train.batch_size,
        seed=config.run.seed,
        model=model,
        x_test=x_test,
        log_every=train.log_every,
        checkpoint_every=train.checkpoint_every,
        on_nan=train.on_nan,
        patience=train.patience,
        min_delta=train.min_delta,
        decay_from=None if train.learning_rate_decay is None else train.learning_rate,
        binarize=binarize,
        schedule=schedule,
        lines=lines,
        track=track,
    )
    vae.training_options["itr"], vae.make = plan.total, make
    return vae


def kl_schedule(config: Config, itr: int | None = None) -> Schedule:
    """The KL schedule with its arguments bound, checked up to the last of `itr` iterations.

    `itr` counts the iterations of all rounds; None: those of one.
    """
    values = {key: value for key, value in config.plain["kl"].items() if key != "_target_"}
    schedule = config.instantiate({"_target_": config.kl._target_, "_partial_": True, **values}, "kl")
    return check_schedule(schedule, itr or config.train.itr, config.kl._target_)
