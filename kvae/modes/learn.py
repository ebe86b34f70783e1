"""`mode=learn`: train, then write latent codes, reconstructions, metrics and pictures."""

import logging
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kvae import callbacks as cb
from kvae import plots
from kvae.artifacts import RunFolder, differences, whole_file, write_json
from kvae.build import build_vae
from kvae.checkpoint import TrainingState, read_state, restore, take_state, write_state
from kvae.config import Config, TrainConfig, instantiate
from kvae.data import Data, load_data
from kvae.data.checks import check_support
from kvae.data.pipeline import evaluation_batches, training_blocks
from kvae.errors import InputError
from kvae.metrics import active_units, bits_per_dim
from kvae.model import VAE
from kvae.modes.write import measure, warn_if_large, write_results
from kvae.plan import Plan
from kvae.progress import ShowProgress

log = logging.getLogger(__name__)

N_GENERATED = 50
SAME_ON_RESUME = ["seed", "data", "model", "kl", "train.batch_size", "train.learning_rate", "train.optimizer"]


def run(config: Config, folder: RunFolder) -> tuple[dict[str, float], RunFolder]:
    """Learn, or go on learning, in `folder`.

    Returns:
        The metrics, and the folder that they stand in: that of a run which is finished already is reported,
        not repeated.

    Raises:
        InputError: For anything wrong with the data, the model or the run to resume.
    """
    begun = run_to_resume(config.train, folder)
    state = None
    if begun is not None:
        state = state_to_resume(config, begun)
        if begun.finished and is_done(state, config.train):
            log.info("finished already, after %d iterations", state.iteration)
            return begun.read_metrics(), begun
    data = load_data(config.data, config.run.seed)
    check_data(config, data)
    vae = build_vae(config, data.spec.shape)
    if begun is not None and state is not None:
        restore(vae, state, begun.vae.checkpoint)
    describe(config, data, vae, state)
    warn_if_large(data.train, vae, folder)
    folder.reopen()
    folder.write_run(config.plain)
    write_json(folder.vae.input_spec, data.spec.to_json())
    training = Training(config, data, vae, folder)
    rows, speed = training.run(state)
    metrics = finish(vae, data, rows, folder, config.run.seed) | speed
    folder.write_metrics(metrics)
    return metrics, folder


def run_to_resume(train: TrainConfig, folder: RunFolder) -> RunFolder | None:
    """The run folder to go on from: `train.resume`, or this one when it was begun before."""
    if train.resume is None:
        return folder if folder.vae.checkpoint.is_file() else None
    begun = RunFolder(train.resume)
    if not begun.vae.checkpoint.is_file():
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
    differs = differences(config.plain, begun.read_config(), SAME_ON_RESUME)
    if differs:
        raise InputError(
            f"{begun.path} cannot be resumed with another config; it differs in {', '.join(differs)}. "
            "Type the keys that it was begun with, or leave train.resume and hydra.run.dir out for a new run"
        )
    return read_state(begun.vae.checkpoint)


def is_done(state: TrainingState, train: TrainConfig) -> bool:
    """Whether a state needs no more training: all iterations are done, or early stopping ended it."""
    return state.iteration >= train.itr or (state.stopped and train.patience is not None)


def check_data(config: Config, data: Data) -> None:
    """Raise InputError where the data does not suit the likelihood or the training."""
    for part in (data.train, data.test):
        if part is not None:
            check_support(part.x, config.model.likelihood, config.data)
    if config.train.patience is not None and data.test is None:
        raise InputError(
            "train.patience needs held-out rows. Set data.test_fraction above 0, or train.patience=null"
        )


def describe(config: Config, data: Data, vae: VAE, state: TrainingState | None) -> None:
    """Say in two lines what is about to be learnt."""
    held_out = "none held out" if data.test is None else f"{len(data.test):,} held out"
    shape = " x ".join(map(str, data.spec.shape))
    log.info("data %s: %s observations of %s, %s", config.data.name, f"{len(data.train):,}", shape, held_out)
    n_weights = sum(int(np.prod(weight.shape)) for weight in vae.trainable_weights)
    log.info("model: latent_dim %d, %s weights, %s", vae.latent_dim, f"{n_weights:,}", config.model.likelihood)
    if state is not None:
        log.info("going on from iteration %d of %d", state.iteration, config.train.itr)


@dataclass
class Training:
    """The training of one run: plan, callbacks, `fit`."""

    config: Config
    data: Data
    vae: VAE
    folder: RunFolder

    def run(self, state: TrainingState | None) -> tuple[list[dict[str, float]], dict[str, float]]:
        """Train from `state` (None: from the start) to the end.

        Returns:
            The loss history, and `seconds` and `observations_per_second` of this training.
        """
        train = self.config.train
        plan = self.plan(0 if state is None else state.iteration)
        history = cb.LossHistory(plan, None if state is None else state.rows)
        if state is not None and is_done(state, train):  # only the results are missing
            if train.patience is not None and state.early_stopping is not None:
                self.vae.set_weights(state.early_stopping["best_weights"])
            return history.rows, {"seconds": 0.0, "observations_per_second": 0.0}
        stopping = None
        if train.patience is not None:
            patience = max(1, round(train.patience / plan.log_every))
            stopping = cb.EarlyStopping(patience, train.min_delta, None if state is None else state.early_stopping)
        checkpoint = cb.Checkpoint(
            plan,
            train.checkpoint_every or max(1, train.itr // 10),
            take=lambda done: take_state(
                self.vae, done, history.rows, None if stopping is None else stopping.state
            ),
            write=lambda latest: write_state(self.folder.vae.checkpoint, latest),
        )
        guard = cb.StopOnNaN(plan)
        progress = ShowProgress(plan)
        schedule = cb.KLSchedule(self.schedule(), train.itr, plan.iteration)
        callbacks = [schedule, history, guard, *([stopping] if stopping else []), checkpoint, progress]
        began = time.perf_counter()
        try:
            self.fit(plan, callbacks)
        except KeyboardInterrupt:
            progress.close()
            self.say_how_to_go_on(checkpoint.flush())
            raise
        if guard.iteration is not None:
            raise InputError(
                f"the loss is not finite after iteration {guard.iteration}. Lower train.learning_rate "
                f"(now {train.learning_rate:g}), set train.global_clipnorm=1, or scale the data"
            )
        checkpoint.flush()
        seconds = time.perf_counter() - began
        passes = history.rows[-1]["iteration"] - plan.start
        return history.rows, {"seconds": seconds, "observations_per_second": passes * plan.n / seconds}

    def plan(self, start: int) -> Plan:
        train, n = self.config.train, len(self.data.train)
        return Plan(
            n=n,
            batch_size=min(train.batch_size or n, n),
            itr=train.itr,
            log_every=min(train.log_every or max(1, train.itr // 100), train.itr),
            seed=self.config.run.seed,
            start=start,
        )

    def fit(self, plan: Plan, callbacks: list) -> None:
        """Train by Keras's own `fit`, an epoch per interval and a step per block."""
        test = self.data.test
        self.vae.fit(
            training_blocks(self.data.train.x, plan, self.data.spec.binarize),
            epochs=plan.n_intervals,
            initial_epoch=plan.first_interval,
            steps_per_epoch=plan.blocks_per_interval,
            validation_data=None if test is None else evaluation_batches(test.x),
            callbacks=callbacks,
            shuffle=False,
            verbose=0,
        )

    def schedule(self):
        """The KL schedule with its arguments bound."""
        values = {key: value for key, value in self.config.plain["kl"].items() if key != "_target_"}
        node = {"_target_": self.config.kl._target_, "_partial_": True, **values}
        return instantiate(node, "kl")

    def say_how_to_go_on(self, done: int) -> None:
        if done == 0:
            log.info("interrupted before the first logged iteration: there is nothing to go on from")
            return
        log.info("interrupted; iteration %d of %d is kept", done, self.config.train.itr)
        log.info("go on with the same command and  train.resume=%s", Path(self.folder.path))


def finish(vae: VAE, data: Data, rows: list[dict[str, float]], folder: RunFolder, seed: int) -> dict[str, float]:
    """Write what was learnt and measure it, with the final weights and the full objective."""
    vae.kl_scale.assign(1.0)
    vae.kl_capacity.assign(0.0)
    with whole_file(folder.vae.model) as part:
        vae.save(part)
    names = ["loss", "reconstruction", "kl"]
    folder.vae.write_log("loss", rows, ["iteration", *names])
    if data.test is not None:
        folder.vae.write_log("val_loss", rows, ["iteration", *(f"val_{name}" for name in names)])
    folder.vae.write_figure("loss", plots.loss_curve(rows))
    train = data.drawn_train(seed)
    metrics = measure(vae, train)
    if data.test is not None:
        metrics |= {f"val_{name}": value for name, value in measure(vae, data.test).items()}
    z_mean = write_results(vae, train, data.spec, folder.vae, "learn")
    generated = data.spec.scaling.invert(vae.generate(N_GENERATED, seed=seed))
    x = data.spec.scaling.invert(train.x[:1000])
    folder.vae.write_figure("samples", plots.samples(generated, float(x.min()), float(x.max())))
    prefix = "" if data.test is None else "val_"
    metrics["active_units"] = active_units(z_mean)
    metrics["bits_per_dim"] = bits_per_dim(
        metrics[f"{prefix}reconstruction"], metrics[f"{prefix}kl"], data.spec.shape
    )
    return metrics
