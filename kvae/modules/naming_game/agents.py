"""Checks of the messages that agents and modules above send to the game."""

from typing import Any

import numpy as np

from kvae.errors import InputError
from kvae.modules.module import Module, forward_without
from kvae.modules.naming_game.chain import normalised
from kvae.modules.naming_game.percept import SMALLEST


class Agents(Module):
    """A module that observes agents, which are modules that send class probabilities of the same objects.

    Attributes:
        K: Number of signs, and of classes of each agent.
    """

    K: int

    def alone(self, observations: list[np.ndarray]) -> list[np.ndarray]:
        """The forward messages of the agents without this module's messages, which would count as evidence."""
        return [
            observed if self not in agent._backward else np.asarray(forward_without(agent, self))
            for agent, observed in zip(self.observed, observations, strict=True)
        ]

    def checked(self, observations: list[np.ndarray]) -> list[np.ndarray]:
        """The agents' class probabilities, checked.

        Raises:
            InputError: For fewer than two agents, or an agent that does not send probabilities of K classes.
        """
        if len(self.observed) < 2:
            raise InputError(
                f"{self.name} needs at least two agents to observe. Received: {len(self.observed)}. "
                f"Type, for example, {self.name}.connect(gmm_a, gmm_b)"
            )
        return [self.probabilities(p, agent.name) for p, agent in zip(observations, self.observed, strict=True)]

    def probabilities(self, p: np.ndarray, sender: str) -> np.ndarray:
        """The class probabilities of one agent in float64, `(n, K)`, checked as in `checked`."""
        p = np.asarray(p, np.float64)
        if p.ndim != 2 or p.shape[1] != self.K:
            raise InputError(
                f"{self.name} needs as many classes as signs, K={self.K}: probabilities of shape (n, {self.K}). "
                f"Received from {sender}: shape {p.shape}"
            )
        seen = p[np.isfinite(p).all(axis=1)]
        if len(seen) and (seen.min() < 0 or np.abs(seen.sum(axis=1) - 1.0).max() > 1e-3):
            sums = seen.sum(axis=1)
            raise InputError(
                f"{self.name} needs class probabilities >= 0 that add up to 1 in every row. Received from "
                f"{sender}: {seen.min():g} to {seen.max():g}, sums {sums.min():g} to {sums.max():g}"
            )
        return p

    def check_backward(self, message: Any, source: str) -> None:
        message = np.asarray(message)
        if message.ndim != 2 or message.shape[1] != self.K:
            raise InputError(
                f"{self.name} needs probabilities of signs of shape (n, {self.K}). "
                f"Received from {source}: shape {message.shape}"
            )
        if not (np.all(message >= 0) and np.all(message.sum(axis=1) > 0)):
            raise InputError(
                f"{self.name} needs probabilities of signs >= 0, not all 0 in a row. Received from {source}: "
                f"{np.min(message):g} to {np.max(message):g}"
            )

    def combine(self, messages: list[Any]) -> np.ndarray:
        """The product of the senders' probabilities, normalised."""
        return normalised(np.sum([np.log(np.maximum(message, SMALLEST)) for message in messages], axis=0))
