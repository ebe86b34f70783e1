"""The variational autoencoder as a Keras model."""

import copy
from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from kvae import objective
from kvae.layers import Sampling
from kvae.likelihoods.base import Likelihood
from kvae.likelihoods.lookup import get_likelihood
from kvae.networks.ending import check_ending
from kvae.networks.forward import in_mode, with_training
from kvae.networks.pairs import as_pair
from kvae.options.arguments import check_arguments, check_iwae
from kvae.training import compiling, replicas
from kvae.training.fit import EVALUATION_SEED
from kvae.training.inputs import check_free_bits
from kvae.vae.by_column import ByColumn
from kvae.vae.calls import Calls
from kvae.vae.importance import Importance
from kvae.vae.inference import Inference
from kvae.vae.terms import Terms

Tensor = Any


@keras.saving.register_keras_serializable(package="kvae")
class VAE(Terms, Inference, Importance, ByColumn, Calls):
    """A variational autoencoder whose prior mean may be a message from another module.

    Training minimises, averaged over the observations x of a batch and in nats,

        -E_q[log p(x|z)] + KL_param * KL(q(z|x) || N(prior_mu, I))

    with the functions of `kvae.objective`. Fit it on an array `(n, *data_shape)`, on a dictionary
    `{"x": x, "prior_mu": mu}` with `mu` of shape `(n, latent_dim)`, on a `tf.data.Dataset` of batches of
    either, on a `keras.utils.PyDataset` or a generator. Arrays may be tensors, lists or DataFrames of numbers;
    all values must be finite and within the likelihood's support. No message means `prior_mu = 0`. A third entry,
    `prior_cov`, makes the prior N(prior_mu, prior_cov): variances `(n, latent_dim)` or covariances
    `(n, latent_dim, latent_dim)`.

    Each epoch reports `loss`, `reconstruction` and `kl`, and, if layers of the networks add losses, their sum as
    `regularization`; `sample_weight` weighs observations. Layers such as dropout and batch normalization act as in
    every Keras model: in training mode in `fit`, and in inference mode elsewhere. Training draws random numbers
    from `seed`; `evaluate` uses the same noise every time, so that its results are comparable.

    `KL_param` is a weight that training does not change; assign to it at any time. The KL schedule
    (`kvae.callbacks.KLSchedule`) sets `kl_scale` and `kl_capacity`. They and `free_bits` change only the objective
    that is trained on: `evaluate` and `val_loss` always use the full objective above.

    Args:
        encoder: Built Keras model from `(batch, *data_shape)` to `[z_mean, z_log_var]`, or a dictionary of the
            two, each `(batch, latent_dim)`; natural-log variance.
        decoder: Keras model from `(batch, latent_dim)` to the likelihood's parameters,
            `(batch, *likelihood.param_shape(data_shape))`.
        KL_param: Weight of the KL term, a finite number >= 0.
        likelihood: The name of a file of `kvae.likelihoods`, a dictionary of that `name` and its arguments, or a
            `kvae.layers.Likelihood`.
        n_samples: Posterior draws per observation in the objective.
        free_bits: Nats per latent dimension below which training does not penalise the KL.
        iwae: Whether training maximises the importance-weighted bound of `n_samples` draws (Burda et al. 2016),
            not the mean of their ELBOs; everything else that is measured, such as `val_loss`, stays the ELBO.
        seed: Optional int; 0 is a seed.

    Raises:
        ValueError: For arguments out of range, or an encoder and a decoder that do not fit each other.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        KL_param: float = 1.0,
        likelihood: str | Mapping[str, Any] | Likelihood = "bernoulli",
        n_samples: int = 1,
        free_bits: float = 0.0,
        seed: int | None = None,
        iwae: bool = False,
        **kwargs: Any,
    ):
        check_arguments(KL_param, n_samples, free_bits, seed)
        check_iwae(iwae, n_samples, free_bits, type(self).terms is Terms.terms)
        likelihood = get_likelihood(likelihood)
        encoder, decoder = as_pair(encoder, decoder, likelihood)
        check_ending(decoder, likelihood)
        likelihood.for_data(tuple(encoder.input_shape[1:]))
        # Networks may compute in a lower precision; the objective and all outputs do not.
        super().__init__(**{"dtype": keras.config.floatx(), **kwargs})
        self.data_shape, self.latent_dim = tuple(encoder.input_shape[1:]), encoder.output_shape[0][1]
        self.encoder = encoder
        self.decoder = decoder
        self.likelihood = likelihood
        self.n_samples = n_samples
        self.free_bits = free_bits
        self.iwae = bool(iwae)
        self.seed = seed
        self.sampling = Sampling(seed, name="sampling", dtype=self.dtype_policy)
        self.evaluation_sampling = Sampling(EVALUATION_SEED, name="evaluation_sampling", dtype=self.dtype_policy)
        self._KL_param = self._scalar("KL_param", KL_param)
        self.kl_scale = self._scalar("kl_scale", 1.0)
        self.kl_capacity = self._scalar("kl_capacity", 0.0)
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction")
        self.kl_tracker = keras.metrics.Mean(name="kl")
        self.regularization_tracker = keras.metrics.Mean(name="regularization")
        self.regularized = False  # until a layer adds a loss
        self.columns: tuple[Any, ...] | None = None  # names of the columns of the first table that is learnt
        self.jit_compile = compiling.xla_pays(encoder, decoder, likelihood)
        self.begin_training()
        self.built = True

    def _scalar(self, name: str, value: float) -> keras.Variable:
        return self.add_weight(
            name=name, shape=(), initializer=keras.initializers.Constant(value), trainable=False
        )

    @property
    def KL_param(self) -> keras.Variable:
        """Weight of the KL term; `vae.KL_param = 2.0` assigns to it without retracing."""
        return self._KL_param

    @KL_param.setter
    def KL_param(self, value: float) -> None:
        check_arguments(value, 1, 0.0)
        self._KL_param.assign(value)

    def call(self, inputs: Any, training: bool | None = None) -> dict[str, Tensor]:
        """`z_mean`, `z_log_var` and the reconstruction `x_hat` from the posterior mean.

        Draws nothing, except in layers that draw in training mode.
        """
        z_mean, z_log_var = with_training(self.posterior, training)(self._unpack(inputs)[0])
        x = self._unpack(inputs)[0]
        params = with_training(self.decoded, training)(self.told(z_mean, x))
        x_hat = self.with_given(self.likelihood.mean(params), x)
        return {"z_mean": z_mean, "z_log_var": z_log_var, "x_hat": x_hat}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True) -> Tensor:
        """The loss of a batch in nats, a scalar; it also updates the metrics, such as `loss` and `kl`.

        Draws `n_samples` latent codes per observation, unless `x` holds their noise. With `training=False` the
        networks are in inference mode, and the KL has its full weight: no schedule, no free bits, no capacity. The
        losses that layers of the networks add (regularizers, `add_loss`) count in both modes, as in every Keras
        model, under the name `regularization`; `KL_param` does not scale them.

        Args:
            x: A batch, or `{"x": batch, "prior_mu": mu, "prior_cov": cov}`. The optional entry `eps`,
                `(n_samples, batch, latent_dim)`, is the standard normal noise of the codes; `n` is the number of
                rows of the batch without those that pad it.
            y: Unused, as `y_pred`; part of Keras's signature.
            y_pred: Unused.
            sample_weight: Weights of the observations, `(batch,)`.
            training: Whether the networks are in training mode, and the schedule and `free_bits` apply to the KL.
        """
        if training and self.free_bits > 0.0:
            check_free_bits(x, self.free_bits)
        inputs = {name: value for name, value in x.items() if name != "n"} if isinstance(x, dict) else x
        reconstruction, kl_per_dim, regularization = self._of_replica(self._terms_and_losses)(inputs, training)
        free_bits, capacity, weight = 0.0, 0.0, self.KL_param
        if training:
            free_bits, capacity, weight = self.free_bits, self.kl_capacity, self.KL_param * self.kl_scale
        total = self._total
        kl = objective.kl_penalty(kl_per_dim, sample_weight, free_bits, capacity, total)
        if regularization is not None and self.strategy is not None:
            regularization = replicas.mean(regularization)  # as Keras does
        loss = objective.vae_loss(reconstruction, kl, weight, sample_weight, total)
        n = ops.shape(reconstruction)[0] if sample_weight is None else ops.sum(sample_weight)
        if self._reports_loss:
            self.loss_tracker.update_state(objective.regularized(loss, regularization), sample_weight=n)
        self.reconstruction_tracker.update_state(reconstruction, sample_weight=sample_weight)
        self.kl_tracker.update_state(ops.sum(kl_per_dim, axis=-1), sample_weight=sample_weight)
        if regularization is not None:
            self.regularized = True
            self.regularization_tracker.update_state(regularization, sample_weight=n)
        if sample_weight is not None and training:
            loss = loss * self._weight_per_row(x, reconstruction, sample_weight)
        return objective.regularized(loss, regularization)

    def _weight_per_row(self, x: Any, reconstruction: Tensor, sample_weight: Tensor) -> Tensor:
        """`objective.weight_per_row` of a batch."""
        n, total = ops.shape(reconstruction)[0], self._total
        if isinstance(x, dict) and "n" in x:
            n = x["n"]
        elif total is not None:
            n = total(ops.cast(n, sample_weight.dtype))
        return ops.cast(objective.weight_per_row(sample_weight, n, total), reconstruction.dtype)

    def _terms_and_losses(self, inputs: Any, training: bool) -> tuple[Tensor, Tensor, Tensor | None]:
        """`terms`, and the sum of the losses that layers add in this call; None if no layer adds one."""
        self._clear_losses()  # as Keras does when a model is called
        if self.iwae and training:
            reconstruction, kl_per_dim = in_mode(self.iwae_terms, True)(inputs, self.KL_param * self.kl_scale)
        else:
            reconstruction, kl_per_dim = in_mode(self.terms, training)(inputs, training)
        if self.strategy is not None and training:
            replicas.check_losses(self._flatten_layers())
        losses = [ops.cast(ops.sum(loss), self.compute_dtype) for loss in self.losses]
        return reconstruction, kl_per_dim, sum(losses[1:], losses[0]) if losses else None

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "encoder": serialize(self.encoder),
            "decoder": serialize(self.decoder),
            "KL_param": float(self.KL_param.numpy()),
            "likelihood": serialize(self.likelihood),
            "n_samples": self.n_samples,
            "free_bits": self.free_bits,
            "seed": self.seed,
            **({"iwae": True} if self.iwae else {}),  # saved models without it stay the same to the byte
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "VAE":
        config = copy.deepcopy(config)  # Keras empties what it deserialises.
        for name in ("encoder", "decoder", "likelihood"):
            config[name] = keras.saving.deserialize_keras_object(config[name], custom_objects=custom_objects)
        return cls(**config)
