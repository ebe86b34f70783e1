"""The terms of the objective and of all estimates: the one place that calls a VAE's networks."""

from typing import Any

import numpy as np
from keras import ops

from kvae import objective
from kvae.layers import bounded_log_var
from kvae.networks.forward import training_keyword, with_training
from kvae.training.inputs import unpack_inputs

Tensor = Any


def condition_missing(likelihood: Any) -> str:
    """The error text if the rows of a condition are missing."""
    names = ", ".join(likelihood.condition)
    return f"this model is conditional on {names}: pass rows with these columns as condition=x"


class Terms:
    """Methods of `kvae.VAE` on tensors of one batch, which a subclass may override.

    Training, `evaluate`, `elbo`, `elbo_terms`, `log_prob` and anomaly scores use these methods, so that an
    override changes all of them alike. The networks' outputs are cast to the model's own precision. `training` is
    whether layers such as dropout and batch normalization are in training mode; an override need not take it,
    because layers get the mode anyway.
    """

    # Attributes that a VAE has.
    encoder: Any
    decoder: Any
    likelihood: Any
    sampling: Any
    evaluation_sampling: Any
    n_samples: int
    data_shape: tuple[int, ...]
    latent_dim: int
    compute_dtype: Any

    def posterior(self, x: Tensor, training: bool | None = None) -> tuple[Tensor, Tensor]:
        """`z_mean` and `z_log_var` of a batch; the latter within the bounds of `kvae.layers.bounded_log_var`."""
        z_mean, z_log_var = self.encoder(x, **training_keyword(training))
        z_log_var = bounded_log_var(ops.cast(z_log_var, self.compute_dtype))
        return ops.cast(z_mean, self.compute_dtype), z_log_var

    def decoded(self, z: Tensor, training: bool | None = None) -> Tensor:
        """The likelihood's parameters for a batch of codes; a conditional VAE takes codes from `told`.

        Raises:
            ValueError: For codes alone, if the decoder takes a condition as well.
        """
        if self.likelihood.given and z.shape[-1] == self.latent_dim:
            raise ValueError(condition_missing(self.likelihood))
        return ops.cast(self.decoder(z, **training_keyword(training)), self.compute_dtype)

    def told(self, z: Tensor, x: Tensor) -> Tensor:
        """Codes `(..., batch, latent_dim)`, followed by the condition's values in rows `x` if there is one."""
        if not self.likelihood.given:
            return z
        known = ops.take(x, self.likelihood.given, axis=-1)
        known = ops.broadcast_to(known, (*ops.shape(z)[:-1], len(self.likelihood.given)))
        return ops.concatenate([z, ops.cast(known, z.dtype)], axis=-1)

    def with_given(self, x_hat: Tensor, x: Tensor) -> Tensor:
        """`x_hat` with the values of `x` in place of those of the condition."""
        if not self.likelihood.given:
            return x_hat
        is_given = np.isin(np.arange(x_hat.shape[-1]), self.likelihood.given)
        return ops.where(ops.convert_to_tensor(is_given), x, x_hat)

    def log_likelihood(self, x: Tensor, z: Tensor, training: bool | None = None) -> Tensor:
        """Log-density of `x` `(batch, *data_shape)` under codes `(n_samples, batch, latent_dim)`, in nats."""
        return self.likelihood.log_prob(x, self._decoded_draws(x, z, training))

    def _decoded_draws(self, x: Tensor, z: Tensor, training: bool | None) -> Tensor:
        """The likelihood's parameters, `(n_samples, batch, *param_shape)`, of codes of rows `x`."""
        n_samples, batch = ops.shape(z)[0], ops.shape(z)[1]
        z = self.told(z, x)
        params = with_training(self.decoded, training)(ops.reshape(z, (-1, z.shape[-1])))
        return ops.reshape(params, (n_samples, batch, *ops.shape(params)[1:]))

    def _log_likelihood_of_draws(self, x: Tensor, z: Tensor) -> Tensor:
        """`log_likelihood` of many draws in inference mode, which a likelihood may compute faster."""
        if type(self).log_likelihood is not Terms.log_likelihood:
            return with_training(self.log_likelihood, False)(x, z)
        return self.likelihood.log_prob_of_draws(x, self._decoded_draws(x, z, False))

    def terms(self, inputs: Any, training: bool = True) -> tuple[Tensor, Tensor]:
        """`reconstruction` `(batch,)` and the KL per dimension `(batch, latent_dim)` of a batch, in nats.

        `inputs` are those of `kvae.VAE.compute_loss`. Draws `n_samples` codes per observation, or as many as
        `eps` in `inputs` has noise for.
        """
        x, prior_mu, prior_cov, eps = self._unpack(inputs)
        z_mean, z_log_var = with_training(self.posterior, training)(x)
        sampling = self.sampling if training else self.evaluation_sampling
        z = sampling(z_mean, z_log_var, n_samples=self.n_samples, eps=eps)
        reconstruction = -ops.mean(with_training(self.log_likelihood, training)(x, z), axis=0)
        return reconstruction, objective.gaussian_kl_per_dim(z_mean, z_log_var, prior_mu, prior_cov)

    def iwae_terms(self, inputs: Any, KL_param: Tensor) -> tuple[Tensor, Tensor]:
        """As `terms` in training, for the importance-weighted bound (`kvae.objective.iwae_reconstruction`)."""
        x, prior_mu, prior_cov, eps = self._unpack(inputs)
        z_mean, z_log_var = with_training(self.posterior, True)(x)
        z = self.sampling(z_mean, z_log_var, n_samples=self.n_samples, eps=eps)
        log_p = with_training(self.log_likelihood, True)(x, z)
        weights = objective.importance_log_weights(log_p, z, z_mean, z_log_var, prior_mu, prior_cov)
        kl_per_dim = objective.gaussian_kl_per_dim(z_mean, z_log_var, prior_mu, prior_cov)
        kl = ops.sum(kl_per_dim, axis=-1)
        return objective.iwae_reconstruction(log_p, weights, kl, KL_param), kl_per_dim

    def log_weights(self, inputs: dict[str, Tensor], posterior: tuple[Tensor, Tensor] | None = None) -> Tensor:
        """Importance log-weights of the draws in `eps`, `(n_samples, batch)`, in nats (`kvae.objective`).

        `posterior` is that of `x` in `inputs`, if it is known. If a subclass overrides `terms`, the log-weight of
        every draw is lower by as much as its terms are larger.
        """
        x, prior_mu, prior_cov, eps = self._unpack(inputs)
        z_mean, z_log_var = posterior or with_training(self.posterior, False)(x)
        z = self.evaluation_sampling(z_mean, z_log_var, eps=eps)
        log_p = self._log_likelihood_of_draws(x, z)
        weights = objective.importance_log_weights(log_p, z, z_mean, z_log_var, prior_mu, prior_cov)
        if type(self).terms is Terms.terms:
            return weights
        return weights + ops.reshape(self._of_every_draw(inputs), ops.shape(weights))

    def _of_every_draw(self, inputs: dict[str, Tensor]) -> Tensor:
        """The sum of `Terms.terms` less that of the model's own `terms`, with every draw as a row of one draw."""
        n_samples = inputs["eps"].shape[0]
        rows = {name: ops.concatenate([inputs[name]] * n_samples) for name in inputs if name != "eps"}
        rows["eps"] = ops.reshape(inputs["eps"], (1, -1, self.latent_dim))
        usual, own = Terms.terms(self, rows, False), self.terms(rows, False)
        return usual[0] - own[0] + ops.sum(usual[1], axis=-1) - ops.sum(own[1], axis=-1)

    def _unpack(self, inputs: Any) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
        return unpack_inputs(inputs, self.latent_dim, self.compute_dtype)
