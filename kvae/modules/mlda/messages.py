"""What topics send downwards, and what they take from above."""

from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from kvae.modules.class_messages import check_classes, filled, product
from kvae.modules.mlda.allocation import floored
from kvae.modules.mlda.topics import TINY, Topics
from kvae.modules.module import Module


class TopicMessages(Module):
    """The messages of topics.

    Attributes:
        K: Number of topics.
        topics: What was learnt.
        below: What each observed module holds of a row that it has not seen, `(V,)`; None: all alike.
        trust: How firmly K classes of a module below are held to be the topics, one to one.
    """

    K: int
    topics: Topics | None
    below: list[np.ndarray | None]
    trust: float

    def told(self) -> list[np.ndarray]:
        """p(word | topic) of every modality as messages have it, `(K, V)`.

        Where a module below sends K classes, every topic has one of them as its own, which is given `trust` times
        all the topic's words besides. Two topics that share a class, as the fours and nines of a mixture, are so
        told apart: the module below hears of one of them that it would rather be the class that is left.
        """
        assert self.topics is not None
        priors = self.below or [None] * len(self.topics.words)
        return [
            words if prior is None or len(prior) != self.K else held_to_own(words, self.topics.shares, self.trust)
            for words, prior in zip(self.topics.words, priors, strict=True)
        ]

    def predicted(self, without: list[np.ndarray]) -> list[np.ndarray]:
        """p(word | what is known of a row without the modality), each `(n, V)`."""
        return [p @ words for p, words in zip(without, self.told(), strict=True)]

    def messages_down(self, without: list[np.ndarray]) -> list[np.ndarray]:
        """What is predicted for each modality, divided by what its module multiplies by itself; rows sum to 1."""
        priors = self.below or [None] * len(without)
        parts = zip(self.predicted(without), priors, strict=True)
        return [p if prior is None else scaled(p / prior) for p, prior in parts]

    def undivided(self, messages: list[np.ndarray]) -> list[np.ndarray]:
        """What is predicted for each modality, of what was sent."""
        priors = self.below or [None] * len(messages)
        return [p if prior is None else scaled(p * prior) for p, prior in zip(messages, priors, strict=True)]

    def sample(self, n: int, rng: np.random.Generator, above: Any = None) -> list[np.ndarray]:
        """p(word | topics) for `n` new rows, each with topics drawn by the shares and from above."""
        assert self.topics is not None
        prior = self.topics.prior(n, filled(above))
        if self.topics.alpha:
            drawn = rng.standard_gamma(floored(self.topics.alpha * self.K * prior))
            theta = np.maximum(drawn, TINY) / np.maximum(drawn, TINY).sum(axis=1, keepdims=True)
        else:
            theta = np.eye(self.K)[(prior.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(max=self.K - 1)]
        return self.messages_down([theta] * len(self.topics.words))

    def get_forward_prior(self) -> np.ndarray | None:
        """The shares of the topics, `(K,)`."""
        return None if self.topics is None else self.topics.shares

    def check_backward(self, message: Any, source: str) -> None:
        check_classes(message, self.K, self.name, source)

    def combine(self, messages: list[Any]) -> np.ndarray:
        """The product of the senders' probabilities, normalised."""
        return product(messages)


def held_to_own(words: np.ndarray, shares: np.ndarray, trust: float) -> np.ndarray:
    """p(class | topic) `(K, K)` with `trust` in addition for the topic's own class, one to one, rows of sum 1.

    The own classes are those of which most rows are right (Kuhn 1955), by the topics' shares `(K,)`.
    """
    topics, own = linear_sum_assignment(-shares[:, None] * words)
    words = words.copy()
    words[topics, own] += trust
    return scaled(words)


def scaled(p: np.ndarray) -> np.ndarray:
    """Rows of sum 1."""
    return p / p.sum(axis=1, keepdims=True)
