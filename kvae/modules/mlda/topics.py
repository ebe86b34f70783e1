"""Learnt topics: p(word | topic) of every modality, and inference of the topics of rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from kvae.modules.mlda.allocation import folded_in
from kvae.modules.mlda.words import Words

TINY = 1e-300


@dataclass(frozen=True)
class Topics:
    """K topics over the words of several modalities.

    Attributes:
        shares: The topics' shares of the rows, `(K,)`, which are p(topic) for a missing row.
        words: p(word | topic) of every modality, each `(K, V)`.
        trust: The factor by which each modality's counts are multiplied; see `kvae.modules.mlda.trust`.
        alpha: Concentration of a row's topics, Dirichlet(alpha * K * shares); 0: a row has one topic.
    """

    shares: np.ndarray
    words: list[np.ndarray]
    trust: list[float]
    alpha: float = 0.0

    def __len__(self) -> int:
        return len(self.shares)

    def fits(self, modalities: Sequence[Words]) -> bool:
        """Whether these modalities have the words of the topics."""
        return [words.shape[1] for words in self.words] == [words.x.shape[1] for words in modalities]

    def prior(self, n: int, above: np.ndarray | None = None) -> np.ndarray:
        """p(topic) of `n` rows before their words are seen, `(n, K)`: shares times the message from above."""
        if above is None:
            return np.broadcast_to(self.shares, (n, len(self)))
        p = self.shares * np.maximum(above, TINY)
        return p / p.sum(axis=1, keepdims=True)

    def evidence(self, modality: int, x: csr_array) -> np.ndarray:
        """Log p(words | topic) of rows `x` `(n, V)` of a modality, times its trust, `(n, K)`."""
        return self.trust[modality] * (x @ np.log(self.words[modality]).T)

    def infer(
        self, modalities: Sequence[Words], above: np.ndarray | None = None, leave_out: int | None = None
    ) -> np.ndarray:
        """Expected topics of rows given their words and the message from above, `(n, K)`.

        The topics of one row do not depend on other rows.

        Args:
            modalities: The words of the rows.
            above: Class probabilities from above, `(n, K)`.
            leave_out: The number of a modality whose words are not used; None: all are used.
        """
        used = [m for m in range(len(modalities)) if m != leave_out]
        prior = self.prior(modalities[0].x.shape[0], above)
        log_p = np.log(np.maximum(prior, TINY)) + sum(self.evidence(m, modalities[m].x) for m in used)
        p = softmax(np.asarray(log_p))[0]
        if not self.alpha or not used:
            return p
        counts = [modalities[m].x * self.trust[m] for m in used]
        return folded_in(counts, [self.words[m] for m in used], p, self.alpha * len(self) * prior)

    def reordered(self, order: np.ndarray) -> "Topics":
        """The same topics in another order."""
        return replace(self, shares=self.shares[order], words=[words[order] for words in self.words])


def softmax(log_p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Normalised probabilities from logarithms, both `(n, K)`, and the logarithms of their sums, `(n,)`."""
    top = log_p.max(axis=1, keepdims=True)
    p = np.exp(log_p - top)
    total = p.sum(axis=1, keepdims=True)
    return p / total, (top + np.log(total))[:, 0]
