"""The VAE as a module: codes upwards, reconstructions downwards, trained against the messages from above."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from kvae import model as models
from kvae.data.stored import Rows, StoredRows
from kvae.errors import InputError
from kvae.likelihoods.base import Likelihood
from kvae.likelihoods.lookup import get_likelihood
from kvae.likelihoods.support import check_values
from kvae.modules.message import Gaussian, as_gaussian, pooled
from kvae.modules.model_file import load_vae, save_vae
from kvae.modules.module import Module, joined
from kvae.modules.parameters import check_only_recog, check_whole, not_default
from kvae.modules.vae_parameters import check_learnt, check_parameters, check_training, given
from kvae.networks.mlp import mlp_decoder, mlp_encoder
from kvae.training.checkpoint_file import TrainingState, restore
from kvae.training.run import Training
from kvae.vae.message import as_message


class VAE(Module):
    """A `kvae.VAE` that observes other modules, with Serket's parameters and files.

    Forward message: the posterior means `(n, latent_dim)`, or one draw each. Backward message: reconstructions,
    of the shape of what is observed. It accepts means `(n, latent_dim)` or `kvae.modules.Gaussian`; several
    senders are pooled in equal parts. Weights and optimizer go on from update to update.

    In mode `recog` the model that was learnt is used. `latent_dim` must be its own, and so must those of
    `hidden_encoder_dim`, `hidden_decoder_dim`, `KL_param` and `likelihood` that are not at their defaults;
    parameters of training play no part.

    Args:
        latent_dim: Dimensions of the latent code.
        weight_stddev: Standard deviation of the initial weights.
        itr: Passes over the data in one update.
        name: Names the folder.
        hidden_encoder_dim, hidden_decoder_dim: Width of the hidden layer, or a list of widths.
        batch_size: Observations per step; None takes all at once.
        KL_param: Weight of the KL term.
        mode: `learn` or `recog`.
        likelihood: As in `kvae.VAE`; observations must lie in its support.
        learning_rate: Adam's.
        seed: Source of initial weights, shuffles and noise.
        send: `mean` or `sample`: what goes upwards.
        model: A compiled `kvae.VAE` of your own in place of the one that the parameters describe.
        learnt: Folder of the module that `recog` infers with; by default this module's own.
        folder: As in `Module`.
        **training: Other arguments of `kvae.training.Training`.
    """

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
        self.z_var: np.ndarray | None = None
        self.x_hat: np.ndarray | None = None

    @property
    def takes_gaps(self) -> bool:  # type: ignore[override]
        """Whether its model takes rows in which values are missing."""
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
        """Train for `itr` passes (default: the module's own), or in mode `recog` only infer; send messages.

        Draws from `seed`. Writes the files of `write` unless told not to. Without `reconstruct` nothing is sent
        back to what is observed, which data has no use for.

        Raises:
            InputError: Before `connect`, for observations that do not suit, when the loss is not finite, or in
                mode `recog` without a learnt model.
        """
        if itr is not None:
            check_whole("itr", itr, lowest=0)
        arrays = self.get_observations()
        x, columns = (arrays[0], [slice(None)]) if len(arrays) == 1 else joined(arrays)
        if not isinstance(x, StoredRows):
            x = np.asarray(x if x.ndim > 1 else x[:, None], np.float32)
        model = self.built(x)
        if self.mode == "learn":
            self.learn(x, self.itr if itr is None else itr, title)
        z_mean, z_log_var = model.encode(x)
        self.z_var = np.exp(z_log_var)
        z = z_mean if self.send == "mean" else model.sample_posterior(x, seed=self.seed)
        self.set_forward_msg(z)
        if reconstruct:
            self.x_hat = model.decode_of(z_mean, x)
            parts = [self.x_hat] if len(arrays) == 1 else [self.x_hat[:, part] for part in columns]
            self.send_backward_msgs([part.reshape(array.shape) for part, array in zip(parts, arrays, strict=True)])
        if write:
            self.write()

    def learn(self, x: Rows, itr: int, title: str = "") -> None:
        """Train for `itr` more passes against the message from above."""
        training = self.begun(x)
        # No message is a message of zeros: what is compiled for it serves the messages to come.
        prior, test = self.get_backward_msg(), self.prior_test
        if prior is None:
            prior = Gaussian(np.zeros((len(x), self.latent_dim)))
        if test is None and training.x_test is not None:
            test = Gaussian(np.zeros((len(training.x_test), self.latent_dim)))
        stop = training.iteration + itr
        training.itr = max(training.itr, stop)
        training.run(stop, as_gaussian(prior).as_prior(), None if test is None else test.as_prior(), title)

    def begun(self, x: Rows) -> Training:
        """The training, made at the first update and told of the data at every one."""
        if self.training is None:
            options = {"batch_size": self.batch_size, "seed": self.seed, "lines": 2, **self.training_options}
            options.setdefault("checkpoint", self.folder.checkpoint)
            self.training = Training(self.built(x), x, **options)
        self.training.x = x
        return self.training

    def built(self, x: Rows) -> models.VAE:
        """The model: the given one, the learnt one, or a new one for observations like `x`."""
        if self.model is None:
            self.model = self.load() if self.mode == "recog" else self.build(x.shape[1:])
        if x.shape[1:] != self.model.data_shape:
            raise InputError(
                f"{self.name} learnt from observations of shape {self.model.data_shape}. Received: {x.shape[1:]}"
            )
        if isinstance(x, StoredRows):  # checked where it was opened
            return self.model
        try:
            check_values("x", x, self.model.likelihood.support)
        except ValueError as error:
            raise InputError(f"{self.name}: {str(error).replace('`x`', 'its observations')}") from error
        return self.model

    def build(self, data_shape: tuple[int, ...]) -> models.VAE:
        keras.utils.set_random_seed(self.seed)
        likelihood = get_likelihood(self.likelihood)
        model = models.VAE(
            mlp_encoder(data_shape, self.latent_dim, self.hidden_encoder_dim, self.weight_stddev),
            mlp_decoder(
                likelihood.param_shape(data_shape), self.latent_dim, self.hidden_decoder_dim, self.weight_stddev
            ),
            KL_param=self.KL_param,
            likelihood=likelihood,
            seed=self.seed,
            name=self.name,
        )
        model.compile(keras.optimizers.Adam(self.learning_rate))
        model.optimizer.build(model.trainable_variables)
        return model

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
        """Take up a training state that was read from `path`."""
        restore(self.built(x), state, path)
        self.begun(x).resume(state, path)

    def get_forward_var(self) -> np.ndarray | None:
        """Posterior variances `(n, latent_dim)`; None while draws are sent, which carry them already."""
        return self.z_var if self.send == "mean" else None

    def check_backward(self, message: Any, source: str) -> None:
        gaussian = as_gaussian(message)
        shape = np.shape(gaussian.mean)
        if len(shape) != 2 or shape[1] != self.latent_dim:
            raise InputError(
                f"{self.name} needs a message of shape (n, {self.latent_dim}), a column per latent dimension. "
                f"Received from {source}: shape {shape}"
            )
        if not np.all(np.isfinite(gaussian.mean)):
            raise InputError(f"{self.name} needs a finite message. Received from {source}: NaN or infinity")
        if gaussian.cov is None:
            return
        try:
            as_message(None, gaussian.cov, shape[0], self.latent_dim)
        except ValueError as error:
            text = str(error).replace("`prior_cov`", f"the message from {source} to {self.name}")
            raise InputError(text) from error

    def combine(self, messages: list[Any]) -> Gaussian:
        return pooled([as_gaussian(message) for message in messages], [1.0 / len(messages)] * len(messages))

    def write(self) -> None:
        """Write `z_{mode}`, `x_hat_{mode}` and, when learning, `model.keras`, the checkpoint and `loss.txt`."""
        folder = self.folder
        folder.write_rows(f"z_{self.mode}", self.get_forward_msg())
        if self.x_hat is not None:
            folder.write_rows(f"x_hat_{self.mode}", self.x_hat)
        if self.mode == "learn" and self.model is not None and self.training is not None:
            save_vae(self.model, folder.model)
            folder.write_log("loss", self.training.rows, self.training.columns())
