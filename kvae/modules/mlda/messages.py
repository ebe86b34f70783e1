"""The messages of topics: those that they send downwards, and those that they accept from above."""

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
        topics: The learnt topics.
        below: The prior class probabilities of each observed module, `(V,)`; None: they are equal.
        trust: Trust that K classes of a module below are the K topics, one to one; see `told`.
    """

    K: int
    topics: Topics | None
    below: list[np.ndarray | None]
    trust: float

    def told(self) -> list[np.ndarray]:
        """p(word | topic) of every modality as backward messages use it, `(K, V)`.

        If a module below sends K classes, each class is assigned to one topic, and that topic's probability of its
        class is raised by `trust` before normalisation. So two topics with the same most frequent class, such as
        fours and nines that a mixture has merged, send different messages: one of them proposes the class that no
        topic uses.
        """
        assert self.topics is not None
        priors = self.below or [None] * len(self.topics.words)
        return [
            words if prior is None or len(prior) != self.K else held_to_own(words, self.topics.shares, self.trust)
            for words, prior in zip(self.topics.words, priors, strict=True)
        ]

    def predicted(self, without: list[np.ndarray]) -> list[np.ndarray]:
        """p(word | the row without this modality) for each modality, `(n, V)`."""
        return [p @ words for p, words in zip(without, self.told(), strict=True)]

    def messages_down(self, without: list[np.ndarray]) -> list[np.ndarray]:
        """The backward messages: predictions divided by the priors of the modules below, in rows of sum 1.

        A module below multiplies its messages by its prior itself.
        """
        priors = self.below or [None] * len(without)
        parts = zip(self.predicted(without), priors, strict=True)
        return [p if prior is None else scaled(p / prior) for p, prior in parts]

    def undivided(self, messages: list[np.ndarray]) -> list[np.ndarray]:
        """The predictions for each modality, computed from its backward message."""
        priors = self.below or [None] * len(messages)
        return [p if prior is None else scaled(p * prior) for p, prior in zip(messages, priors, strict=True)]

    def sample(self, n: int, rng: np.random.Generator, above: Any = None) -> list[np.ndarray]:
        """Draw the backward messages for `n` new rows, each with topics drawn from the shares times `above`."""
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
    """p(class | topic) `(K, K)` with `trust` added for the class of each topic, normalised to rows of sum 1.

    Classes and topics are matched one to one, so that most rows have the class of their topic (Kuhn 1955);
    `shares` `(K,)` are the topics' shares of the rows.
    """
    topics, own = linear_sum_assignment(-shares[:, None] * words)
    words = words.copy()
    words[topics, own] += trust
    return scaled(words)


def scaled(p: np.ndarray) -> np.ndarray:
    """Rows normalised to sum 1."""
    return p / p.sum(axis=1, keepdims=True)
