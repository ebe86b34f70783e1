"""The message loop of a run: the modules that a config describes, updated in turn, round after round."""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kvae import modules, plots
from kvae.data import Data
from kvae.data.tables import read_means
from kvae.errors import InputError
from kvae.metrics import are_classes
from kvae.model import VAE
from kvae.modules import GMM, Gaussian, Observation
from kvae.modules.mixture.files import read_arrays
from kvae.options.schema import Config
from kvae.runs import RunFolder, previous
from kvae.tracking import NoTracker, Tracker
from kvae.training.checkpoint import TrainingState

log = logging.getLogger(__name__)

FIRST_MAP = "latent_round1"


@dataclass
class Rounds:
    """Observation, VAE and who sends its prior mean: the mixture, a file, or nobody.

    Attributes:
        config: The config.
        data: Learning and held-out rows.
        folder: The run folder.
        vae: The VAE, connected with the learning rows.
        gmm: The mixture of `prior=gmm`, connected with the VAE.
        messages: Fixed messages of learning and held-out rows (`prior=message`).
        metrics: A row per round: `round`, and what the mixture measures.
        tracker: Records the losses and those rows.
    """

    config: Config
    data: Data
    folder: RunFolder
    vae: modules.VAE
    gmm: GMM | None = None
    messages: tuple[Gaussian, Gaussian | None] | None = None
    metrics: list[dict[str, float]] = field(default_factory=list)
    tracker: Tracker = field(default_factory=NoTracker)

    @property
    def n_rounds(self) -> int:
        return self.config.prior.rounds if self.gmm is not None else 1

    @property
    def itr(self) -> int:
        """Iterations of all rounds."""
        return self.last_iteration(self.n_rounds)

    def last_iteration(self, number: int) -> int:
        """Iterations that are done when the VAE's part of a round, from 1, ends."""
        itr, first = self.config.train.itr, self.config.prior.first_itr
        return (first or itr) + (number - 1) * itr

    def resume(self, state: TrainingState, begun: RunFolder) -> None:
        """Go on from a state of the VAE and, where it was reached, that of the mixture."""
        self.vae.resume(self.data.train.x, state, begun.vae.checkpoint)
        if self.gmm is None:
            return
        found = self.mixture_of(state, begun)
        if found is not None:
            self.gmm.resume(found)
            self.metrics = begun.gmm.read_log("rounds")[: self.gmm.updates]
            begun.gmm.copy_to(self.folder.gmm, FIRST_MAP)
            self.send()
        elif state.iteration > self.last_iteration(1):
            raise InputError(
                f"{begun.path} cannot be resumed: the VAE is at iteration {state.iteration}, but there is no "
                f"{begun.gmm.mixture.name} of the round before"
            )

    def mixture_of(self, state: TrainingState, begun: RunFolder) -> Path | None:
        """The last kept mixture whose message a state was trained against; None where there was none yet."""
        for path in (begun.gmm.mixture, previous(begun.gmm.mixture)):
            if not path.is_file():
                continue
            try:
                rounds = int(read_arrays(path)["updates"])
            except InputError as error:
                log.warning("warning: %s", error)
                continue
            if self.last_iteration(rounds) <= state.iteration <= self.last_iteration(rounds + 1):
                return path
        return None

    def run(self) -> None:
        """All rounds that are not yet done. Writes the mixture's state after each.

        The message of the held-out rows is that of their codes when the mixture was fitted, and kept with it.
        """
        if self.gmm is not None and self.gmm.updates:
            self.keep()  # a run that goes on in a folder of its own needs it there
        for row in self.metrics:
            self.track(row)
        for number in range(1, self.n_rounds + 1):
            done = self.vae.training.iteration if self.vae.training else 0
            if self.gmm is not None and self.gmm.updates >= number and number < self.n_rounds:
                continue
            title = f"round {number} of {self.n_rounds}: " if self.gmm is not None else ""
            self.vae.prior_test = self.held_out_message()
            itr = max(0, self.last_iteration(number) - done)
            if self.gmm is None:
                self.vae.learn(self.data.train.x, itr)
                continue
            self.vae.update(itr, write=False, title=title, reconstruct=False)
            if self.gmm.updates < number:
                self.update_gmm(number, title)

    def update_gmm(self, number: int, title: str) -> None:
        """Fit the mixture to the codes of a round, say how it went, and keep its state."""
        assert self.gmm is not None
        self.gmm.update(write=False)
        measured = self.gmm.measure()
        fit = self.gmm.fit
        assert fit is not None
        row: dict[str, float] = {
            "round": number,
            "log_likelihood": fit.log_likelihood,
            "small": len(self.gmm.small),
            **measured,
        }
        self.metrics.append(row)
        self.track(row)
        texts = [f"{name} {value:.3f}" for name, value in measured.items()]
        log.info("%s%s", title, "  ".join([f"mixture from a {fit.start} start", *texts]))
        if number == 1:
            z, labels = np.asarray(self.vae.get_forward_msg()), self.data.train.labels
            title = "latent codes of round 1 (posterior means)"
            self.folder.gmm.write_figure(FIRST_MAP, plots.latent_map, z, labels, title)
        self.gmm.r_test = self.held_out_responsibilities()
        self.keep()

    def track(self, row: dict[str, float]) -> None:
        """Record what was measured in a round."""
        values = {name: value for name, value in row.items() if name != "round"}
        self.tracker.log(self.last_iteration(int(row["round"])), values, "mixture")

    def keep(self) -> None:
        """Write what was measured in every round, and the mixture's state."""
        assert self.gmm is not None
        self.folder.gmm.write_log("rounds", self.metrics, list(self.metrics[-1]), exact=True)
        self.gmm.save()

    def send(self) -> None:
        """Hand the mixture's last message to the VAE, as its update did."""
        assert self.gmm is not None and self.gmm.sent is not None
        self.vae.set_backward_msg(self.gmm.sent, self.gmm)

    def prior(self) -> dict[str, np.ndarray] | None:
        """The last message of the learning rows, as `kvae.VAE` takes it."""
        message = self.vae.get_backward_msg()
        return None if message is None else message.as_prior()

    def prior_test(self) -> dict[str, np.ndarray] | None:
        """The message of the held-out rows, as `kvae.VAE` takes it."""
        message = self.held_out_message()
        return None if message is None else message.as_prior()

    def held_out_message(self) -> Gaussian | None:
        """What is sent for the held-out rows: the mixture's, by their codes, or the file's."""
        if self.messages is not None:
            return self.messages[1]
        if self.gmm is None or self.gmm.r_test is None:
            return None
        return self.gmm.damped(self.gmm.message_for(self.gmm.r_test), None)

    def held_out_responsibilities(self) -> np.ndarray | None:
        """Class probabilities of the held-out rows `(n_test, K)`, by their codes; None before the first fit."""
        if self.gmm is None or self.gmm.mixture is None or self.data.test is None or self.vae.model is None:
            return None
        return self.gmm.mixture.responsibilities(self.vae.model.encode(self.data.test.x)[0])[0]


def build_rounds(
    config: Config, data: Data, model: VAE, folder: RunFolder, schedule: Any, tracker: Tracker | None = None
) -> Rounds:
    """The modules of a config, connected.

    Raises:
        InputError: For messages that do not fit the data.
    """
    train, tracker = config.train, tracker or NoTracker()
    obs = Observation(data.train.x, folder=folder.path)
    vae = modules.VAE(
        config.model.latent_dim,
        itr=train.itr,
        batch_size=train.batch_size,
        seed=config.run.seed,
        model=model,
        x_test=None if data.test is None else data.test.x,
        log_every=train.log_every,
        checkpoint_every=train.checkpoint_every,
        on_nan=train.on_nan,
        patience=train.patience,
        min_delta=train.min_delta,
        binarize=data.spec.binarize,
        schedule=schedule,
        lines=10 if config.prior.name != "gmm" else 2,
        track=tracker.log,
    )
    vae.connect(obs)
    vae.use_folder(folder.vae)
    rounds = Rounds(config, data, folder, vae, tracker=tracker)
    if config.prior.name == "gmm":
        labels = data.train.labels
        rounds.gmm = build_gmm(config, labels if are_classes(labels) else None)
        rounds.gmm.connect(vae)
        rounds.gmm.use_folder(folder.gmm)
    if config.prior.name == "message":
        rounds.messages = split_messages(read_mu(config, data), data)
        vae.set_backward_msg(rounds.messages[0])
    vae.training_options["itr"] = rounds.itr
    return rounds


def build_gmm(config: Config, category: Any, mode: str = "learn", **keywords: Any) -> GMM:
    """The mixture of `prior=gmm`."""
    prior = config.prior
    return GMM(
        prior.n_components,
        itr=prior.itr,
        category=category,
        mode=mode,
        covariance_type=prior.covariance_type,
        equal_weights=prior.equal_weights,
        concentration=prior.concentration,
        ridge=prior.ridge,
        n_starts=prior.n_starts,
        message=prior.message,
        damping=prior.damping,
        weight=prior.weight,
        ramp=prior.ramp,
        seed=config.run.seed,
        **keywords,
    )


def read_mu(config: Config, data: Data) -> np.ndarray:
    """The means in `prior.path`, `(n, latent_dim)`: a row for every row of the data, in its order.

    Raises:
        InputError: When there is no such file, it has another shape, or is not finite.
    """
    path = config.prior.path
    if path is None:
        raise InputError("prior=message needs prior.path. For example: prior=message prior.path=mu.npy")
    mu = np.asarray(read_means("prior.path", path), np.float32)
    n = len(data.train) + (0 if data.test is None else len(data.test))
    if mu.shape != (n, config.model.latent_dim):
        raise InputError(
            f"prior.path={path} must have a row per observation (held-out rows included) and a column per latent "
            f"dimension, shape ({n}, {config.model.latent_dim}). Received: shape {mu.shape}"
        )
    if not np.all(np.isfinite(mu)):
        row = int(np.argmin(np.isfinite(mu).all(axis=1)))
        raise InputError(f"prior.path={path} must be finite. Received: NaN or infinity in row {row}")
    return mu


def split_messages(mu: np.ndarray, data: Data) -> tuple[Gaussian, Gaussian | None]:
    """The messages of learning and of held-out rows, from those of all rows `(n, latent_dim)`."""
    if data.test is None:
        return Gaussian(mu), None
    held_out = np.arange(len(mu)) >= len(data.train) if data.held_out is None else data.held_out
    return Gaussian(mu[~held_out]), Gaussian(mu[held_out])
