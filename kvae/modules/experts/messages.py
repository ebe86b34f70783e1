"""The messages of experts: the joint posterior upwards, and to each VAE the posterior that the others give."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kvae.data.prior_message import as_message
from kvae.errors import InputError
from kvae.modules.experts.alignment import rotations, turned
from kvae.modules.experts.evidence import Evidence, evidence_of
from kvae.modules.experts.kinds import opinion
from kvae.modules.hooks import Messages, Sent
from kvae.modules.message import Gaussian, as_gaussian, pooled, precision_of
from kvae.modules.module import Module


class ExpertMessages(Module):
    """The messages of experts, inferred with what was learnt.

    Attributes:
        maps: Rotations from the codes of every observed VAE to the joint codes, `(M, d, d)`; None before `update`.
        contained: Precisions of the priors that the posteriors contain, `(M, d)`.
    """

    takes_gaps = True
    kind: str
    weights: np.ndarray | None
    message: str
    align: bool
    divide: str
    floor: float
    ramp: int
    maps: np.ndarray | None
    contained: np.ndarray | None

    def infer_from(self, observations: list[Sent], above: Any = None) -> Messages:
        means, variances = self.posteriors(observations)
        if self.maps is None:
            self.load()
        assert self.maps is not None
        if self.maps.shape[:2] != means.shape[::2]:
            raise InputError(
                f"{self.name} learnt from {len(self.maps)} modules with codes of {self.maps.shape[1]} dimensions. "
                f"Received: {len(means)} with {means.shape[2]}"
            )
        return self.messages(means, variances, above)

    def posteriors(self, observations: Sequence[Sent]) -> tuple[np.ndarray, np.ndarray]:
        """Means and variances of the observed posteriors, both `(M, n, d)`.

        Raises:
            InputError: For fewer than two modules, another number of weights, or codes of different shapes or
                without variances.
        """
        names = [module.name for module in self.observed]
        if len(names) < 2:
            raise InputError(
                f"{self.name} needs at least two modules to observe. Received: {', '.join(names) or 'none'}"
            )
        if self.weights is not None and len(self.weights) != len(names):
            raise InputError(
                f"{self.name}: weights must have one for each of {', '.join(names)}. Received: {len(self.weights)}"
            )
        means = [np.asarray(one.forward, float) for one in observations]
        shapes = {mean.shape for mean in means}
        if len(shapes) > 1 or means[0].ndim != 2:
            received = ", ".join(f"{name} {mean.shape}" for name, mean in zip(names, means, strict=True))
            raise InputError(
                f"{self.name} needs codes (n, latent_dim) of one shape from all that it observes: set one "
                f"latent_dim. Received: {received}"
            )
        for name, one, mean in zip(names, observations, means, strict=True):
            self.check_posterior(name, mean, one.var)
        return np.stack(means), np.stack([np.asarray(one.var, float) for one in observations])

    def check_posterior(self, sender: str, mean: np.ndarray, var: np.ndarray | None) -> None:
        """Raise InputError unless the codes of one module have variances, and rows without codes are all NaN."""
        if var is None:
            raise InputError(
                f"{self.name} needs the variances of what it observes, and {sender} sends none. It takes VAEs "
                "that send the means of their posteriors"
            )
        absent = np.isnan(mean)
        partly = absent.any(axis=1) & ~absent.all(axis=1)
        if partly.any():
            raise InputError(
                f"{self.name} needs whole rows of codes, or rows of NaN where there are none. "
                f"Received from {sender}: some NaN in row {int(partly.argmax())}"
            )
        known = np.asarray(var)[~absent.any(axis=1)]
        if np.shape(var) != mean.shape or not np.all((known > 0) & np.isfinite(known)):
            raise InputError(
                f"{self.name} needs a variance > 0 for every code, {mean.shape}. "
                f"Received from {sender}: shape {np.shape(var)}"
                + (f", {np.min(known):g} to {np.max(known):g}" if np.shape(var) == mean.shape else "")
            )

    def turn(self, means: np.ndarray, variances: np.ndarray) -> Evidence:
        """The evidence of posteriors `(M, n, d)`, rotated into the joint frame."""
        assert self.maps is not None and self.contained is not None
        parts = [
            turned(Gaussian(*one), rotation) for *one, rotation in zip(means, variances, self.maps, strict=True)
        ]
        contained = np.stack([one @ rotation**2 for one, rotation in zip(self.contained, self.maps, strict=True)])
        return evidence_of([part.mean for part in parts], [part.cov for part in parts], contained, self.floor)

    def messages(self, means: np.ndarray, variances: np.ndarray, above: Any = None) -> Messages:
        """The messages for posteriors `(M, n, d)`, without damping."""
        assert self.maps is not None
        m, n, d = means.shape
        evidence = self.turn(means, variances)
        prior = Gaussian(np.zeros((n, d))) if above is None else as_gaussian(above)
        weights = np.ones(m) if self.weights is None else self.weights
        joint = opinion(self.kind, evidence, prior, weights)
        mean, var = np.array(joint.mean), variances_of(joint)
        if above is None:
            unknown = ~evidence.there.any(axis=0)
            mean[unknown], var[unknown] = np.nan, np.nan
        sent = [
            self.at_strength(turned(opinion(self.kind, evidence, prior, weights, without=j), rotation.T))
            for j, rotation in enumerate(self.maps)
        ]
        return Messages(mean, sent, var)

    def at_strength(self, message: Gaussian) -> Gaussian:
        """A message with or without its variances, as `message` says, and with its strength in this update."""
        strength = min(1.0, self.updates / self.ramp) if self.ramp else 1.0
        message = Gaussian(message.mean) if self.message == "mean" else message
        return pooled([message], [strength]) if strength < 1.0 else message

    def damped(self, message: Gaussian, before: Any, share: float) -> Gaussian:
        """A message mixed with the previous one, which has the given share."""
        if not share or before is None or len(before) != len(message):
            return message
        return pooled([as_gaussian(before), message], [share, 1.0 - share])

    def fit(self, means: np.ndarray) -> None:
        """Learn the rotations of the codes `(M, n, d)`, and the precisions that the last messages added."""
        m, _, d = means.shape
        self.maps = rotations(means) if self.align else np.tile(np.eye(d), (m, 1, 1))
        self.contained = np.ones((m, d))
        if self.divide == "messages" and self._sent:
            self.contained = np.stack([mean_precision(as_gaussian(message)) for message in self._sent])

    def sample(self, n: int, rng: np.random.Generator, above: Any = None) -> list[Gaussian]:
        """Draw one code for every new row, from `above` or N(0, I); all VAEs get it as their message."""
        assert self.maps is not None
        d = self.maps.shape[1]
        prior = Gaussian(np.zeros((n, d))) if above is None else as_gaussian(above)
        noise = rng.standard_normal((n, d))
        if prior.cov is not None and prior.cov.ndim == 3:
            noise = np.einsum("nij,nj->ni", np.linalg.cholesky(prior.cov), noise)
        elif prior.cov is not None:
            noise = np.sqrt(prior.cov) * noise
        z = prior.mean + noise
        return [Gaussian(z @ rotation.T, np.full((n, d), self.floor)) for rotation in self.maps]

    def check_backward(self, message: Any, source: str) -> None:
        gaussian = as_gaussian(message)
        shape = np.shape(gaussian.mean)
        d = "latent_dim" if self.maps is None else self.maps.shape[1]
        if len(shape) != 2 or (self.maps is not None and shape[1] != d):
            raise InputError(
                f"{self.name} needs a message of shape (n, {d}), a column per latent dimension. "
                f"Received from {source}: shape {shape}"
            )
        if not np.all(np.isfinite(gaussian.mean)):
            raise InputError(f"{self.name} needs a finite message. Received from {source}: NaN or infinity")
        if gaussian.cov is None:
            return
        try:
            as_message(None, gaussian.cov, *shape)
        except ValueError as error:
            text = str(error).replace("`prior_cov`", f"the message from {source} to {self.name}")
            raise InputError(text) from error

    def combine(self, messages: list[Any]) -> Gaussian:
        return pooled([as_gaussian(message) for message in messages], [1.0 / len(messages)] * len(messages))


def variances_of(message: Gaussian) -> np.ndarray:
    """The variances `(n, d)` of a Gaussian with a covariance."""
    assert message.cov is not None
    return np.array(message.cov if message.cov.ndim == 2 else np.diagonal(message.cov, axis1=1, axis2=2))


def mean_precision(message: Gaussian) -> np.ndarray:
    """The precision of every dimension of a message, `(d,)`, averaged over its rows."""
    full = message.cov is not None and message.cov.ndim == 3
    precision = precision_of(message, full)
    return np.mean(np.diagonal(precision, axis1=1, axis2=2) if full else precision, axis=0)
