"""The Gaussian mixture as a module: classes upwards, the means of the classes downwards."""

import logging
from pathlib import Path
from typing import Any

import numpy as np

from kvae.errors import InputError
from kvae.metrics.classes import clustering_metrics, small_components
from kvae.modules.message import Gaussian, component_message, pooled
from kvae.modules.mixture import Fit, Mixture, fit_mixture
from kvae.modules.mixture.em import COVARIANCES
from kvae.modules.mixture.files import read_arrays
from kvae.modules.module import Module, joined
from kvae.modules.parameters import (
    check_flag,
    check_number,
    check_only_recog,
    check_share,
    check_whole,
    check_word,
)

log = logging.getLogger(__name__)

MESSAGES = ("mean", "diag", "full")


class GMM(Module):
    """A mixture of K Gaussians over what it observes, with Serket's parameters and files.

    Forward message: class probabilities `(n, K)`, numbered alike in all updates. Backward message: for every
    observation the product of the components, each to the power of its responsibility r_nk: with unit
    covariances N(sum_k r_nk means_k, I). Its own messages from above are class probabilities `(n, K)`, which
    multiply the weights. Rows of codes, fit and numbering: `kvae.modules.mixture`.

    Args:
        K: Number of components.
        itr: The most EM iterations.
        name: Names the folder.
        category: True classes `(n,)`, used for the reported accuracy alone.
        mode: `learn` or `recog`.
        covariance_type, equal_weights, concentration, ridge, n_starts: As in `kvae.modules.mixture.fit_mixture`.
        message: `mean`: covariances are the identity; `diag`, `full`: those of the components, with the
            posterior variances of what is observed.
        damping: Share of the message before in each new one, from 0 to below 1.
        weight: Strength of the message, above 0 and at most 1; the rest is N(0, I).
        ramp: Updates over which the strength grows to `weight`.
        seed: Source of the starts.
        learnt: Folder of the module that `recog` infers with; by default this module's own.
        folder: As in `Module`.
    """

    def __init__(
        self,
        K: int,
        itr: int = 100,
        name: str = "gmm",
        category: Any = None,
        mode: str = "learn",
        *,
        covariance_type: str = "full",
        equal_weights: bool = False,
        concentration: float = 1.0,
        ridge: float = 0.1,
        n_starts: int = 12,
        message: str = "mean",
        damping: float = 0.0,
        weight: float = 1.0,
        ramp: int = 0,
        seed: int = 0,
        learnt: str | Path | None = None,
        folder: str | Path | None = None,
    ) -> None:
        super().__init__(name, mode, folder)
        check_only_recog("learnt", learnt, mode)
        for key, value in {"K": K, "itr": itr, "n_starts": n_starts}.items():
            check_whole(key, value)
        check_word("covariance_type", covariance_type, COVARIANCES)
        check_word("message", message, MESSAGES)
        check_flag("equal_weights", equal_weights)
        for key, number in {"ridge": ridge, "concentration": concentration}.items():
            check_number(key, number)
        check_whole("ramp", ramp, lowest=0)
        check_share("damping", damping, "a number >= 0 and < 1", lambda value: 0 <= value < 1)
        check_share("weight", weight, "a number > 0 and <= 1", lambda value: 0 < value <= 1)
        check_whole("seed", seed, lowest=0)
        self.K, self.itr, self.category = K, itr, None if category is None else as_labels(category)
        self.covariance_type, self.equal_weights = covariance_type, equal_weights
        self.concentration = concentration
        self.ridge, self.n_starts, self.seed, self.learnt = ridge, n_starts, seed, learnt
        self.message, self.damping, self.weight, self.ramp = message, damping, weight, ramp
        self.mixture: Mixture | None = None
        self.fit: Fit | None = None
        self.r: np.ndarray | None = None
        self.r_test: np.ndarray | None = None  # of rows that are held out, for whoever sends them messages
        self.sent: Gaussian | None = None
        self.noise: Any = np.zeros((1, 1))  # mean posterior variances of the components, (K, d)
        self.updates = 0

    def update(self, write: bool = True) -> None:
        """Fit the mixture, or in mode `recog` only infer; send messages. Draws from `seed`.

        Writes the files of `write` unless told not to.

        Raises:
            InputError: Before `connect`, for fewer rows than components, labels of another length, or in mode
                `recog` without a learnt mixture.
        """
        z, columns = joined(self.get_observations())
        self.check(z)
        above = self.get_backward_msg()
        log_prior = None if above is None else np.log(np.maximum(above, 1e-300))
        if self.mode == "learn":
            r = self.learn(z, log_prior)
            self.sent = self.damped(self.message_for(r, self.variances()), self.sent)
        else:
            self.mixture = self.mixture or self.load(z.shape[1])
            r = self.mixture.responsibilities(z, log_prior)[0]
            self.sent = self.damped(self.message_for(r), None)
        self.r = r
        self.set_forward_msg(r)
        self.send_backward_msgs([self.sent.columns(part) for part in columns])
        if write:
            self.write()

    def check(self, z: np.ndarray) -> None:
        """Raise InputError where rows `z` `(n, d)` cannot be fitted or measured."""
        if self.mode == "learn" and len(z) <= self.K:
            raise InputError(
                f"{self.name} needs more rows than components. Received: {len(z)} rows for K={self.K}"
            )
        if self.category is not None and self.category.shape != (len(z),):
            raise InputError(
                f"category must have an entry per observation, shape ({len(z)},). "
                f"Received: shape {self.category.shape}"
            )

    def learn(self, z: np.ndarray, log_prior: np.ndarray | None = None) -> np.ndarray:
        """Fit to rows `z` `(n, d)` from fresh starts and the responsibilities of before; those of now `(n, K)`."""
        self.fit = fit_mixture(
            z,
            self.K,
            itr=self.itr,
            seed=self.seed + self.updates,
            n_starts=self.n_starts,
            ridge=self.ridge,
            concentration=self.concentration,
            equal_weights=self.equal_weights,
            covariance_type=self.covariance_type,
            previous=self.r if self.r is not None and len(self.r) == len(z) else None,
            log_prior=log_prior,
        )
        self.mixture, self.r = self.fit.mixture, self.fit.r
        self.updates += 1
        small = self.small
        if len(small):
            rows = ", ".join(f"{k} ({self.fit.sizes[k]} rows)" for k in small)
            log.info("%s: %d of %d components are small: %s", self.name, len(small), self.K, rows)
        return self.fit.r

    @property
    def small(self) -> np.ndarray:
        """Numbers of the components with less than a tenth of the rows that each would have if all were alike."""
        return small_components(np.bincount(self.classes, minlength=self.K))

    @property
    def classes(self) -> np.ndarray:
        """The most probable component of every row, `(n,)`."""
        if self.r is None:
            raise InputError(f"{self.name} has not been updated yet")
        return self.r.argmax(axis=1)

    def variances(self) -> np.ndarray | None:
        """Posterior variances `(n, d)` of what is observed; None where no module below gives any."""
        parts = []
        for module in self.observed:
            values = np.asarray(module.get_forward_msg())
            variance = module.get_forward_var()
            parts.append(np.zeros_like(values, float) if variance is None else variance)
        return joined(parts)[0] if any(module.get_forward_var() is not None for module in self.observed) else None

    def message_for(self, r: np.ndarray, z_var: np.ndarray | None = None) -> Gaussian:
        """The message for observations with responsibilities `r` `(n, K)`.

        The mixture's covariances are those of the codes' means; with posterior variances `z_var` `(n, d)` of the
        learning rows they become those of the codes.
        """
        assert self.mixture is not None
        means = self.mixture.means
        if self.message == "mean":
            return Gaussian(r @ means)
        if z_var is not None and len(z_var) == len(r):
            self.noise = r.T @ z_var / np.maximum(r.sum(axis=0), 1.0)[:, None]
        covs = self.mixture.covs + self.noise[:, :, None] * np.eye(means.shape[1])
        return component_message(r, means, covs, full=self.message == "full")

    def damped(self, message: Gaussian, before: Gaussian | None) -> Gaussian:
        """A message at its strength in this update, mixed with the one sent before."""
        strength = self.weight * min(1.0, self.updates / self.ramp) if self.ramp else self.weight
        if strength < 1.0:
            message = pooled([message], [strength])
        if self.damping and before is not None and len(before) == len(message):
            message = pooled([before, message], [self.damping, 1.0 - self.damping])
        return message

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

    def measure(self) -> dict[str, float]:
        """`accuracy`, `nmi` and `ari` against `category`; empty without it."""
        return {} if self.category is None else clustering_metrics(self.classes, self.category)

    def write(self) -> None:
        """Write `class_`, `Pdz_`, `mu_` and, with `category`, `acc_{mode}.txt`; when learning, `model.npz`."""
        assert self.sent is not None and self.r is not None
        folder, mode = self.folder, self.mode
        folder.write_rows(f"class_{mode}", self.classes)
        folder.write_rows(f"Pdz_{mode}", self.r)
        folder.write_rows(f"mu_{mode}", self.sent.mean)
        if self.category is not None:
            folder.write_rows(f"acc_{mode}", np.array([self.measure()["accuracy"]]))
        if mode == "learn":
            self.save()

    def save(self) -> None:
        """Write all that the next update and recognition need to `model.npz`."""
        assert self.mixture is not None and self.sent is not None
        state = {
            "weights": self.mixture.weights,
            "means": self.mixture.means,
            "covs": self.mixture.covs,
            "noise": self.noise,
            "r": self.r,
            "updates": np.array(self.updates),
            "sent_mean": self.sent.mean,
        }
        more = {"sent_cov": self.sent.cov, "r_test": self.r_test}
        state |= {name: array for name, array in more.items() if array is not None}
        self.folder.write_arrays(self.folder.mixture, **state)

    def resume(self, path: Path) -> None:
        """Take up what `save` wrote, and send the message again.

        Raises:
            InputError: When the file is missing or damaged.
        """
        arrays = read_arrays(path)
        self.mixture = Mixture(arrays["weights"], arrays["means"], arrays["covs"])
        self.r, self.updates, self.noise = arrays["r"], int(arrays["updates"]), arrays["noise"]
        self.r_test = arrays.get("r_test")
        self.sent = Gaussian(arrays["sent_mean"], arrays.get("sent_cov"))
        self.set_forward_msg(self.r)

    def load(self, d: int | None = None) -> Mixture:
        """The learnt mixture, for recognition of codes of `d` dimensions.

        Raises:
            InputError: When there is none, or it is of another K or d.
        """
        folder = self.folder if self.learnt is None else type(self.folder)(Path(self.learnt))
        if not folder.mixture.is_file():
            raise InputError(f"{self.name} has learnt nothing yet: there is no {folder.mixture}")
        arrays = read_arrays(folder.mixture)
        if len(arrays["weights"]) != self.K:
            raise InputError(f"{folder.mixture} holds {len(arrays['weights'])} components. Received: K={self.K}")
        if d is not None and arrays["means"].shape[1] != d:
            raise InputError(
                f"{folder.mixture} is of {arrays['means'].shape[1]} dimensions. Received: codes of {d}"
            )
        self.noise, self.updates = arrays["noise"], int(arrays["updates"])
        return Mixture(arrays["weights"], arrays["means"], arrays["covs"])


def as_labels(category: Any) -> np.ndarray:
    """True classes as an array `(n,)`.

    Raises:
        InputError: For arrays of other axes, and where a class is missing.
    """
    labels = np.asarray(category)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise InputError(
            f"category must have an entry per observation, shape (n,). Received: shape {labels.shape}"
        )
    missing = labels != labels if labels.dtype.kind == "f" else np.array([value is None for value in labels])
    if missing.any():
        raise InputError(f"category must name every class. Received: a missing one in row {int(missing.argmax())}")
    return labels
