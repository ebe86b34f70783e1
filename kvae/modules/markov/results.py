"""The results of a Markov model: its message, its transitions, and the agreement of its classes with labels."""

from typing import Any

import numpy as np

from kvae import plots
from kvae.data.labels import has_label
from kvae.metrics import are_classes
from kvae.metrics.classes import clustering_metrics
from kvae.metrics.transitions import entropy_rate
from kvae.modules.gmm.results import as_labels
from kvae.modules.hooks import View
from kvae.modules.markov.files import ChainFiles


class ChainResults(ChainFiles):
    """The results of a chain.

    Attributes:
        category: True classes `(n,)`, used for metrics alone.
    """

    category: np.ndarray | None = None

    def know(self, labels: np.ndarray | None) -> None:
        super().know(labels)
        self.category = as_labels(labels) if are_classes(labels) else None

    @property
    def trans_prob(self) -> np.ndarray:
        """The transition probabilities, `(K, K)`, in row j those of the class after class j."""
        assert self.learnt_chain is not None
        return self.learnt_chain.chain.transitions

    def classes_of(self, forward: Any) -> np.ndarray:
        return np.asarray(forward).argmax(axis=1)

    def describe(self) -> str:
        return "messages of a Markov chain"

    def said(self) -> str:
        if self.learnt_chain is None:
            return "chain"
        return f"chain (start: {self.learnt_chain.start}), {entropy_rate(self.trans_prob):.2f} nats a step"

    def progress(self) -> dict[str, float]:
        if self.learnt_chain is None:
            return {}
        return {"log_likelihood": self.learnt_chain.log_p, "entropy_rate": entropy_rate(self.trans_prob)}

    def measure(self, forward: Any = None, labels: np.ndarray | None = None) -> dict[str, float]:
        """`accuracy`, `nmi` and `ari` of the most probable classes against the labels; empty without labels."""
        if self.category is None:
            return {}
        if forward is None:
            return clustering_metrics(self.classes_of(self.get_forward_msg()), self.category)
        if labels is None or not has_label(labels).any():
            return {}
        return clustering_metrics(self.classes_of(forward), labels)

    def summary(self) -> dict[str, float]:
        return {"entropy_rate": entropy_rate(self.trans_prob)}

    def write(self) -> None:
        """Write `msg_{mode}`, `Pdz_{mode}` and `class_{mode}`; when learning, `trans_prob_learn`, `model.npz`."""
        folder, mode, p = self.folder, self.mode, np.asarray(self.get_forward_msg())
        folder.write_rows(f"msg_{mode}", np.asarray(self._sent[0]))
        folder.write_rows(f"Pdz_{mode}", p)
        folder.write_rows(f"class_{mode}", self.classes_of(p))
        if mode == "learn":
            folder.write_rows("trans_prob_learn", self.trans_prob)
            self.save()

    def draw(self, view: View) -> None:
        """Draw the transitions, and classes against labels."""
        if self.mode == "learn":
            self.folder.write_figure("transitions", plots.transitions, self.trans_prob)
        if self.category is not None:
            classes = self.classes_of(self.get_forward_msg())
            self.folder.write_figure(f"confusion_{self.mode}", plots.confusion, classes, self.category)
