"""What topics send downwards, and what they take from above."""

from typing import Any

import numpy as np

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
    """

    K: int
    topics: Topics | None
    below: list[np.ndarray | None]

    def predicted(self, without: list[np.ndarray]) -> list[np.ndarray]:
        """p(word | what is known of a row without the modality), each `(n, V)`."""
        assert self.topics is not None
        return [p @ words for p, words in zip(without, self.topics.words, strict=True)]

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


def scaled(p: np.ndarray) -> np.ndarray:
    """Rows of sum 1."""
    return p / p.sum(axis=1, keepdims=True)
