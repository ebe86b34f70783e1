"""What topics send downwards, and what they take from above."""

from typing import Any

import numpy as np

from kvae.errors import InputError
from kvae.modules.mlda.allocation import floored
from kvae.modules.mlda.topics import TINY, Topics, softmax
from kvae.modules.module import Module


class TopicMessages(Module):
    """The messages of topics.

    Attributes:
        K: Number of topics.
        topics: What was learnt.
    """

    K: int
    topics: Topics | None

    def messages_down(self, without: list[np.ndarray]) -> list[np.ndarray]:
        """p(word | what is known of a row without the modality), each `(n, V)`."""
        assert self.topics is not None
        return [p @ words for p, words in zip(without, self.topics.words, strict=True)]

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

    def check_backward(self, message: Any, source: str) -> None:
        message = np.asarray(message)
        if message.ndim != 2 or message.shape[1] != self.K:
            raise InputError(
                f"{self.name} needs class probabilities of shape (n, {self.K}). "
                f"Received from {source}: shape {message.shape}"
            )
        there = message[np.flatnonzero(~np.isnan(message).all(axis=1))]
        if not (np.all(there >= 0) and np.all(there.sum(axis=1) > 0)):
            raise InputError(
                f"{self.name} needs class probabilities >= 0, not all 0 in a row. "
                f"Received from {source}: {np.min(there):g} to {np.max(there):g}"
            )

    def combine(self, messages: list[Any]) -> np.ndarray:
        """The product of the senders' probabilities, normalised."""
        parts = [filled(message) for message in messages]
        return softmax(np.sum([np.log(np.maximum(p, TINY)) for p in parts if p is not None], axis=0))[0]


def filled(above: Any) -> np.ndarray | None:
    """Class probabilities from above, each row with sum 1; a row of NaN says nothing."""
    if above is None:
        return None
    p = np.asarray(above, np.float64)
    p = np.where(np.isnan(p).all(axis=1, keepdims=True), 1.0, p)
    return p / p.sum(axis=1, keepdims=True)
