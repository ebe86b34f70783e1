"""A VAE as encoder and decoder of archives need it: all numbers in coding are the same on every machine."""

import hashlib
import inspect
import json
import math
from typing import Any

import keras
import numpy as np

import kvae
from kvae.exact.array import Exact
from kvae.exact.network import ExactNetwork
from kvae.uses.compression.gaussians import PER_OCTAVE, Gaussians, gaussians, sd_index
from kvae.uses.compression.values import MOST_VALUES, ValueCoder, value_coder
from kvae.vae.terms import Terms

# Raised with every change after which the same rows give other bytes.
CODER_VERSION = 1
# Most rows, and most numbers of the decoder's output, that are computed at once: few enough for 64 MiB.
MOST_ROWS, MOST_NUMBERS = 512, 2**22
# A code is a multiple of 2^-e for an e in this range.
COARSEST, FINEST = 1, 14
# Share of the posteriors, among those from which a step is chosen, that may be narrower than the step.
NARROWER = 0.01
# Means are clipped to 2^FARTHEST, half of what exact networks take, and standard deviations to 2^WIDEST.
FARTHEST, WIDEST = 11, 8
LOG_2 = 0.6931471805599453


class CodingModel:
    """The exact networks of a VAE, its likelihood, and a fingerprint that identifies them.

    Draws nothing.

    Attributes:
        fingerprint: 32 hexadecimal digits: of both exact networks, of the likelihood with its arguments, and of
            the coder's version. The same on every machine.
        data_shape: Shape of an observation.
        latent_dim: Length of a code.
        likelihood: The likelihood p(x|z).

    Args:
        vae: A learnt `kvae.VAE`.

    Raises:
        ValueError: For a continuous likelihood, a layer without an exact counterpart, or a VAE whose class
            overrides `posterior` or `decoded`.
    """

    def __init__(self, vae: kvae.VAE):
        self.data_shape, self.latent_dim, self.likelihood = vae.data_shape, vae.latent_dim, vae.likelihood
        for name in ("posterior", "decoded"):
            if getattr(type(vae), name) is not getattr(Terms, name):
                raise ValueError(
                    f"coding uses the networks directly: a VAE class that overrides `{name}` cannot be used. "
                    f"Received: {type(vae).__name__}"
                )
        self.first, second = (float(value) for value in self.likelihood.values(2)[:2])
        self.step = second - self.first
        self.encoder, self.decoder = ExactNetwork(vae.encoder), ExactNetwork(vae.decoder)
        self.fingerprint = self._fingerprint()
        self.rows_at_once = max(1, min(MOST_ROWS, MOST_NUMBERS // math.prod(vae.decoder.output_shape[1:])))
        self._coders: dict[int, ValueCoder] = {}

    def _fingerprint(self) -> str:
        about = [CODER_VERSION, type(self.likelihood).__name__, arguments(self.likelihood)]
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
        for network in (self.encoder, self.decoder):
            digest.update(network.digest())
        for weight in self.likelihood.get_weights():
            digest.update(np.asarray(weight, "<f8").tobytes())
        return digest.hexdigest()[:32]

    def precision(self, levels: np.ndarray) -> tuple[int, ...]:
        """Precision of codes: exponents e_d of all dimensions d, whose codes are multiples of the step 2^-e_d.

        A step is at most the standard deviation of nearly all posteriors of the given rows. Any choice gives a
        valid code; this one costs a negligible number of bits.

        Args:
            levels: Some rows, `(n, *data_shape)`, each value an index into `likelihood.values()`.
        """
        if not len(levels):
            return (COARSEST,) * self.latent_dim
        log_var = np.concatenate([self._posterior(levels[rows])[1] for rows in self.parts(len(levels))])
        octaves = np.quantile(log_var, NARROWER, axis=0, method="lower") / (2 * LOG_2)
        return tuple(int(e) for e in np.clip(np.ceil(-octaves), COARSEST, FINEST))

    def parts(self, n: int) -> list[slice]:
        """Slices of `n` rows that fit in memory."""
        return [slice(start, min(start + self.rows_at_once, n)) for start in range(0, n, self.rows_at_once)]

    def _posterior(self, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x = Exact(self.first + self.step * levels.astype(np.float64))
        mean, log_var = self.encoder(x)
        return np.asarray(mean), np.asarray(log_var)

    def posterior(self, levels: np.ndarray, precision: np.ndarray) -> Gaussians:
        """Posteriors of levels `(n, *data_shape)` on the grid of codes, `(n, latent_dim)`."""
        mean, log_var = self._posterior(levels)
        return on_grid(np.ldexp(mean, precision), sd_index(log_var, precision), precision)

    def params(self, points: np.ndarray, precision: np.ndarray) -> Exact:
        """The decoder's output for codes `(n, latent_dim)`, in steps of 2^-precision."""
        return self.decoder(Exact(np.ldexp(points.astype(np.float64), -precision)))[0]

    def coder(self, n_values: int | None) -> ValueCoder:
        """The coder of the first `n_values` values of the likelihood; None: of all, if it has a largest one.

        Raises:
            ValueError: For fewer than 2 or more than 2^16 values.
        """
        n_values = len(self.likelihood.values()) if n_values is None else n_values
        if not 2 <= n_values <= MOST_VALUES:
            raise ValueError(f"values of 2 to {MOST_VALUES} levels can be coded. Received: {n_values} levels")
        if n_values not in self._coders:
            self._coders = {n_values: value_coder(self.likelihood, self.data_shape, n_values)}
        return self._coders[n_values]

    @property
    def n_values(self) -> int | None:
        """Number of values of the likelihood; None without a largest one."""
        support = self.likelihood.support
        return None if support.step and support.highest == np.inf else len(self.likelihood.values())


def on_grid(mean: np.ndarray, index: np.ndarray, precision: np.ndarray) -> Gaussians:
    """Gaussians from means in steps and standard deviations in 16ths of an octave, clipped to their ranges."""
    farthest = np.ldexp(1.0, FARTHEST + precision)
    return gaussians(np.clip(mean, -farthest, farthest), np.minimum(index, PER_OCTAVE * (WIDEST + precision)))


def arguments(likelihood: Any) -> dict[str, Any]:
    """The arguments of a likelihood's constructor, without Keras's own, such as its name."""
    of_keras = inspect.signature(keras.layers.Layer.__init__).parameters
    return {name: value for name, value in likelihood.get_config().items() if name not in of_keras}
