"""The message that a VAE receives: a Gaussian prior for every observation."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kvae.errors import InputError


@dataclass(frozen=True)
class Gaussian:
    """N(mean_n, cov_n) for every observation n.

    Attributes:
        mean: `(n, d)`.
        cov: None for the identity, variances `(n, d)`, or covariances `(n, d, d)`.
    """

    mean: np.ndarray
    cov: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.mean)

    def columns(self, columns: slice) -> "Gaussian":
        """The marginal over some of the dimensions."""
        if self.cov is None:
            return Gaussian(self.mean[:, columns])
        cov = self.cov[:, columns] if self.cov.ndim == 2 else self.cov[:, columns, columns]
        return Gaussian(self.mean[:, columns], cov)

    def rows(self, rows: slice | np.ndarray) -> "Gaussian":
        """The messages for some observations."""
        return Gaussian(self.mean[rows], None if self.cov is None else self.cov[rows])

    @property
    def variances(self) -> np.ndarray:
        """The variance of every dimension, `(n, d)`."""
        if self.cov is None:
            return np.ones(np.shape(self.mean))
        return self.cov if self.cov.ndim == 2 else np.diagonal(self.cov, axis1=1, axis2=2)

    def as_prior(self) -> dict[str, np.ndarray]:
        """The message as the inputs `prior_mu` and `prior_cov` of a `kvae.VAE`."""
        prior = {"prior_mu": np.asarray(self.mean, np.float32)}
        if self.cov is not None:
            prior["prior_cov"] = np.asarray(self.cov, np.float32)
        return prior


def as_gaussian(message: "Gaussian | np.ndarray") -> Gaussian:
    """A message as a `Gaussian`; an array is taken as the means."""
    return message if isinstance(message, Gaussian) else Gaussian(np.asarray(message))


def check_gaussian(message: "Gaussian | np.ndarray", receiver: str, source: str, d: int) -> None:
    """Raise InputError unless a message from `source` is a finite Gaussian of `d` dimensions for every row."""
    gaussian = as_gaussian(message)
    shape = np.shape(gaussian.mean)
    if len(shape) != 2 or shape[1] != d:
        raise InputError(
            f"{receiver} needs a message of shape (n, {d}), a column per latent dimension. "
            f"Received from {source}: shape {shape}"
        )
    if not np.all(np.isfinite(gaussian.mean)):
        raise InputError(f"{receiver} needs a finite message. Received from {source}: NaN or infinity")
    if gaussian.cov is None:
        return
    from kvae.data.prior_message import as_message  # imports Keras, which checks of a config do without

    try:
        as_message(None, gaussian.cov, shape[0], d)
    except ValueError as error:
        text = str(error).replace("`prior_cov`", f"the message from {source} to {receiver}")
        raise InputError(text) from error


def pooled(messages: list[Gaussian], weights: list[float]) -> Gaussian:
    """The normalised product of messages, each to the power of its weight.

    This is the logarithmic opinion pool (Genest and Zidek 1986, section 3). Where the weights sum to less than 1,
    N(0, I) has the rest. For messages without covariances the result is the weighted sum of the means with unit
    variances, whatever the sum of the weights.
    """
    if all(message.cov is None for message in messages):
        return Gaussian(
            np.sum([weight * message.mean for weight, message in zip(weights, messages, strict=True)], axis=0)
        )
    d = messages[0].mean.shape[1]
    rest = max(0.0, 1.0 - sum(weights))
    full = any(message.cov is not None and message.cov.ndim == 3 for message in messages)
    precision = rest * (np.eye(d) if full else np.ones(d))
    linear: np.ndarray | float = 0.0
    for weight, message in zip(weights, messages, strict=True):
        own = precision_of(message, full)
        precision = precision + weight * own
        linear = linear + weight * times(own, message.mean)
    cov = np.linalg.inv(precision) if full else 1.0 / precision
    return Gaussian(times(cov, np.asarray(linear)), cov)


def precision_of(message: Gaussian, full: bool) -> np.ndarray:
    """Precisions of a message, `(n, d, d)` if `full`, else `(n, d)`."""
    d = message.mean.shape[1]
    if message.cov is None:
        ones = np.ones(message.mean.shape)
        return ones[:, :, None] * np.eye(d) if full else ones
    if message.cov.ndim == 3:
        return np.linalg.inv(message.cov)
    return (1.0 / message.cov)[:, :, None] * np.eye(d) if full else 1.0 / message.cov


def times(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """A matrix, or a diagonal, times a vector, row by row."""
    return np.einsum("nij,nj->ni", matrix, vector) if matrix.ndim == 3 else matrix * vector


def component_message(r: np.ndarray, means: np.ndarray, covs: np.ndarray, full: bool) -> Gaussian:
    """The normalised product of components, each to the power of its responsibility, for every observation.

    The KL from q to it differs from sum_k r_nk KL(q || component k), VaDE's term (Jiang et al. 2017), by a
    constant in q.

    Args:
        r: Responsibilities, `(n, K)`.
        means, covs: Of the components, `(K, d)` and `(K, d, d)`.
        full: Whether to keep the covariances between dimensions.
    """
    if not full:
        precision = 1.0 / np.diagonal(covs, axis1=1, axis2=2)
        total = r @ precision
        return Gaussian(r @ (precision * means) / total, 1.0 / total)
    precision = np.linalg.inv(covs)
    cov = np.linalg.inv(np.tensordot(r, precision, axes=1))
    return Gaussian(times(cov, r @ times(precision, means)), cov)


def packed(name: str, message: Any) -> dict[str, np.ndarray]:
    """A message as named arrays to save; no array for None."""
    if message is None:
        return {}
    if not isinstance(message, Gaussian):
        return {name: np.asarray(message)}
    return {name: message.mean} | ({} if message.cov is None else {f"{name}_cov": message.cov})


def unpacked(arrays: dict[str, np.ndarray], name: str) -> "Gaussian | np.ndarray | None":
    """The message that `packed` saved under a name: a Gaussian if it has covariances, an array, or None."""
    if f"{name}_cov" in arrays:
        return Gaussian(arrays[name], arrays[f"{name}_cov"])
    return arrays.get(name)
