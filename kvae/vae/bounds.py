"""The evidence lower bound of observations and its terms, in nats."""

from typing import Any

import numpy as np
from keras import ops

from kvae.data.stored import Rows
from kvae.objective import elbo
from kvae.options.arguments import check_count
from kvae.vae.drawing import drawing
from kvae.vae.in_batches import InBatches

# Decoded rows that a batch with several draws may hold at once.
ROWS_AT_ONCE = 8192


class Bounds(InBatches):
    """Methods of `kvae.VAE` that give the ELBO; arguments are those of `kvae.vae.inference.Inference`."""

    def elbo(
        self,
        x: Rows,
        prior_mu: np.ndarray | None = None,
        n_samples: int | None = 1,
        seed: int = 0,
        batch_size: int = 1024,
        prior_cov: np.ndarray | None = None,
    ) -> np.ndarray:
        """Evidence lower bound of every observation in nats, `(n,)` (Kingma and Welling 2014, equation 3).

        `-(reconstruction + kl)` of `elbo_terms`, with the same arguments; with `n_samples=None` it is not a bound.
        """
        reconstruction, kl = self.elbo_terms(x, prior_mu, n_samples, seed, batch_size, prior_cov)
        return elbo(reconstruction, kl)

    @drawing
    def elbo_terms(
        self,
        x: Rows,
        prior_mu: np.ndarray | None = None,
        n_samples: int | None = 1,
        seed: int = 0,
        batch_size: int = 1024,
        prior_cov: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """`reconstruction` and `kl` of every observation in nats, each `(n,)`.

        -E_q[log p(x|z)], estimated with `n_samples` draws from `seed`, and KL(q(z|x) || N(prior_mu, prior_cov));
        without `prior_cov` the covariance is the identity. `KL_param` and schedules do not count. With
        `n_samples=None` the reconstruction is -log p(x|z) at the posterior mean z, and nothing is drawn.

        Raises:
            ValueError: For `n_samples` that is neither None nor an integer >= 1, or arrays of another shape.
        """
        x = self._check_x(x)
        if n_samples is not None:
            check_count("n_samples", n_samples)
            batch_size = min(batch_size, max(1, ROWS_AT_ONCE // n_samples))
            self._restart_noise(seed)
        prior = self._check_prior(prior_mu, prior_cov, len(x))
        terms = self._in_batches(self._elbo_terms, (x, *prior), batch_size, n_samples=n_samples)
        return terms[0], terms[1]

    # The functions that are compiled: tensors of one batch in, tensors out.

    def _elbo_terms(self, x, prior_mu, prior_cov=None, *, n_samples):
        eps = self._noise(x, n_samples)
        reconstruction, kl_per_dim = self.terms(as_inputs(x, prior_mu, prior_cov, eps), False)
        return reconstruction, ops.sum(kl_per_dim, axis=-1)

    def _noise(self, x, n_samples):
        """Noise of `n_samples` draws per row; None: zeros, which give the posterior mean."""
        if n_samples is None:
            return ops.zeros((1, ops.shape(x)[0], self.latent_dim))
        return self.evaluation_sampling.draw((n_samples, ops.shape(x)[0], self.latent_dim))


def as_inputs(x: Any, prior_mu: Any, prior_cov: Any, eps: Any) -> dict[str, Any]:
    """The inputs of `kvae.VAE.terms`, without those that are None."""
    inputs = {"x": x, "prior_mu": prior_mu, "prior_cov": prior_cov, "eps": eps}
    return {name: values for name, values in inputs.items() if values is not None}
