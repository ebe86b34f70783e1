"""The results of topics: classes, their agreement with labels, files and pictures."""

from typing import Any

import numpy as np

from kvae import plots
from kvae.data.labels import has_label
from kvae.errors import InputError
from kvae.metrics import are_classes
from kvae.metrics.classes import clustering_metrics, small_components
from kvae.modules.gaps import known_rows
from kvae.modules.gmm.results import as_labels
from kvae.modules.hooks import View
from kvae.modules.mlda.files import TopicFiles
from kvae.modules.mlda.fit import Fit


class TopicResults(TopicFiles):
    """The results of topics.

    Attributes:
        category: True classes `(n,)`, used for metrics alone.
        fit: The last fit.
    """

    category: np.ndarray | None
    fit: Fit | None

    def know(self, labels: np.ndarray | None) -> None:
        super().know(labels)
        self.category = as_labels(labels) if are_classes(labels) else None

    @property
    def classes(self) -> np.ndarray:
        """The most probable topic of every row, `(n,)`; -1 for a missing row without a message."""
        if self.r is None:
            raise InputError(f"{self.name} has not been updated yet")
        return self.classes_of(self.r)

    def classes_of(self, forward: Any) -> np.ndarray:
        p = np.asarray(forward)
        return np.where(known_rows(p), p.argmax(axis=1), -1)

    def describe(self) -> str:
        return f"messages of {self.K} topics"

    def said(self) -> str:
        return "topics" if self.fit is None else f"topics (start: {self.fit.start})"

    def progress(self) -> dict[str, float]:
        if self.fit is None:
            return {}
        return {"bound": self.fit.score, "small": self.summary()["small_components"]}

    def measure(self, forward: Any = None, labels: np.ndarray | None = None) -> dict[str, float]:
        """`accuracy`, `nmi` and `ari` against `category`; of other rows against `labels`; empty without labels."""
        if self.category is None:
            return {}
        classes = self.classes if forward is None else self.classes_of(forward)
        labels = self.category if forward is None else labels
        if labels is None:
            return {}
        return clustering_metrics(classes, np.asarray(labels)) if has_label(labels).any() else {}

    def summary(self) -> dict[str, float]:
        sizes = np.bincount(self.classes[self.classes >= 0], minlength=self.K)
        return {"small_components": len(small_components(sizes))}

    def write(self) -> None:
        """Write Serket's files, and, when learning, `model.npz`.

        `categories_{mode}` has classes, `Pdz_{mode}` topic probabilities, `Pmdw[i]_{mode}` the predictions for
        modality i in float32, and with `category` `acc_{mode}` the accuracy.
        """
        folder, mode = self.folder, self.mode
        folder.write_rows(f"categories_{mode}", self.classes)
        folder.write_rows(f"Pdz_{mode}", np.asarray(self.r))
        for number, message in enumerate(self.undivided(self._sent)):
            folder.write_rows(f"Pmdw[{number}]_{mode}", np.asarray(message, np.float32))
        if "accuracy" in (measured := self.measure()):
            folder.write_rows(f"acc_{mode}", np.array([measured["accuracy"]]))
        if mode == "learn":
            self.save()

    def draw(self, view: View) -> None:
        """Draw the words of the topics, the agreement by rounds, and classes against labels."""
        if self.mode == "learn" and self.topics is not None:
            for module, words in zip(self.observed, self.topics.words, strict=True):
                shape = np.shape(module.get_forward_msg())[1:]
                self.folder.write_figure(f"topics_{module.name}", plots.topics, words.reshape(self.K, *shape))
        if self.category is None or not self.measure():
            return
        if self.mode == "learn":
            self.folder.write_figure("rounds", plots.rounds, view.rounds)
        there = self.classes >= 0
        confusion = f"confusion_{self.mode}"
        self.folder.write_figure(confusion, plots.confusion, self.classes[there], self.category[there])
