"""The distribution of new codes as a mixture of Gaussians, which can be drawn from and has a density."""

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

# A mixture of codes is fitted to at most so many rows, and that of messages to so many draws of messages.
MOST_ROWS, MESSAGES = 5_000, 20_000
# Default number of components of a mixture of codes, and the fewest rows for each.
COMPONENTS, ROWS_EACH = 20, 10


def standard(latent_dim: int) -> Mixture:
    """N(0, I)."""
    return Mixture(np.ones(1), np.zeros((1, latent_dim)), np.eye(latent_dim)[None])


def of_network(network: Network, rng: np.random.Generator) -> Mixture:
    """The messages that the modules above a VAE send to new rows, as a mixture; N(0, I) without any. Uses `rng`.

    Equal messages are one component; its weight is their share of 20,000 draws.
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
    """A mixture that approximates the aggregate posterior of rows `x` `(n, *data_shape)`: the mean of all q(z|x).

    Ex-post density estimation (Ghosh et al. 2020, section 4): k-means of the posterior means divides the rows into
    clusters. Each component has the mean and the covariance of the codes of a cluster, where the covariance
    includes the variances of the posteriors. A mixture of as many components fitted by EM gives no better rows,
    and takes a hundred times as long. Draws from `seed`; at most 5,000 evenly spread rows are used.

    Args:
        vae: A learnt model.
        x: The rows.
        n_components: Number of components; None: 20, or one for every ten rows where there are few rows.
        seed: Seed of the first centres of k-means.

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
    log.info("codes are drawn from a mixture of %d components, fitted to codes of %s rows", k, f"{len(means):,}")
    with quiet():
        r = one_hot(kmeans(means[:, used], k, seed), k)
    return reduced(means, np.exp(log_var), r[:, r.any(axis=0)])


def reduced(means: np.ndarray, variances: np.ndarray, r: np.ndarray) -> Mixture:
    """Reduce the n Gaussians N(means_n, variances_n), each `(n, d)`, to K, by their shares `r` `(n, K)` in each.

    Every component has the mean and the covariance of the Gaussians in it, weighted by their shares.
    """
    share = r / r.sum(axis=0)
    centres = share.T @ means
    covs = np.empty((r.shape[1], means.shape[1], means.shape[1]))
    for k, centre in enumerate(centres):
        away = means - centre
        covs[k] = (share[:, k, None] * away).T @ away + np.diag(share[:, k] @ variances)
    return Mixture(r.mean(axis=0) / r.mean(axis=0).sum(), centres, covs)
