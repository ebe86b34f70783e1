"""One pass over the rows: posteriors, messages, and errors of the reconstructions."""

from dataclasses import dataclass, field

import numpy as np
from keras import ops

from kvae import objective
from kvae.data import Part
from kvae.data.pieces import pieces
from kvae.data.stored import Rows
from kvae.metrics import Spread, information, mse, psnr, ssim
from kvae.modules import Gaussian
from kvae.modules.vae_losses import Losses
from kvae.plots import is_image
from kvae.uses.opened import Opened

# At most so many codes are kept in memory: for the aggregate posterior, the probes and the map.
KEPT = 10_000


@dataclass
class Encoded:
    """The results of one pass over `n` rows.

    Attributes:
        rows: Indices of the rows whose codes are kept: all, or `KEPT` of them, evenly spread.
        z_mean, z_log_var: Their posteriors, `(len(rows), latent_dim)`.
        messages: The prior of every one of the `n` rows; None: N(0, I).
        kl_per_dim: Mean KL of every latent dimension in nats, `(latent_dim,)`.
        spread: Mean and variance of the posterior means of all rows.
        errors: `mse` in the data's own units squared, for images also `psnr` in dB and `ssim`; empty for a table
            of mixed kinds.
    """

    rows: np.ndarray
    z_mean: np.ndarray
    z_log_var: np.ndarray
    messages: Gaussian | None
    kl_per_dim: np.ndarray
    spread: Spread
    errors: dict[str, float]

    @property
    def variance_per_dim(self) -> np.ndarray:
        """Variance of the posterior means over the observations, `(latent_dim,)`."""
        return self.spread.square / self.spread.n

    @property
    def sd(self) -> np.ndarray:
        """Standard deviation of the aggregate posterior in every dimension, `(latent_dim,)`."""
        return np.sqrt(self.variance_per_dim + np.mean(np.exp(self.z_log_var), axis=0))

    def information(self, seed: int) -> dict[str, float]:
        """`mutual_information` and `aggregate_kl` of the kept rows; the latter only without full covariances."""
        if self.messages is None:
            return information(self.z_mean, self.z_log_var, seed)
        mean, cov = self.messages.mean[self.rows], self.messages.cov
        full = cov is not None and cov.ndim == 3
        variances = None if cov is None or full else cov[self.rows]
        found = information(self.z_mean, self.z_log_var, seed, mean, variances)
        return {name: value for name, value in found.items() if name != "aggregate_kl" or not full}


@dataclass
class Errors:
    """Errors of reconstructions, summed over pieces of the rows."""

    learnt: Opened
    data_range: float
    n: int = 0
    sums: dict[str, float] = field(default_factory=dict)

    def add(self, x: np.ndarray, x_hat: np.ndarray) -> None:
        """Add more observations and their reconstructions, both in the model's units."""
        if self.learnt.spec.table is not None:
            return  # its columns have different units, and categories have none
        invert = self.learnt.spec.scaling.invert
        values = {"mse": mse(invert(x), invert(x_hat))}
        if is_image(x.shape[1:]):
            values |= {name: of(x, x_hat, self.data_range) for name, of in (("psnr", psnr), ("ssim", ssim))}
        for name, each in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(each.sum())
        self.n += len(x)

    @property
    def means(self) -> dict[str, float]:
        """Means over the observations so far."""
        return {name: value / self.n for name, value in self.sums.items()}


def encode_rows(
    learnt: Opened,
    part: Part,
    messages: Gaussian | None = None,
    losses: Losses | None = None,
    x_range: float | None = None,
) -> Encoded:
    """Encode and reconstruct all rows once, in bounded memory. Draws no random numbers.

    Args:
        learnt: The run.
        part: The rows.
        messages: Their messages from a file, if any; modules that learnt above the VAE add their own.
        losses: Takes the rows as well, in the same pass.
        x_range: `data_range` of all rows, where `part` is a shard of them; None: that of `part`.
    """
    n, vae = len(part), learnt.vae
    rows = evenly_spread(n)
    spread, errors = Spread(), Errors(learnt, data_range(learnt, part.x) if x_range is None else x_range)
    kl, kept, sent = np.zeros(vae.latent_dim), [], []
    for start, x in pieces(part.x):
        z_mean, z_log_var = vae.encode(x)
        message = None if messages is None else messages.rows(slice(start, start + len(x)))
        message = learnt.network.messages(z_mean, message)
        sent += [] if message is None else [message]
        kl += kl_per_dim(z_mean, z_log_var, message).sum(axis=0)
        errors.add(x, vae.decode_of(z_mean, x))
        if losses is not None:
            losses.add(start, x, message)
        spread.add(z_mean)
        here = rows[(rows >= start) & (rows < start + len(x))] - start
        kept.append((z_mean[here], z_log_var[here]))
    z_mean, z_log_var = (np.concatenate(arrays) for arrays in zip(*kept, strict=True))
    return Encoded(rows, z_mean, z_log_var, joined(sent) if sent else messages, kl / n, spread, errors.means)


def evenly_spread(n: int, most: int = KEPT) -> np.ndarray:
    """Indices of all of `n` rows, or of `most` evenly spread ones."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(int))


def data_range(learnt: Opened, x: Rows) -> float:
    """Width of the data's range in the model's units: of the likelihood, 1 if clipped, or of 1,000 rows."""
    if learnt.support is not None and learnt.support.width is not None:
        return learnt.support.width
    if learnt.spec.scaling.clip:
        return 1.0
    some = x[evenly_spread(len(x), 1000)]
    return float(some.max() - some.min()) or 1.0


def kl_per_dim(z_mean: np.ndarray, z_log_var: np.ndarray, message: Gaussian | None) -> np.ndarray:
    """KL of every observation and latent dimension in nats, `(n, latent_dim)`."""
    prior = {"prior_mu": np.zeros_like(z_mean)} if message is None else message.as_prior()
    terms = objective.gaussian_kl_per_dim(
        z_mean, z_log_var, **{k: ops.convert_to_tensor(v) for k, v in prior.items()}
    )
    return np.asarray(ops.convert_to_numpy(terms), np.float64)


def joined(messages: list[Gaussian]) -> Gaussian:
    """Concatenate the messages of consecutive pieces."""
    covs = [message.cov for message in messages if message.cov is not None]
    return Gaussian(np.concatenate([message.mean for message in messages]), np.concatenate(covs) if covs else None)
