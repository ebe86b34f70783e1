"""`mode=learn`: train, then write latent codes, reconstructions, metrics and pictures."""

import logging

import numpy as np

from kvae import plots
from kvae.data import Data, InputSpec, load_data
from kvae.data.checks import check_support
from kvae.data.labels import has_label
from kvae.data.stored import StoredRows
from kvae.errors import InputError
from kvae.likelihoods.lookup import said
from kvae.likelihoods.support import Support
from kvae.metrics import bits_per_dim, clustering_metrics
from kvae.model import VAE
from kvae.modes.build import build_likelihood, build_vae
from kvae.modes.finish import finish_run
from kvae.modes.one_class import advice
from kvae.modes.opened import read_spec
from kvae.modes.own_metrics import Functions, measured
from kvae.modes.rounds import Rounds, build_rounds
from kvae.modes.write import measure, warn_if_large, write_results
from kvae.modules.model_file import save_vae
from kvae.options.schema import Config
from kvae.options.typed import shell
from kvae.runs import RunFolder, differences, select
from kvae.runs.files import relative, write_json
from kvae.schedules import Schedule, check_schedule
from kvae.tracking import NoTracker, Tracker
from kvae.training import devices
from kvae.training.checkpoint import TrainingState, read_state
from kvae.training.options import TrainConfig

log = logging.getLogger(__name__)

N_GENERATED = 50
SAME_ON_RESUME = [
    "seed",
    "data",
    "model",
    "prior",
    "kl",
    "train.batch_size",
    "train.optimizer",
]


def run(config: Config, folder: RunFolder, tracker: Tracker | None = None) -> tuple[dict[str, float], RunFolder]:
    """Learn, or go on learning, in `folder`; `tracker` records how it goes.

    Returns:
        The metrics, and the folder that they stand in: that of a run which is finished already is reported,
        not repeated.

    Raises:
        InputError: For anything wrong with the data, the model or the run to resume.
    """
    tracker = tracker or NoTracker()
    functions, schedule = config.metric.functions(), kl_schedule(config)
    begun = run_to_resume(config.train, folder)
    state = None
    if begun is not None:
        state = state_to_resume(config, begun)
        if begun.finished and is_done(state, config):
            log.info("finished already, after %d iterations", state.iteration)
            return begun.read_metrics(), begun
    data = load_data(config.data, config.run.seed, begun=None if begun is None else known_of(begun))
    check_data(config, data, build_likelihood(config).support)
    model = build_vae(config, data.spec.shape)
    folder.beside = data.train.beside
    rounds = build_rounds(config, data, model, folder, schedule, tracker)
    if begun is not None and state is not None:
        rounds.resume(state, begun)
        take_learning_rate(config, begun, rounds)
    check_workers(config, data, model, (0, 0) if state is None else (state.iteration, state.steps))
    describe(config, data, model, rounds)
    warn_if_large(data.train, model, folder)
    tracker.begin(folder)
    folder.reopen()
    folder.write_run(config.plain)
    write_json(folder.vae.input_spec, data.spec.to_json())
    try:
        rounds.run()
        metrics = finish(rounds, model, config.run.seed, functions)
        folder.tidy()
        finish_run(folder, metrics)
    except (KeyboardInterrupt, InputError) as error:
        say_how_to_go_on(rounds, "interrupted" if isinstance(error, KeyboardInterrupt) else "stopped")
        raise
    return metrics, folder


def run_to_resume(train: TrainConfig, folder: RunFolder) -> RunFolder | None:
    """The run folder to go on from: `train.resume`, or this one when it was begun before."""
    if train.resume is None:
        return folder if folder.vae.is_begun else None
    begun = RunFolder(train.resume)
    if not begun.vae.is_begun:
        raise InputError(
            f"train.resume={train.resume} has no checkpoint to go on from ({begun.vae.checkpoint.name}). "
            "Give the folder of a learnt or interrupted run"
        )
    return begun


def state_to_resume(config: Config, begun: RunFolder) -> TrainingState:
    """The training state of `begun`, when it was made with this config.

    Raises:
        InputError: When it was not, with the keys that differ.
    """
    # The rounds of a message loop are of train.itr iterations each; there may be more of them than before.
    keys = SAME_ON_RESUME + (["train.itr"] if config.prior.name == "gmm" else [])
    differs = differences(config.plain, begun.read_config(), keys)
    differs = [text for text in differs if not text.startswith("prior.rounds=")]
    if differs:
        raise InputError(
            f"{begun.path} cannot be resumed with another config; it differs in {', '.join(differs)}. "
            "Type the keys that it was begun with, or leave train.resume and hydra.run.dir out for a new run"
        )
    state = read_state(begun.vae.checkpoint)
    if state.rows and not state.rows[0].keys() >= {"reconstruction", "kl"}:
        raise InputError(
            f"{begun.vae.checkpoint} is no checkpoint that can be read: its loss history lacks columns"
        )
    return state


def known_of(begun: RunFolder) -> InputSpec | None:
    """What a begun run learns from; None where it does not say."""
    return read_spec(begun) if begun.vae.input_spec.is_file() else None


def take_learning_rate(config: Config, begun: RunFolder, rounds: Rounds) -> None:
    """Go on with `train.learning_rate` where it is another than `begun` had; else with what it had come to."""
    before = select(begun.read_config(), "train.learning_rate")
    training, model = rounds.vae.training, rounds.vae.model
    if config.train.learning_rate == before or training is None or model is None:
        return
    model.optimizer.learning_rate = config.train.learning_rate
    training.retried = False
    log.info("going on with train.learning_rate=%g (was %s)", config.train.learning_rate, before)


def is_done(state: TrainingState, config: Config) -> bool:
    """Whether a state needs no more training: all iterations are done, or early stopping ended it."""
    itr, prior = config.train.itr, config.prior
    total = itr if prior.name != "gmm" else (prior.first_itr or itr) + (prior.rounds - 1) * itr
    return state.iteration >= total or (state.stopped and config.train.patience is not None)


def check_data(config: Config, data: Data, support: Support | None) -> None:
    """Raise InputError where the data does not suit the likelihood or the training."""
    for part in (data.train, data.test):
        if part is not None:
            check_support(part.x, support, config.data)
    n, batch_size = len(data.train), config.train.batch_size
    if isinstance(data.train.x, StoredRows) and (batch_size or n) >= n:
        raise InputError(
            f"train.batch_size={batch_size or 'null'} takes all {n:,} rows at once, but they are larger than "
            "data.memory and streamed. Type train.batch_size=512, for example"
        )
    if config.data.normal_label is not None and config.prior.name == "message":
        raise InputError("data.normal_label does not go with prior=message, whose file has a row for every row")
    if config.train.patience is not None and data.test is None:
        raise InputError(
            "train.patience needs held-out rows. Set data.test_fraction above 0, or train.patience=null"
        )
    if config.prior.name == "gmm":
        check_mixture(config, len(data.train))


def check_mixture(config: Config, n: int) -> None:
    """Raise InputError where `prior=gmm` cannot be learnt from `n` rows."""
    if config.train.patience is not None:
        raise InputError(
            f"train.patience={config.train.patience} does not go with prior=gmm, whose messages move "
            "val_loss from round to round. Set train.patience=null"
        )
    if n <= config.prior.n_components:
        raise InputError(
            f"prior.n_components must be below the number of learning rows, {n}. "
            f"Received: {config.prior.n_components}"
        )


def check_workers(config: Config, data: Data, vae: VAE, position: tuple[int, int]) -> None:
    """Raise InputError where the workers of `train.strategy=multi_worker` are not about to do the same."""
    first = np.asarray(data.train.x[:100], np.float32)
    groups = {name: config.plain[name] for name in ("seed", "model", "prior", "kl")}
    train = {key: value for key, value in config.plain["train"].items() if key != "resume"}
    how = {key: value for key, value in config.plain["data"].items() if key not in ("path", "labels", "cache")}
    devices.check_agreement(
        vae.strategy,
        config=(groups, train, how),
        data=(data.train.x.shape, first.tobytes()),
        checkpoint=position,
    )


def describe(config: Config, data: Data, vae: VAE, rounds: Rounds) -> None:
    """Say in a few lines what is about to be learnt."""
    held_out = "none held out" if data.test is None else f"{len(data.test):,} held out"
    shape = " x ".join(map(str, data.spec.shape))
    stored = ", streamed" if isinstance(data.train.x, StoredRows) else ""
    log.info(
        "data %s: %s observations of %s, %s%s", config.data.name, f"{len(data.train):,}", shape, held_out, stored
    )
    n_weights = sum(int(np.prod(weight.shape)) for weight in vae.trainable_weights)
    log.info(
        "model: latent_dim %d, %s weights, %s", vae.latent_dim, f"{n_weights:,}", said(config.model.likelihood)
    )
    if (better := advice(config)) is not None:
        log.info(better)
    if rounds.gmm is not None:
        log.info("prior: messages of %d components, %d rounds", config.prior.n_components, rounds.n_rounds)
    if rounds.messages is not None:
        log.info("prior: messages of %s", config.prior.path)
    if rounds.vae.training is not None:
        log.info("going on from iteration %s of %d", rounds.vae.training.position, rounds.itr)


def kl_schedule(config: Config) -> Schedule:
    """The KL schedule with its arguments bound."""
    values = {key: value for key, value in config.plain["kl"].items() if key != "_target_"}
    schedule = config.instantiate({"_target_": config.kl._target_, "_partial_": True, **values}, "kl")
    return check_schedule(schedule, config.train.itr, config.kl._target_)


def say_how_to_go_on(rounds: Rounds, how: str) -> None:
    """Say, after an end that is not the run's own, what is kept and what to type."""
    training = rounds.vae.training
    if training is None or not rounds.folder.vae.is_begun:
        log.info("%s before the first checkpoint: there is nothing to go on from", how)
        return
    path = relative(rounds.folder.path)
    log.info("%s; iteration %s of %d is kept", how, training.position, rounds.itr)
    log.info("go on with the same command and  %s", shell(f"hydra.run.dir={path}"))
    log.info("or, in a new folder,             %s", shell(f"train.resume={path}"))


def finish(rounds: Rounds, vae: VAE, seed: int, functions: Functions) -> dict[str, float]:
    """Write what was learnt and measure it, with the final weights and the full objective."""
    training, data, folder = rounds.vae.training, rounds.data, rounds.folder
    assert training is not None
    vae.kl_scale.assign(1.0)
    vae.kl_capacity.assign(0.0)
    save_vae(vae, folder.vae.model)
    folder.vae.write_log("loss", training.rows, training.columns())
    if data.test is not None:
        folder.vae.write_log("val_loss", training.rows, training.columns("val_"))
    folder.vae.write_figure("loss", plots.loss_curve, training.rows)
    train = data.drawn_train(seed)
    metrics = measure(vae, train, rounds.prior())
    if data.test is not None:
        found = measure(vae, data.test, rounds.prior_test())
        metrics |= {f"val_{name}": value for name, value in found.items()}
    written = write_results(vae, train, data.spec, folder.vae, "learn", x_hat=rounds.config.mode.x_hat)
    generated = data.spec.scaling.invert(vae.generate(N_GENERATED, generated_priors(rounds), seed=seed))
    x = data.spec.scaling.invert(train.x[:1000])
    columns = data.spec.columns
    folder.vae.write_figure("samples", plots.samples, generated, float(x.min()), float(x.max()), x, columns)
    prefix = "" if data.test is None else "val_"
    metrics["active_units"] = written.active_units
    metrics["bits_per_dim"] = bits_per_dim(
        metrics[f"{prefix}reconstruction"], metrics[f"{prefix}kl"], data.spec.shape
    )
    if rounds.gmm is not None:
        metrics |= finish_mixture(rounds)
    metrics |= measured(functions, vae, train, data.spec, rounds.prior())
    if data.test is not None:
        found = measured(functions, vae, data.test, data.spec, rounds.prior_test())
        metrics |= {f"val_{name}": value for name, value in found.items()}
    return metrics | {
        "seconds": training.seconds,
        "observations_per_second": training.observations_per_second,
    }


def generated_priors(rounds: Rounds) -> np.ndarray | None:
    """Prior means of the samples that are drawn as a picture: the messages of evenly spread learning rows."""
    message = rounds.vae.get_backward_msg()
    if message is None:
        return None
    return message.mean[np.linspace(0, len(message) - 1, N_GENERATED).astype(int)]


def finish_mixture(rounds: Rounds) -> dict[str, float]:
    """Write what the mixture learnt, its pictures, and its metrics: of every round, and at the end."""
    gmm, data, folder = rounds.gmm, rounds.data, rounds.folder.gmm
    assert gmm is not None and gmm.mixture is not None and rounds.vae.model is not None
    gmm.write()
    decoded = data.spec.scaling.invert(rounds.vae.model.decode(gmm.mixture.means.astype(np.float32)))
    sizes = np.bincount(gmm.classes, minlength=gmm.K)
    folder.write_figure("components", plots.components, decoded, sizes, data.spec.columns)
    metrics: dict[str, float] = {"small_components": len(gmm.small)}
    if gmm.category is None:
        return metrics
    folder.write_figure("rounds", plots.rounds, rounds.metrics)
    folder.write_figure("confusion_learn", plots.confusion, gmm.classes, gmm.category)
    measured = gmm.measure()
    metrics |= measured
    r = rounds.held_out_responsibilities()
    if (
        r is not None
        and data.test is not None
        and data.test.labels is not None
        and has_label(data.test.labels).any()
    ):
        found = clustering_metrics(r.argmax(axis=1), data.test.labels)
        metrics |= {f"val_{name}": value for name, value in found.items()}
    for row in rounds.metrics:
        metrics |= {f"{name}_round{row['round']:.0f}": row[name] for name in measured}
    return metrics
