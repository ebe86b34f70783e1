"""How probable a VAE holds observations: the evidence lower bound, its terms, and log p(x), in nats."""

import math
from typing import Any

import numpy as np
from keras import ops

from kvae.data.stored import Rows
from kvae.objective import elbo
from kvae.options.arguments import check_count
from kvae.vae.in_batches import InBatches

# Decoded rows that a batch with several draws, or a chunk of importance samples, may hold at once.
ROWS_AT_ONCE = 8192


class Bounds(InBatches):
    """Methods of `kvae.VAE` that estimate likelihoods; arguments are those of `kvae.vae.inference.Inference`."""

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

        `-(reconstruction + kl)` of `elbo_terms`, whose arguments it takes; a bound only where codes are drawn.
        """
        reconstruction, kl = self.elbo_terms(x, prior_mu, n_samples, seed, batch_size, prior_cov)
        return elbo(reconstruction, kl)

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

        -E_q[log p(x|z)], estimated with `n_samples` draws from `seed`, and KL(q(z|x) || N(prior_mu, prior_cov)),
        the identity unless `prior_cov` says otherwise; `KL_param` and schedules play no part. With
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

    def log_prob(
        self,
        x: Rows,
        n_samples: int = 200,
        prior_mu: np.ndarray | None = None,
        seed: int = 0,
        batch_size: int = 1024,
        prior_cov: np.ndarray | None = None,
    ) -> np.ndarray:
        """Estimate log p(x) of every observation in nats, `(n,)`, by importance sampling with `n_samples` draws.

        The posterior is the proposal (Burda et al. 2016, equation 8); the estimate is a lower bound in
        expectation and tightens with `n_samples`. Draws from `seed`. Samples are taken in chunks, so that
        memory does not grow with `n_samples`.
        """
        return self.importance_sampled(x, n_samples, prior_mu, seed, batch_size, prior_cov)[0]

    def importance_sampled(
        self,
        x: Rows,
        n_samples: int = 200,
        prior_mu: np.ndarray | None = None,
        seed: int | None = 0,
        batch_size: int = 1024,
        prior_cov: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """`log_prob` of every observation, and how many of its draws count, each `(n,)`.

        The effective number of samples, (sum w)^2 / sum w^2 of the importance weights w (Kong 1992), lies between
        1 and `n_samples`; where it is small the bound is still loose. Draws from `seed`; None goes on.
        """
        x = self._check_x(x)
        check_count("n_samples", n_samples)
        prior = self._check_prior(prior_mu, prior_cov, len(x))
        self._restart_noise(seed)
        per_chunk = max(1, min(n_samples, ROWS_AT_ONCE // min(batch_size, len(x))))
        counts = [per_chunk] * (n_samples // per_chunk)
        if n_samples % per_chunk:
            counts.append(n_samples % per_chunk)
        total = np.full((2, len(x)), -np.inf)
        for count in counts:
            chunk = self._in_batches(self._log_sums_of_weights, (x, *prior), batch_size, n_samples=count)
            total = np.logaddexp(total, np.asarray(chunk, np.float64))
        return total[0] - math.log(n_samples), np.exp(2 * total[0] - total[1])

    # The functions that are compiled: tensors of one batch in, tensors out.

    def _elbo_terms(self, x, prior_mu, prior_cov=None, *, n_samples):
        eps = self._noise(x, n_samples)
        reconstruction, kl_per_dim = self.terms(as_inputs(x, prior_mu, prior_cov, eps), False)
        return reconstruction, ops.sum(kl_per_dim, axis=-1)

    def _log_sums_of_weights(self, x, prior_mu, prior_cov=None, *, n_samples):
        weights = self.log_weights(as_inputs(x, prior_mu, prior_cov, self._noise(x, n_samples)))
        return ops.logsumexp(weights, axis=0), ops.logsumexp(2.0 * weights, axis=0)

    def _noise(self, x, n_samples):
        """Noise of `n_samples` draws per row; None: that of the posterior mean."""
        if n_samples is None:
            return ops.zeros((1, ops.shape(x)[0], self.latent_dim))
        return self.evaluation_sampling.draw((n_samples, ops.shape(x)[0], self.latent_dim))


def as_inputs(x: Any, prior_mu: Any, prior_cov: Any, eps: Any) -> dict[str, Any]:
    """What `kvae.VAE.terms` takes."""
    inputs = {"x": x, "prior_mu": prior_mu, "prior_cov": prior_cov, "eps": eps}
    return {name: values for name, values in inputs.items() if values is not None}
