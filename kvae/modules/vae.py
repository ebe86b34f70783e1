"""The VAE as a module: it sends codes upwards, reconstructions downwards, and takes messages as its prior.

It is long because it is one class with all methods that a network calls on a module.
"""

import logging
from pathlib import Path
from typing import Any

import numpy as np

from kvae import model as models
from kvae.data.stored import Rows, StoredRows
from kvae.errors import InputError
from kvae.likelihoods.base import Likelihood
from kvae.modules.gaps import how_many, known_rows, of_known
from kvae.modules.hooks import Messages
from kvae.modules.message import Gaussian, as_gaussian, check_gaussian, pooled
from kvae.modules.model_file import load_vae, save_vae
from kvae.modules.module import Module
from kvae.modules.parameters import check_only_recog, check_whole, not_default
from kvae.modules.vae_codes import Codes, check_support, infer_codes, message_of, side_by_side
from kvae.modules.vae_models import new_model
from kvae.modules.vae_parameters import check_learnt, check_parameters, check_training, given
from kvae.training.checkpoint_file import TrainingState, restore
from kvae.training.run import Training

log = logging.getLogger(__name__)


class VAE(Module):
    """A `kvae.VAE` that observes other modules, with Serket's parameters and files.

    Forward message: the posterior means `(n, latent_dim)`, or one draw from each posterior. Backward message:
    reconstructions, of the shape of what is observed. Messages from above are means `(n, latent_dim)` or
    `kvae.modules.Gaussian`; those of several senders are pooled with equal weights. Each update continues with the
    weights and the optimizer of the previous one.

    Mode `recog` uses the learnt model, which must have the same `latent_dim`, and the same `hidden_encoder_dim`,
    `hidden_decoder_dim`, `KL_param` and `likelihood` unless these are at their defaults. It does not use the
    parameters of training.

    Rows of NaN are missing rows. The VAE does not learn from them, and sends NaN upwards for them. If there is a
    message from above, the code of a missing row is the mean of its message, and its reconstruction is decoded
    from that. A model that accepts missing values, as that of a table, encodes a row of NaN like any other row.

    Args:
        latent_dim: Dimensions of the latent code.
        weight_stddev: Standard deviation of the initial weights; None: Glorot's.
        itr: Passes over the data in one update.
        name: Names the folder.
        hidden_encoder_dim, hidden_decoder_dim: Width of the hidden layer, or a list of widths.
        batch_size: Observations per step; None: all observations.
        KL_param: Weight of the KL term.
        mode: `learn` or `recog`.
        likelihood: As in `kvae.VAE`; observations must lie in its support.
        learning_rate: Learning rate of Adam.
        seed: Seed of initial weights, shuffles and noise.
        send: What goes upwards: `mean`, the posterior means, or `sample`, a draw from each posterior.
        model: Your own compiled `kvae.VAE`, in place of one that the parameters describe.
        learnt: Folder of the module whose model `recog` infers with; None: this module's own.
        folder: As in `Module`.
        **training: Other arguments of `kvae.training.Training`.

    Raises:
        InputError: For a parameter out of range, or a `model` that does not fit the parameters.
        TypeError: For an argument that `kvae.training.Training` does not have.
    """

    takes_gaps = True

    def __init__(
        self,
        latent_dim: int,
        weight_stddev: float = 0.1,
        itr: int = 5000,
        name: str = "vae",
        hidden_encoder_dim: int | list[int] = 100,
        hidden_decoder_dim: int | list[int] = 100,
        batch_size: int | None = None,
        KL_param: float = 1,
        mode: str = "learn",
        *,
        likelihood: str | dict[str, Any] | Likelihood = "bernoulli",
        learning_rate: float = 0.001,
        seed: int = 0,
        send: str = "mean",
        model: models.VAE | None = None,
        learnt: str | Path | None = None,
        folder: str | Path | None = None,
        **training: Any,
    ) -> None:
        super().__init__(name, mode, folder)
        check_only_recog("learnt", learnt, mode)
        check_training(training)
        self.latent_dim, self.weight_stddev, self.itr = latent_dim, weight_stddev, itr
        self.hidden_encoder_dim, self.hidden_decoder_dim = hidden_encoder_dim, hidden_decoder_dim
        self.batch_size, self.KL_param, self.likelihood = batch_size, KL_param, likelihood
        self.learning_rate, self.seed, self.send, self.learnt = learning_rate, seed, send, learnt
        check_parameters(self)
        self.not_default = not_default(VAE.__init__, self.described)
        self.model = None if model is None else given(self, model)
        self.training: Training | None = None
        self.training_options = training
        self.prior_test: Gaussian | None = None
        self.known_test: np.ndarray | None = None
        self.z: np.ndarray | None = None
        self.z_var: np.ndarray | None = None
        self.x_hat: np.ndarray | None = None

    @property
    def takes_cells(self) -> bool:  # type: ignore[override]
        """Whether the model takes rows with missing values."""
        support = None if self.model is None else self.model.likelihood.support
        return support is not None and support.missing

    @property
    def described(self) -> dict[str, Any]:
        """The parameters that describe a model."""
        names = ("hidden_encoder_dim", "hidden_decoder_dim", "KL_param", "likelihood", "weight_stddev")
        return {name: getattr(self, name) for name in (*names, "learning_rate")}

    def update(
        self, itr: int | None = None, write: bool = True, title: str = "", reconstruct: bool = True
    ) -> None:
        """Train for `itr` passes, or in mode `recog` only infer; send messages. Draws random numbers from `seed`.

        Args:
            itr: Passes over the data; None: the module's `itr`.
            write: Whether to write the files of `write`.
            title: Text at the beginning of lines of progress.
            reconstruct: Whether to send reconstructions downwards, which data does not use.

        Raises:
            InputError: Before `connect`, for observations that do not suit, when the loss is not finite, or in
                mode `recog` without a learnt model.
        """
        if itr is not None:
            check_whole("itr", itr, lowest=0)
        arrays = self.get_observations()
        x = self.rows(arrays)
        self.built(x)
        if self.mode == "learn":
            self.learn(x, self.itr if itr is None else itr, title)
        codes = self.codes(x, self.get_backward_msg(), reconstruct)
        self.z, self.z_var = codes.z, codes.forward_var
        self.set_forward_msg(codes.forward)
        if reconstruct:
            self.x_hat = codes.x_hat
            self.send_backward_msgs(codes.parts(arrays))
        if write:
            self.write()

    def infer(self, observations: list[Any], above: Any = None) -> Messages:
        """Infer codes and reconstructions of other rows with the learnt model; `var` is None if draws are sent.

        The code of a missing row, which is a row of NaN, is the mean of its message from above, and `var` has the
        variances of the message; without a message both are NaN. With `send="sample"` it draws random numbers from
        `seed`.
        """
        if self.model is None:
            self.model = self.load()
        x = self.rows(observations)
        self.built(x)
        codes = self.codes(x, above)
        return Messages(codes.z, codes.parts(observations), codes.var if self.send == "mean" else None)

    def rows(self, arrays: list[Any]) -> Rows:
        """The observations as the model takes them, `(n, *data_shape)`; those of several modules side by side."""
        x = side_by_side(arrays, self.name, [module.name for module in self.observed], self.takes_cells)
        if not isinstance(x, StoredRows):
            x = np.asarray(x if x.ndim > 1 else x[:, None], np.float32)
        return x

    def known(self, x: Rows) -> np.ndarray:
        """Which rows are known, `(n,)`, which means not missing."""
        return np.ones(len(x), bool) if self.takes_cells else known_rows(x)

    def codes(self, x: Rows, above: Any = None, reconstruct: bool = True) -> Codes:
        """The codes, and reconstructions if wanted, of rows with a message from above."""
        assert self.model is not None
        message = None if above is None else as_gaussian(above)
        draw_from = self.seed if self.send == "sample" else None
        return infer_codes(self.model, x, self.known(x), message, draw_from, reconstruct)

    def learn(self, x: Rows, itr: int, title: str = "") -> None:
        """Train for `itr` more passes over the known rows, with the message from above as prior."""
        training = self.begun(x)
        # Without a message it gets one of zeros, so that the compiled step can be used with later messages.
        prior = message_of(self.get_backward_msg(), self.known(x), self.latent_dim)
        known, stop = self.known_test, training.iteration + itr
        test = None if known is None else message_of(self.prior_test, known, self.latent_dim).as_prior()
        training.itr = max(training.itr, stop)
        training.run(stop, prior.as_prior(), test, title)

    def begun(self, x: Rows) -> Training:
        """The training, which is made at the first update and gets the rows `x` at every update."""
        known = self.known(x)
        if not known.any():
            raise InputError(
                f"{self.name} needs rows that are not missing to learn from. Received: NaN in all rows"
            )
        if self.training is None:
            options = {"batch_size": self.batch_size, "seed": self.seed, "lines": 2, **self.training_options}
            options.setdefault("checkpoint", self.folder.checkpoint)
            if options.get("x_test") is not None:
                options["x_test"] = self.known_held_out(options["x_test"])
            if not known.all():
                log.info("%s learns from %d rows; missing: %s", self.name, known.sum(), how_many(known))
            self.training = Training(self.built(x), of_known(x, known), **options)
        self.training.x = of_known(x, known)
        return self.training

    def known_held_out(self, x_test: Rows) -> Rows | None:
        """The known ones of the held-out rows, or None if all are missing; sets `known_test`."""
        known = self.known(x_test)
        self.known_test = known if known.any() else None
        return of_known(x_test, known) if known.any() else None

    def use_held_out(self, x_test: Rows) -> None:
        """Measure `val_loss` on the rows `x_test` `(n, *data_shape)` from now on."""
        self.training_options["x_test"] = x_test
        if self.training is not None:
            self.training.x_test = self.known_held_out(x_test)

    def built(self, x: Rows) -> models.VAE:
        """The model, given, learnt or new, after a check that it fits the rows `x`."""
        if self.model is None:
            self.model = self.load() if self.mode == "recog" else self.build(x.shape[1:])
        if x.shape[1:] != self.model.data_shape:
            raise InputError(
                f"{self.name} learnt from observations of shape {self.model.data_shape}. Received: {x.shape[1:]}"
            )
        if isinstance(x, StoredRows):  # checked when the files were opened
            return self.model
        check_support(x, self.known(x), self.model.likelihood.support, self.name)
        return self.model

    def build(self, data_shape: tuple[int, ...]) -> models.VAE:
        return new_model(self, data_shape)

    def load(self) -> models.VAE:
        folder = self.folder if self.learnt is None else type(self.folder)(Path(self.learnt))
        if not folder.model.is_file():
            raise InputError(
                f"{self.name} has learnt nothing yet: there is no {folder.model}. Update with mode='learn'"
            )
        model = load_vae(folder.model)
        check_learnt(self, model)
        return model

    def resume_training(self, x: Rows, state: TrainingState, path: Path) -> None:
        """Resume training from a state that was read from `path`."""
        restore(self.built(x), state, path)
        self.begun(x).resume(state, path)

    def get_forward_var(self) -> np.ndarray | None:
        """Posterior variances `(n, latent_dim)`; None if draws are sent, whose spread contains them already."""
        return self.z_var if self.send == "mean" else None

    def check_backward(self, message: Any, source: str) -> None:
        check_gaussian(message, self.name, source, self.latent_dim)

    def combine(self, messages: list[Any]) -> Gaussian:
        return pooled([as_gaussian(message) for message in messages], [1.0 / len(messages)] * len(messages))

    def write(self) -> None:
        """Write `z_{mode}`, `x_hat_{mode}` and, when learning, `model.keras`, the checkpoint and `loss.txt`."""
        folder = self.folder
        folder.write_rows(f"z_{self.mode}", self.get_forward_msg() if self.z is None else self.z)
        if self.x_hat is not None:
            folder.write_rows(f"x_hat_{self.mode}", self.x_hat)
        if self.mode == "learn" and self.model is not None and self.training is not None:
            save_vae(self.model, folder.model)
            folder.write_log("loss", self.training.rows, self.training.columns())
