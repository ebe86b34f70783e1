"""`mode=learn`: train, then write latent codes, reconstructions, metrics and pictures."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np

from kvae.data import load_data
from kvae.data.stored import StoredRows
from kvae.errors import InputError
from kvae.likelihoods.lookup import said
from kvae.metrics.work import speed
from kvae.modes.finish import finish_run
from kvae.modes.one_class import advice
from kvae.modes.options import ModeConfig
from kvae.options.rules import FLAG, Name
from kvae.options.schema import Config
from kvae.runs import RunFolder, as_recorded
from kvae.runs.files import write_json
from kvae.tracking import NoTracker, Tracker

if TYPE_CHECKING:
    from kvae.model import VAE
    from kvae.modes.own_metrics import Functions
    from kvae.modules.network_training import NetworkTraining

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Options(ModeConfig):
    """The keys of `mode=learn`."""

    name: Name = "learn"
    x_hat: Annotated[bool, FLAG] = True

    trains: ClassVar[bool] = True
    takes_metrics: ClassVar[bool] = True
    takes_networks: ClassVar[bool] = True


def run(config: Config, folder: RunFolder, tracker: Tracker | None = None) -> tuple[dict[str, float], RunFolder]:
    """Learn, or resume learning, in `folder`; `tracker` records the run.

    Returns:
        The metrics, and the run folder that holds them. A run that is finished already is not repeated: its own
        metrics and folder are returned.

    Raises:
        InputError: For anything wrong with the data, the model or the run to resume.
    """
    if config.network.nodes:
        from kvae.modes.networks import learn

        return learn.run(config, folder, tracker)
    from kvae.modes.build import build_likelihood, build_vae
    from kvae.modes.build_network import build_above, build_training, kl_schedule, round_plan
    from kvae.modes.compatibility import check_data, check_workers
    from kvae.modes.resuming import (
        check_rows,
        is_done,
        known_of,
        run_to_resume,
        say_how_to_go_on,
        state_to_resume,
        take_learning_rate,
    )
    from kvae.modules.vae_results import warn_if_large

    tracker, seed = tracker or NoTracker(), config.run.seed
    functions, above = config.metric.functions(), build_above(config)
    plan = round_plan(config, above)
    schedule = kl_schedule(config, plan.total)
    begun, state = run_to_resume(config.train.resume, folder), None
    if begun is not None:
        state = state_to_resume(config, begun, any(module.learns for module in above))
        if begun.finished and is_done(state, plan, config.train.patience):
            log.info("finished already, after %d iterations", state.iteration)
            return begun.read_metrics(), begun
    data = load_data(config.data, seed, begun=known_of(begun))
    if begun is not None:
        check_rows(begun, config.data.path, len(data.train))
    check_data(config, data, build_likelihood(config, data.spec.table).support, above)
    model = build_vae(config, data.spec)
    folder.beside = data.train.beside
    training = build_training(config, data, model, above, folder, schedule, tracker)
    if begun is not None and state is not None:
        training.resume(state, begun)
        take_learning_rate(config.train.learning_rate, begun, training)
    check_workers(config, data, model, state)
    describe(config, model, training)
    if config.mode.x_hat:
        warn_if_large(data.train, data.spec, folder)
    tracker.begin(folder)
    folder.reopen()
    folder.write_run(config.plain, as_recorded(config.data.path, len(data.train)))
    write_json(folder.vae.input_spec, data.spec.to_json())
    try:
        training.run()
        warn_of_overfitting(training)
        metrics = finish(training, seed, config.mode.x_hat, functions)
        folder.tidy()
        finish_run(folder, metrics)
    except (KeyboardInterrupt, InputError) as error:
        say_how_to_go_on(training, folder, "interrupted" if isinstance(error, KeyboardInterrupt) else "stopped")
        raise
    return metrics, folder


def describe(config: Config, model: VAE, training: NetworkTraining) -> None:
    """Log in a few lines what is about to be learnt."""
    data, above, plan = training.data, training.network.above, training.plan
    held_out = "none held out" if data.test is None else f"{len(data.test):,} held out"
    shape = " x ".join(map(str, data.spec.shape))
    stored = ", streamed" if isinstance(data.train.x, StoredRows) else ""
    log.info(
        "data %s: %s observations of %s, %s%s", config.data.name, f"{len(data.train):,}", shape, held_out, stored
    )
    n_weights = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    likelihood = said(config.model.likelihood)
    log.info("model: latent_dim %d, %s weights, %s", model.latent_dim, f"{n_weights:,}", likelihood)
    if (better := advice(config)) is not None:
        log.info(better)
    if above:
        rounds = f", {plan.rounds} rounds" if training.network.learning else ""
        log.info("prior: %s%s", ", ".join(module.describe() for module in above), rounds)
    if training.vae.training is not None:
        log.info("resuming from iteration %s of %d", training.vae.training.position, plan.total)


def warn_of_overfitting(training: NetworkTraining) -> None:
    """Log a warning where the held-out loss has risen for most of the run. Rounds have an objective each."""
    from kvae.training.overfitting import overfitting

    done = training.vae.training
    if done is None or done.patience is not None or training.network.learning:
        return
    if (word := overfitting(done.rows, training.plan.total, done.schedule)) is not None:
        log.warning("warning: %s", word)


def finish(training: NetworkTraining, seed: int, x_hat: bool, functions: Functions) -> dict[str, float]:
    """Write, draw and measure what each module learnt, also by the user's own `functions`; return the metrics."""
    from kvae.modes.own_metrics import measured
    from kvae.modules.vae_results import finish_vae

    vae, data, of_vae = training.vae, training.data, training.vae.training
    assert of_vae is not None and vae.model is not None
    metrics = finish_vae(vae, data, training.message(), training.held_out_message(), seed, x_hat)
    metrics |= training.finish(metrics)
    metrics |= measured(functions, vae.model, data.drawn_train(seed), data.spec, training.message())
    if data.test is not None:
        found = measured(functions, vae.model, data.test, data.spec, training.held_out_message())
        metrics |= {f"val_{name}": value for name, value in found.items()}
    return metrics | speed(of_vae.seconds) | {"observations_per_second": of_vae.observations_per_second}
