"""What new codes are drawn from, as a mixture of Gaussians: it can be drawn from, and has a density."""

import logging

import numpy as np

from kvae.data.stored import Rows
from kvae.errors import InputError
from kvae.metrics import ACTIVE_VARIANCE
from kvae.model import VAE
from kvae.modules import Network
from kvae.modules.mixture import Mixture
from kvae.modules.mixture.starts import kmeans, one_hot, quiet
from kvae.uses.evaluation.encoding import evenly_spread

log = logging.getLogger(__name__)

# Rows whose codes a mixture stands for, and messages that stand for all that a network sends.
MOST_ROWS, MESSAGES = 5_000, 20_000
# Components of a mixture for new rows, no more than one for so many rows.
COMPONENTS, ROWS_EACH = 20, 10


def standard(latent_dim: int) -> Mixture:
    """N(0, I)."""
    return Mixture(np.ones(1), np.zeros((1, latent_dim)), np.eye(latent_dim)[None])


def of_network(network: Network, rng: np.random.Generator) -> Mixture:
    """What the modules above a VAE send to new rows, as a mixture; N(0, I) where nobody knows. Draws from `rng`.

    Messages that are alike are one component. The weights are the shares of 20,000 draws.
    """
    d = network.vae.latent_dim
    message = network.new_message(MESSAGES, rng) if network.senders else None
    if message is None:
        return standard(d)
    means = np.asarray(message.mean, np.float64)
    cov = None if message.cov is None else np.asarray(message.cov, np.float64)
    parts = [means] if cov is None else [means, cov.reshape(len(means), -1)]
    _, first, counts = np.unique(np.concatenate(parts, axis=1), axis=0, return_index=True, return_counts=True)
    if cov is None:
        covs = np.tile(np.eye(d), (len(first), 1, 1))
    else:
        covs = cov[first] if cov.ndim == 3 else cov[first][:, :, None] * np.eye(d)
    return Mixture(counts / counts.sum(), means[first], covs)


def of_codes(vae: VAE, x: Rows, n_components: int | None, seed: int) -> Mixture:
    """A mixture that stands for the aggregate posterior of rows `x` `(n, *data_shape)`: the mean of all q(z|x).

    Ex-post density estimation (Ghosh et al. 2020, section 4): the rows are parted by k-means of their means, and
    each component has the mean and the covariance of the codes of its rows, with the variances of their
    posteriors: what varies there must vary in what is drawn. A mixture of as many components that is fitted by EM
    gives rows no better, and takes a hundred times as long. Draws from `seed`; at most 5,000 evenly spread rows
    are used.

    Args:
        vae: A learnt model.
        x: The rows.
        n_components: How many; None: 20, or one for every ten rows where those are few.
        seed: Of the first centres.

    Raises:
        InputError: For fewer rows than components.
    """
    means, log_var = (part.astype(np.float64) for part in vae.encode(x[evenly_spread(len(x), MOST_ROWS)]))
    k = n_components or min(COMPONENTS, 1 + len(means) // ROWS_EACH)
    if len(means) <= k:
        raise InputError(
            f"mode.n_components must be below the number of learning rows, {len(means)}. Received: {k}"
        )
    used = means.var(axis=0) > ACTIVE_VARIANCE
    if k == 1 or not used.any():
        return reduced(means, np.exp(log_var), np.ones((len(means), 1)))
    log.info("codes come from a mixture of %d that stands for those of %s rows", k, f"{len(means):,}")
    with quiet():
        r = one_hot(kmeans(means[:, used], k, seed), k)
    return reduced(means, np.exp(log_var), r[:, r.any(axis=0)])


def reduced(means: np.ndarray, variances: np.ndarray, r: np.ndarray) -> Mixture:
    """The mixture of N(means_n, variances_n), each `(n, d)`, with a component per column of shares `r` `(n, K)`.

    Every component has the mean and the covariance of what falls to it.
    """
    share = r / r.sum(axis=0)
    centres = share.T @ means
    covs = np.empty((r.shape[1], means.shape[1], means.shape[1]))
    for k, centre in enumerate(centres):
        away = means - centre
        covs[k] = (share[:, k, None] * away).T @ away + np.diag(share[:, k] @ variances)
    return Mixture(r.mean(axis=0) / r.mean(axis=0).sum(), centres, covs)
