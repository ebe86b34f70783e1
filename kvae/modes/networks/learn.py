"""`mode=learn` of a network: every module learns in turn, round after round."""

import logging
import time
from functools import partial

from kvae.data import InputSpec
from kvae.errors import InputError
from kvae.likelihoods.lookup import said
from kvae.metrics.work import speed
from kvae.modes.build_network import kl_schedule
from kvae.modes.finish import finish_run
from kvae.modes.networks.build import build_training, load_inputs
from kvae.modes.networks.files import draw_network, read_specs, write_specs
from kvae.modes.own_metrics import measured
from kvae.modes.resuming import say_what_to_type
from kvae.modules.graph.training import GraphTraining
from kvae.options.quoting import key_of
from kvae.options.schema import Config
from kvae.runs import RunFolder, differences, has_states
from kvae.tracking import NoTracker, Tracker

log = logging.getLogger(__name__)

SAME_ON_RESUME = ("seed", "data", "model", "network", "kl", "train.itr", "train.batch_size", "train.optimizer")


def run(config: Config, folder: RunFolder, tracker: Tracker | None = None) -> tuple[dict[str, float], RunFolder]:
    """Learn, or resume learning, in `folder`; as `kvae.modes.learn.run`.

    Raises:
        InputError: For anything wrong with the network, its data, or the run to resume; nothing was trained.
    """
    tracker, functions = tracker or NoTracker(), config.metric.functions()
    schedule = kl_schedule(config, config.train.itr * config.network.rounds)
    begun = run_to_resume(config, folder)
    specs: dict[str, InputSpec] = {} if begun is None else read_specs(config.network, begun)
    inputs = load_inputs(config, begun=specs)
    folder.beside = inputs.data.train.beside
    training = build_training(config, inputs, folder, schedule, tracker)
    if begun is not None:
        training.resume(begun)
        if begun.finished and training.is_done:
            log.info("finished already, after %d rounds", training.n_rounds)
            return begun.read_metrics(), begun
    describe(config, training)
    warn_of_keys_without_effect(config, folder.read_overrides() or [])
    tracker.begin(folder)
    folder.reopen()
    folder.write_run(config.plain)
    write_specs(training, folder)
    draw_network(config.network, folder)
    began = time.perf_counter()
    try:
        training.run()
        metrics = training.finish(config.mode.x_hat, partial(measured, functions))
        folder.tidy()
        metrics |= speed(time.perf_counter() - began)
        finish_run(folder, metrics)
    except (KeyboardInterrupt, InputError) as error:
        say_how_to_go_on(folder, "interrupted" if isinstance(error, KeyboardInterrupt) else "stopped")
        raise
    return metrics, folder


def run_to_resume(config: Config, folder: RunFolder) -> RunFolder | None:
    """The run to resume from: `train.resume`, or this one if it was begun before; None: a new run.

    Raises:
        InputError: When it has no saved state, or was begun with another config.
    """
    resume = config.train.resume
    begun = folder if resume is None else RunFolder(resume)
    if not has_states(begun):
        if resume is None:
            return None
        raise InputError(
            f"train.resume={resume} has no state to resume from. Give the folder of a learnt or interrupted run"
        )
    differs = differences(config.plain, begun.read_config(), list(SAME_ON_RESUME))
    differs = [text for text in differs if not text.startswith("network.rounds=")]  # there may be more than before
    if differs:
        raise InputError(
            f"{begun.path} cannot be resumed with another config; it differs in {', '.join(differs)}. "
            "Type the keys that it was begun with, or leave train.resume and hydra.run.dir out for a new run"
        )
    return begun


def describe(config: Config, training: GraphTraining) -> None:
    """Log in a few lines what is about to be learnt."""
    data = training.data
    held_out = "none" if data.test is None else f"{len(data.test):,}"
    log.info("network %s: %s observations, %s held out", config.network.name, f"{len(data.train):,}", held_out)
    for module in training.graph.above:
        below = ", ".join(one.name for one in module.observed)
        log.info("  %s on %s%s", module.name, below, keys_of(config, module.name))
    done = min(module.updates for module in training.graph.above)
    going_on = f", {done} done before" if any(module.updates for module in training.graph.above) else ""
    log.info("%d round%s%s", training.n_rounds, "s" * (training.n_rounds > 1), going_on)


def warn_of_keys_without_effect(config: Config, overrides: list[str]) -> None:
    """Warn of typed keys of the groups model and train that every VAE of the network sets itself."""
    vaes = [name for name, node in config.network.nodes.items() if node.is_vae]
    for key in map(key_of, overrides):
        group, _, name = key.partition(".")
        if group in ("model", "train") and vaes and all(name in config.network.modules[vae] for vae in vaes):
            log.warning(
                "warning: %s has no effect: network=%s sets %s of each VAE. Type network.modules.%s.%s=...",
                *(key, config.network.name, name, vaes[0], name),
            )


def keys_of(config: Config, name: str) -> str:
    """The main keys of a VAE, in words: those of its node, or else of the groups model and train."""
    node = config.network.nodes[name]
    if not node.is_vae:
        return ""
    model, train = node.sections["model"], node.sections["train"]
    batch = "all rows" if train.batch_size is None else f"{train.batch_size:,}"
    return f": latent_dim {model.latent_dim}, {said(model.likelihood)}, itr {train.itr:,}, batch_size {batch}"


def say_how_to_go_on(folder: RunFolder, how: str) -> None:
    """Log, after a run was interrupted or stopped by an error, how to resume."""
    if not has_states(folder):
        log.info("%s before the first state was kept: there is nothing to resume from", how)
        return
    log.info("%s; what every module had learnt is kept", how)
    say_what_to_type(folder)
