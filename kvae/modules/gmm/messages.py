"""The backward messages of a mixture: Gaussian priors from its components and class probabilities."""

from typing import Any

import numpy as np

from kvae.errors import InputError
from kvae.modules.gaps import known_rows, of_known
from kvae.modules.message import Gaussian, component_message, pooled
from kvae.modules.mixture import Mixture
from kvae.modules.module import Module, joined


class ClassMessages(Module):
    """The messages of a mixture: their kind, strength and damping.

    Attributes:
        mixture: The learnt mixture.
        updates: Number of updates of the mixture, over which the strength grows.
        noise: Posterior variances of the codes, averaged over the rows of each component, `(K, d)`.
        widths: Number of columns of each of the observed modules.
    """

    K: int
    mixture: Mixture | None
    message: str
    damping: float
    weight: float
    ramp: int
    noise: Any
    widths: list[int]

    def variances(self) -> np.ndarray | None:
        """Posterior variances `(n, d)` of what is observed; None where no observed module has variances."""
        parts = []
        for module in self.observed:
            values = np.asarray(module.get_forward_msg())
            variance = module.get_forward_var()
            parts.append(np.where(np.isnan(values), np.nan, 0.0) if variance is None else variance)
        return joined(parts)[0] if any(module.get_forward_var() is not None for module in self.observed) else None

    def get_forward_prior(self) -> np.ndarray | None:
        """The weights of the components, `(K,)`."""
        return None if self.mixture is None else self.mixture.weights

    def message_for(self, r: np.ndarray, z_var: np.ndarray | None = None) -> Gaussian:
        """The message for observations with responsibilities `r` `(n, K)`; rows of NaN get the weights.

        The mixture's covariances are those of the posterior means. The posterior variances `z_var` `(n, d)` of the
        learning rows are averaged for every component and added, which gives the covariances of the codes.
        """
        assert self.mixture is not None
        means, known = self.mixture.means, known_rows(r)
        if not known.all():
            r = np.where(known[:, None], r, self.mixture.weights)
        if self.message == "mean":
            return Gaussian(r @ means)
        if z_var is not None and len(z_var) == len(r):
            there = ~np.isnan(z_var).any(axis=1)
            own, noise = of_known(r, there), of_known(z_var, there)
            self.noise = own.T @ noise / np.maximum(own.sum(axis=0), 1.0)[:, None]
        covs = self.mixture.covs + self.noise[:, :, None] * np.eye(means.shape[1])
        return component_message(r, means, covs, full=self.message == "full")

    def damped(self, message: Gaussian, before: Gaussian | None) -> Gaussian:
        """A message at its strength in this update, mixed with the previous message."""
        strength = self.weight * min(1.0, self.updates / self.ramp) if self.ramp else self.weight
        if strength < 1.0:
            message = pooled([message], [strength])
        if self.damping and before is not None and len(before) == len(message):
            message = pooled([before, message], [self.damping, 1.0 - self.damping])
        return message

    def sample(self, n: int, rng: np.random.Generator, above: Any = None) -> list[Gaussian] | None:
        """Draw the messages for `n` new rows, of one component each, which is drawn from weights times `above`."""
        assert self.mixture is not None
        k = len(self.mixture)
        if above is None:
            chosen = rng.choice(k, n, p=self.mixture.weights)
        else:
            p = self.combine([np.tile(self.mixture.weights, (n, 1)), np.asarray(above)])
            chosen = (p.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(max=k - 1)
        return self.parts(self.damped(self.message_for(np.eye(k)[chosen]), None))

    def parts(self, message: Gaussian) -> list[Gaussian]:
        """A message over all observed dimensions, divided into one for each of the observed modules."""
        if len(self.widths) < 2:
            return [message]
        stops = np.cumsum(self.widths).tolist()
        return [message.columns(slice(stop - width, stop)) for stop, width in zip(stops, self.widths, strict=True)]

    def check_backward(self, message: Any, source: str) -> None:
        message = np.asarray(message)
        if message.ndim != 2 or message.shape[1] != self.K:
            raise InputError(
                f"{self.name} needs class probabilities of shape (n, {self.K}). "
                f"Received from {source}: shape {message.shape}"
            )
        if not (np.all(message >= 0) and np.all(message.sum(axis=1) > 0)):
            raise InputError(
                f"{self.name} needs class probabilities >= 0, not all 0 in a row. Received from {source}: "
                f"{np.min(message):g} to {np.max(message):g}"
            )

    def combine(self, messages: list[Any]) -> np.ndarray:
        """The product of the senders' probabilities, normalised."""
        log_product = np.sum([np.log(np.maximum(message, 1e-300)) for message in messages], axis=0)
        product = np.exp(log_product - log_product.max(axis=1, keepdims=True))
        return product / product.sum(axis=1, keepdims=True)
