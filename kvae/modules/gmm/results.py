"""The results of a mixture: classes, their agreement with labels, files and pictures."""

import logging
from dataclasses import replace
from typing import Any

import numpy as np

from kvae import plots
from kvae.data.labels import has_label
from kvae.errors import InputError
from kvae.metrics import are_classes
from kvae.metrics.classes import clustering_metrics, small_components
from kvae.modules.clusters import write_clusters
from kvae.modules.gaps import known_rows, of_known
from kvae.modules.hooks import View
from kvae.modules.message import Gaussian
from kvae.modules.mixture import Fit, Mixture
from kvae.modules.module import Module

log = logging.getLogger(__name__)


class ClassResults(Module):
    """The results of a mixture.

    Attributes:
        category: True classes `(n,)`, used for metrics alone.
        r: Class probabilities of the rows, `(n, K)`.
        sent: The message that was sent for the rows.
        fit: The last fit.
    """

    pictures = ("latent_round1",)
    K: int
    category: np.ndarray | None
    mixture: Mixture | None
    fit: Fit | None
    r: np.ndarray | None
    sent: Gaussian | None

    def know(self, labels: np.ndarray | None) -> None:
        super().know(labels)
        self.category = as_labels(labels) if are_classes(labels) else None

    @property
    def small(self) -> np.ndarray:
        """Numbers of the components that have less than a tenth of n / K rows."""
        return small_components(self.sizes)

    @property
    def sizes(self) -> np.ndarray:
        """Number of rows of every component, `(K,)`."""
        return np.bincount(self.classes[self.classes >= 0], minlength=self.K)

    @property
    def classes(self) -> np.ndarray:
        """The most probable component of every row, `(n,)`; -1 for a missing row without a message."""
        if self.r is None:
            raise InputError(f"{self.name} has not been updated yet")
        return self.classes_of(self.r)

    def classes_of(self, forward: Any) -> np.ndarray:
        r = np.asarray(forward)
        return np.where(known_rows(r), r.argmax(axis=1), -1)

    def say_small(self) -> None:
        """Log the components that have few rows."""
        small = self.small
        if len(small):
            sizes = self.sizes
            rows = ", ".join(f"{k} ({sizes[k]} rows)" for k in small)
            log.info("%s: %d of %d components are small: %s", self.name, len(small), self.K, rows)

    def describe(self) -> str:
        return f"messages of {self.K} components"

    @property
    def tracked_as(self) -> str:
        return "mixture"

    def said(self) -> str:
        return "mixture" if self.fit is None else f"mixture (start: {self.fit.start})"

    def progress(self) -> dict[str, float]:
        if self.fit is None:
            return {}
        return {"log_likelihood": self.fit.log_likelihood, "small": len(self.small)}

    def measure(self, forward: Any = None, labels: np.ndarray | None = None) -> dict[str, float]:
        """`accuracy`, `nmi` and `ari` against `category`; of other rows against `labels`; empty without labels."""
        if self.category is None:
            return {}
        if forward is None:
            return clustering_metrics(self.classes, self.category)
        if labels is None or not has_label(labels).any():
            return {}
        return clustering_metrics(self.classes_of(forward), labels)

    def summary(self) -> dict[str, float]:
        return {"small_components": len(self.small)}

    def write(self) -> None:
        """Write `class_`, `Pdz_`, `mu_` and, with `category`, `acc_{mode}.txt`; when learning, `model.npz`."""
        assert self.sent is not None and self.r is not None
        folder, mode = self.folder, self.mode
        folder.write_rows(f"class_{mode}", self.classes)
        folder.write_rows(f"Pdz_{mode}", self.r)
        folder.write_rows(f"mu_{mode}", self.sent.mean)
        if "accuracy" in (measured := self.measure()):
            folder.write_rows(f"acc_{mode}", np.array([measured["accuracy"]]))
        if mode == "learn":
            self.save()

    def draw(self, view: View) -> None:
        """Draw the decoded means of the components, the agreement by rounds, and classes against labels.

        For a table of mixed kinds, write and draw how each class differs from the whole table, and not the means.
        """
        if view.table is not None:
            there = self.classes >= 0
            table = replace(view.table, x=view.table.x if there.all() else view.table.x[there])
            write_clusters(self.folder, self.mode, table, self.classes[there], self.K)
        elif self.mode == "learn" and view.decode is not None and self.mixture is not None:
            decoded = view.decode(self.mixture.means.astype(np.float32))
            self.folder.write_figure("components", plots.components, decoded, self.sizes, view.columns)
        if self.category is None or not self.measure():
            return
        if self.mode == "learn":
            self.folder.write_figure("rounds", plots.rounds, view.rounds)
        self.folder.write_figure(f"confusion_{self.mode}", plots.confusion, self.classes, self.category)

    def draw_round(self, number: int, view: View) -> None:
        """Draw the codes of the first round, which were learnt without messages."""
        if number != 1 or view.decode is None:
            return
        z = np.asarray(self.observed[0].get_forward_msg())
        known, title = known_rows(z), "latent codes of round 1 (posterior means)"
        labels = None if view.labels is None else of_known(view.labels, known)
        self.folder.write_figure("latent_round1", plots.latent_map, of_known(z, known), labels, title)


def as_labels(category: Any) -> np.ndarray:
    """True classes as an array `(n,)`.

    Raises:
        InputError: For arrays of another shape, and where a class is missing.
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
        raise InputError(f"category must name every class. Received: none in row {int(missing.argmax())}")
    return labels
