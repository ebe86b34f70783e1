"""The log-likelihood of observations by importance sampling: many draws, decoded in one compiled loop."""

import math
from typing import Any

import numpy as np
from keras import ops

from kvae.data.stored import Rows
from kvae.networks.forward import with_training
from kvae.options.arguments import check_at_least, check_count
from kvae.training import compiling
from kvae.training.loops import repeated
from kvae.vae.bounds import Bounds, as_inputs
from kvae.vae.drawing import drawing
from kvae.vae.in_batches import padded_length

Tensor = Any

# Decoded rows that the loop holds at once: few enough to stay in a processor's caches, enough for fast products;
# a GPU wants more of them.
ROWS_AT_ONCE = 1024
ROWS_AT_ONCE_ON_GPU = 16_384
# The draws per row among them, if a row has as many: its values are then read from memory once for several draws.
DRAWS_AT_ONCE = 8
# The fewest draws of a row in `draws_needed`.
FEWEST_DRAWS = 16


class Importance(Bounds):
    """Methods of `kvae.VAE` that estimate log p(x); arguments are those of `kvae.vae.inference.Inference`."""

    def log_prob(
        self,
        x: Rows,
        n_samples: int | np.ndarray = 200,
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

    @drawing
    def importance_sampled(
        self,
        x: Rows,
        n_samples: int | np.ndarray = 200,
        prior_mu: np.ndarray | None = None,
        seed: int | None = 0,
        batch_size: int = 1024,
        prior_cov: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """`log_prob` of every observation, and its effective number of samples, each `(n,)`.

        The effective number of samples, (sum w)^2 / sum w^2 of the importance weights w (Kong 1992), lies between
        1 and `n_samples`; where it is small the bound is still loose. `n_samples` may be an array `(n,)` of
        integers, one for every observation, as `draws_needed` returns it. A batch takes as long as its row with
        the most draws, so sort the rows by them. Draws from `seed`; None continues from the last draw.
        """
        x = self._check_x(x)
        draws = as_counts("n_samples", n_samples, len(x))
        prior = self._check_prior(prior_mu, prior_cov, len(x))
        self._restart_noise(seed)
        largest, total, squares = self._sums_of_weights(x, prior, draws, batch_size)
        with np.errstate(divide="ignore", invalid="ignore"):
            return largest + np.log(total) - np.log(draws), total**2 / squares

    @drawing
    def draws_needed(
        self,
        x: Rows,
        tolerance: float,
        n_samples: int = 200,
        prior_mu: np.ndarray | None = None,
        seed: int | None = 0,
        batch_size: int = 1024,
        prior_cov: np.ndarray | None = None,
    ) -> np.ndarray:
        """Importance samples after which log p(x) of every observation has settled to `tolerance` nats, `(n,)`.

        From 16 to `n_samples`: as many as bring the standard error of the estimate down to `tolerance`. The
        variance of the weights is estimated from `first_draws(n_samples)` extra draws, which the estimate of p(x)
        must not use again: so an estimate with the returned number of draws has the expectation p(x), and its
        logarithm is a lower bound in expectation, as with a fixed number. Draws from `seed`; None continues from
        the last draw.

        Raises:
            ValueError: For a `tolerance` that is not a number > 0, and as `importance_sampled` does.
        """
        check_at_least("tolerance", tolerance, above=True)
        check_count("n_samples", n_samples)
        x = self._check_x(x)
        prior = self._check_prior(prior_mu, prior_cov, len(x))
        self._restart_noise(seed)
        if n_samples <= FEWEST_DRAWS:
            return np.full(len(x), n_samples)
        first = first_draws(n_samples)
        batch_size = min(batch_size, max(1, rows_at_once() // first))
        weights = self._in_batches(self._some_log_weights, (x, *prior), batch_size, n_samples=first)[0]
        needed = relative_variance(weights.astype(np.float64)) / tolerance**2
        needed = np.where(np.isnan(needed), n_samples, needed)
        return np.clip(np.ceil(needed), FEWEST_DRAWS, n_samples).astype(int)

    def _sums_of_weights(
        self, x: Any, prior: tuple[np.ndarray, ...], draws: np.ndarray, batch_size: int
    ) -> tuple[np.ndarray, ...]:
        """The largest log-weight of every row, and the sums of all weights and their squares over it, in float64.

        Every batch takes as many draws as its row with the most draws.
        """
        most = int(np.max(draws))
        batch_size = min(batch_size, max(1, rows_at_once() // min(DRAWS_AT_ONCE, most)))
        chunk = max(1, rows_at_once() // min(batch_size, padded_length(len(x))))
        if np.all(draws == most):
            chunk = math.ceil(most / math.ceil(most / chunk))  # chunks of one length, with little to spare
        sums = self._in_batches(self._log_weight_sums, (x, draws, *prior), batch_size, chunk=chunk)
        return tuple(one.astype(np.float64) for one in sums)

    # The functions that are compiled: tensors of one batch in, tensors out.

    def _some_log_weights(self, x, prior_mu, prior_cov=None, *, n_samples):
        inputs = as_inputs(x, prior_mu, prior_cov, self._noise(x, n_samples))
        return ops.transpose(self.log_weights(inputs))

    def _log_weight_sums(self, x, draws, prior_mu, prior_cov=None, *, chunk):
        """Each `(batch,)`, of as many draws as `draws` `(batch,)` says, `chunk` at a time."""
        posterior = with_training(self.posterior, False)(x)
        algorithm = "threefry" if compiling.compiles(self.jit_compile) else "philox"
        order = ops.arange(chunk, dtype="int32")[:, None]
        draws = ops.cast(draws, "int32")

        def add_chunk(number: Tensor, largest: Tensor, total: Tensor, squares: Tensor) -> tuple[Tensor, ...]:
            noise = self.evaluation_sampling.draw((chunk, *ops.shape(posterior[0])), algorithm=algorithm)
            inputs = as_inputs(x, prior_mu, prior_cov, noise)
            weights = self.log_weights(inputs, posterior)
            weights = ops.where(number * chunk + order < draws, weights, -math.inf)
            above = ops.maximum(largest, ops.max(weights, axis=0))
            level = ops.where(ops.isfinite(above), above, 0.0)  # so that infinities stay, and do not become NaN
            scale, weights = ops.exp(largest - level), ops.exp(weights - level)
            total = total * scale + ops.sum(weights, axis=0)
            return above, total, squares * ops.square(scale) + ops.sum(ops.square(weights), axis=0)

        zeros = ops.zeros_like(posterior[0][:, 0])
        chunks = (ops.max(draws) + chunk - 1) // chunk
        return repeated(add_chunk, chunks, (zeros - math.inf, zeros, zeros))


def rows_at_once() -> int:
    """Decoded rows that are held at once on this machine."""
    return ROWS_AT_ONCE_ON_GPU if compiling.on_gpu() else ROWS_AT_ONCE


def first_draws(n_samples: int) -> int:
    """How many extra draws, beside at most `n_samples` of the estimate, `draws_needed` takes per observation."""
    return min(max(n_samples // 10, FEWEST_DRAWS), 64) if n_samples > FEWEST_DRAWS else 0


def relative_variance(log_weights: np.ndarray) -> np.ndarray:
    """The variance of weights over the square of their mean, `(n,)`, from few log-weights `(n, n_draws)`.

    The larger of two estimates: that of the weights themselves, which misses rare large weights where weights
    spread widely, and exp(s^2) - 1 with the variance s^2 of their logarithms, exact for log-normal weights.
    """
    n_draws = log_weights.shape[-1]
    unbiased = n_draws / (n_draws - 1)
    with np.errstate(invalid="ignore", over="ignore"):
        weights = np.exp(log_weights - log_weights.max(axis=-1, keepdims=True))
        seen = unbiased * weights.var(axis=-1) / weights.mean(axis=-1) ** 2
        return np.maximum(seen, np.expm1(unbiased * log_weights.var(axis=-1)))


def as_counts(name: str, counts: int | np.ndarray, n: int) -> np.ndarray:
    """A count for each of `n` rows, from one for all of them or an array.

    Raises:
        ValueError: For anything but integers >= 1.
    """
    if not isinstance(counts, np.ndarray):
        check_count(name, counts)
        return np.full(n, counts)
    if counts.shape != (n,) or counts.dtype.kind not in "iu" or np.any(counts < 1):
        smallest = counts.min() if counts.size else "none"
        raise ValueError(
            f"`{name}` must be an integer >= 1, or an array of {n} of them. "
            f"Received: {name} of shape {counts.shape}, {counts.dtype}, smallest {smallest}"
        )
    return counts
