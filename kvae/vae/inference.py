"""What people do with a VAE: encode, decode, generate, score. NumPy in, NumPy out, batched inside."""

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from kvae.data.batches.streams import is_stream
from kvae.data.observations import as_observations
from kvae.data.stored import Rows
from kvae.networks.forward import in_mode, told
from kvae.networks.rowwise import rows_apart
from kvae.options.arguments import check_count, check_seed
from kvae.training import compiling
from kvae.vae.message import as_message

# Decoded rows that a batch with several draws, or a chunk of importance samples, may hold at once.
ROWS_AT_ONCE = 8192
# What is made of a code: the mean of p(x|z), or a draw from it.
DRAWS = ("mean", "sample")


class Inference:
    """Methods of `kvae.VAE` for arrays of any length, computed in batches of a bounded size.

    Observations `x` have shape `(n, *data_shape)` and need no scaling beyond what the model learnt on.
    Messages `prior_mu` have shape `(n, latent_dim)`; None means 0. Methods that draw take a `seed`; those with
    a default of 0 give the same numbers every time, those with None go on from the last draw.
    """

    # What a VAE brings.
    encoder: Any
    decoder: Any
    likelihood: Any
    posterior: Callable[..., Any]
    decoded: Callable[..., Any]
    terms: Callable[..., Any]
    log_weights: Callable[..., Any]
    evaluation_sampling: Any
    data_shape: tuple[int, ...]
    columns: tuple[Any, ...] | None
    latent_dim: int
    jit_compile: bool

    def encode(self, x: Rows, batch_size: int = 1024) -> tuple[np.ndarray, np.ndarray]:
        """Posterior of every observation: `z_mean` and `z_log_var`, each `(n, latent_dim)`. Draws nothing."""
        z_mean, z_log_var = self._in_batches(self.posterior, (self._check_x(x),), batch_size)
        return z_mean, z_log_var

    def decode(self, z: np.ndarray, batch_size: int = 1024) -> np.ndarray:
        """Mean of p(x|z), `(n, *data_shape)`, of codes `(n, latent_dim)`. Draws nothing."""
        z = as_observations("z", z, (self.latent_dim,))
        return self._in_batches(self._decoded_mean, (z,), batch_size)[0]

    def reconstruct(self, x: Rows, batch_size: int = 1024) -> np.ndarray:
        """Mean of p(x|z) at the posterior mean z of every `x`, `(n, *data_shape)`. Draws nothing."""
        return self._in_batches(self._reconstructed_mean, (self._check_x(x),), batch_size)[0]

    def sample_posterior(self, x: np.ndarray, seed: int | None = None, batch_size: int = 1024) -> np.ndarray:
        """One draw z ~ q(z|x) per observation, `(n, latent_dim)`."""
        self._restart_noise(seed)
        return self._in_batches(self._sampled_code, (self._check_x(x),), batch_size)[0]

    def sample_likelihood(self, z: np.ndarray, seed: int | None = None, batch_size: int = 1024) -> np.ndarray:
        """One draw x ~ p(x|z) per code of `z` `(n, latent_dim)`, `(n, *data_shape)`.

        Raises:
            ValueError: For a likelihood of your own that has no `sample`.
        """
        z = as_observations("z", z, (self.latent_dim,))
        if not self.likelihood.draws:
            raise ValueError(
                f"{type(self.likelihood).__name__} draws nothing: give it a method sample(params, rng), or take "
                "the mean"
            )
        self._restart_noise(seed)
        rng = np.random.default_rng(ops.convert_to_numpy(self.evaluation_sampling.seed_generator.next()))
        x = np.empty((len(z), *self.data_shape), keras.config.floatx())
        for start in range(0, len(z), batch_size):
            params = self._in_batches(self._decoded_params, (z[start : start + batch_size],), batch_size)[0]
            x[start : start + batch_size] = self.likelihood.sample(params, rng)
        return x

    def generate(
        self,
        n: int,
        prior_mu: np.ndarray | None = None,
        seed: int | None = None,
        batch_size: int = 1024,
        draw: str = "mean",
    ) -> np.ndarray:
        """Mean of p(x|z), or a draw from it, for `n` draws z ~ N(prior_mu, I), `(n, *data_shape)`.

        Args:
            n: How many.
            prior_mu: `(n, latent_dim)`; None: 0.
            seed: Source of the draws; one seed gives the same codes whatever `draw` is.
            batch_size: Codes that are decoded at once.
            draw: `mean`, or `sample`: with the noise of the likelihood.

        Raises:
            ValueError: When `n` is no integer >= 1, `prior_mu` is not `(n, latent_dim)`, or `draw` is neither.
        """
        check_count("n", n)
        check_draw(draw)
        self._restart_noise(seed)
        prior_mu = self._check_prior_mu(prior_mu, n)
        if draw == "sample":
            z = self._in_batches(self._generated_code, (prior_mu,), batch_size)[0]
            return self.sample_likelihood(z, None, batch_size)
        return self._in_batches(self._generated_mean, (prior_mu,), batch_size)[0]

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
        return -(reconstruction + kl)

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

    def _decoded_mean(self, z):
        return self.likelihood.mean(told(self.decoded, False)(z))

    def _reconstructed_mean(self, x):
        return self._decoded_mean(told(self.posterior, False)(x)[0])

    def _sampled_code(self, x):
        return self.evaluation_sampling(*told(self.posterior, False)(x))

    def _decoded_params(self, z):
        return told(self.decoded, False)(z)

    def _generated_code(self, prior_mu):
        return self.evaluation_sampling(prior_mu, ops.zeros_like(prior_mu))

    def _generated_mean(self, prior_mu):
        return self._decoded_mean(self._generated_code(prior_mu))

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

    def _in_batches(
        self, function: Callable, arrays: tuple[Rows, ...], batch_size: int, **static: int | None
    ) -> tuple[np.ndarray, ...]:
        """`function` of all rows of `arrays`, as NumPy arrays with a row per row."""
        check_count("batch_size", batch_size)
        call = self._compiled_function(function, **static)
        n = len(arrays[0])
        results: list[np.ndarray] = []
        padding = rows_apart(self.encoder, self.decoder, training=False)
        for rows, batch in padded_batches(arrays, batch_size, padding):
            outputs = call(*batch)
            outputs = outputs if isinstance(outputs, list | tuple) else (outputs,)
            outputs = [ops.convert_to_numpy(output)[: rows.stop - rows.start] for output in outputs]
            results = results or [np.empty((n, *output.shape[1:]), output.dtype) for output in outputs]
            for result, output in zip(results, outputs, strict=True):
                result[rows] = output
        return tuple(results)

    def _compiled_function(self, function: Callable, **static: int | None) -> Callable:
        """`function` compiled, kept for the next call."""
        cache = self.__dict__.setdefault("_inference_functions", {})
        name = getattr(function, "__name__", function.__class__.__name__)
        key = (name, self.jit_compile, *static.items())
        if key not in cache:
            inferring = in_mode(functools.partial(function, **static), training=False)
            cache[key] = compiling.compiled(inferring, bool(self.jit_compile))
        return cache[key]

    def _restart_noise(self, seed: int | None) -> None:
        check_seed(seed)
        if seed is not None:
            self.evaluation_sampling.reset(seed)

    def _check_x(self, x: Rows) -> Any:
        if is_stream(x):
            raise ValueError(
                "`x` must be an array here: of a data set, vae.predict(dataset) gives z_mean, z_log_var and "
                f"x_hat. Received: {type(x).__name__}"
            )
        return as_observations("x", x, self.data_shape, self.likelihood.support, self.columns)

    def _check_prior_mu(self, prior_mu: np.ndarray | None, n: int) -> np.ndarray:
        if prior_mu is None:
            return np.zeros((n, self.latent_dim), keras.config.floatx())
        return as_message(prior_mu, None, n, self.latent_dim)["prior_mu"]

    def _check_prior(
        self, prior_mu: np.ndarray | None, prior_cov: np.ndarray | None, n: int
    ) -> tuple[np.ndarray, ...]:
        prior_mu = self._check_prior_mu(prior_mu, n)
        return prior_mu, *as_message(None, prior_cov, n, self.latent_dim).values()


def check_draw(draw: str) -> None:
    """Raise ValueError unless `draw` is `mean` or `sample`."""
    if draw not in DRAWS:
        raise ValueError(f"`draw` must be one of {', '.join(DRAWS)}. Received: draw={draw!r}")


def as_inputs(x: Any, prior_mu: Any, prior_cov: Any, eps: Any) -> dict[str, Any]:
    """What `kvae.VAE.terms` takes."""
    inputs = {"x": x, "prior_mu": prior_mu, "prior_cov": prior_cov, "eps": eps}
    return {name: values for name, values in inputs.items() if values is not None}


def padded_batches(
    arrays: tuple[Rows, ...], batch_size: int, padding: bool = True
) -> Iterator[tuple[slice, list[np.ndarray]]]:
    """Consecutive batches as floats, the last one padded by its last row, each with the rows it stands for.

    Batches of one length need one compilation; short data is padded to a power of two for the same reason. Without
    `padding` the last one is a short one.
    """
    n = len(arrays[0])
    batch_size = min(batch_size, 1 << (n - 1).bit_length())
    for start in range(0, n, batch_size):
        rows = slice(start, min(start + batch_size, n))
        missing = batch_size - (rows.stop - start) if padding else 0
        batch = [np.asarray(array[rows], keras.config.floatx()) for array in arrays]
        if missing:
            batch = [np.concatenate([part, np.repeat(part[-1:], missing, axis=0)]) for part in batch]
        yield rows, batch
