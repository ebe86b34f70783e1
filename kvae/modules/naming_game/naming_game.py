"""The naming game as a module: agents agree on a sign for every object by proposing and accepting signs."""

from pathlib import Path
from typing import Any

import numpy as np

from kvae.errors import InputError
from kvae.modules.gmm.results import as_labels
from kvae.modules.hooks import Messages
from kvae.modules.naming_game.agents import Agents
from kvae.modules.naming_game.chain import normalised
from kvae.modules.naming_game.language import Language, apart, begun
from kvae.modules.naming_game.messages import hint, teaching, trust_in
from kvae.modules.naming_game.percept import SMALLEST, Percept
from kvae.modules.naming_game.results import GameResults, Named
from kvae.modules.parameters import check_whole, check_word

COMMUNICATION = ("game", "all", "none")


class NamingGame(Agents, GameResults):
    """The Metropolis-Hastings naming game (Taniguchi et al. 2023, arXiv 2205.12392) of the observed agents.

    An agent is a module that sends class probabilities of the objects, such as a `GMM` on a VAE on the agent's own
    view of them. The agents exchange a sign for every object, and nothing else. Forward message: the distribution
    of the sign of every object, `(n, K)`. Backward message: to each agent its sign for every object, as
    probabilities of its own classes. Messages from above are probabilities of signs `(n, K)`, which multiply those
    of the agents. An agent that does not see an object, which is a row of NaN, accepts all proposals for it.
    docs/modules.md has the mathematics.

    Args:
        K: Number of signs, and of classes of every agent; at least 2.
        communication: `game`: the naming game; `all`: every proposed sign is accepted; `none`: no communication.
        sweeps: Number of sweeps in every update; in a sweep each agent proposes a sign for each object once.
        name: Names the folder.
        category: True classes `(n,)`, used for metrics alone.
        mode: `learn` or `recog`.
        seed: Seed of the game's draws.
        folder: As in `Module`.

    Raises:
        InputError: For a parameter out of range.
    """

    takes_gaps = True

    def __init__(
        self,
        K: int,
        communication: str = "game",
        sweeps: int = 50,
        name: str = "game",
        category: Any = None,
        mode: str = "learn",
        *,
        seed: int = 0,
        folder: str | Path | None = None,
    ) -> None:
        super().__init__(name, mode, folder)
        check_whole("K", K, lowest=2)
        check_word("communication", communication, COMMUNICATION)
        check_whole("sweeps", sweeps)
        check_whole("seed", seed, lowest=0)
        self.K, self.communication, self.sweeps, self.seed = K, communication, sweeps, seed
        self.labels = None if category is None else as_labels(category)
        self.language: Language | None = None
        self.shares: list[np.ndarray] = []
        self.signs: np.ndarray | None = None
        self.own: np.ndarray | None = None

    def forget_rows(self) -> None:
        super().forget_rows()
        self.language = None

    def update(self, write: bool = True) -> None:
        """Play the game, or in mode `recog` only infer; send messages. Playing draws random numbers from `seed`.

        Args:
            write: Whether to write the files of `write`.

        Raises:
            InputError: Before `connect`, for fewer than two agents, for an agent that sees no object or does not
                send probabilities of K classes, or in mode `recog` without a learnt game.
        """
        observations = self.get_observations()
        if self.mode == "learn":
            probabilities = self.checked(self.alone(observations))
            percepts = [
                Percept.of(p, module.get_forward_prior())
                for p, module in zip(probabilities, self.observed, strict=True)
            ]
            for agent, percept in zip(self.observed, percepts, strict=True):
                if not percept.seen.any():
                    raise InputError(
                        f"{self.name} needs agents that see some object. Received: {agent.name} sees none"
                    )
            self.play(percepts)
        else:
            self.take(self.infer(self.alone(observations), self.get_backward_msg()))
            self.resend()
        if write:
            self.write()

    def step(self) -> None:
        self.update(write=False)

    def play(self, percepts: list[Percept]) -> None:
        """Play the game of an update, and send the messages."""
        rng = np.random.default_rng((self.seed, self.updates))
        above, all_accepted = log_of(self.get_backward_msg()), self.communication == "all"
        if self.communication == "none":
            language = apart(percepts, self.K)
        else:
            if self.language is None or self.language.signs.shape[1] != len(percepts[0].seen):
                language = begun(percepts, self.K, rng, all_accepted)
            else:
                language = self.language.relearnt(percepts)
            language = language.played(percepts, self.sweeps, rng, all_accepted, above)
        self.language, self.shares = language, [percept.shares for percept in percepts]
        self.updates += 1
        log_p = language.log_p(percepts)
        self.signs, self.own = language.signs, own_signs(log_p, percepts)
        self.set_forward_msg(self.led_to(log_p, above).mean(axis=0))
        if self.communication != "none":
            self.send_backward_msgs([self.taught(agent) for agent in range(len(percepts))])

    def taught(self, agent: int) -> np.ndarray:
        """The message to an agent for the learning objects, `(n, K)`."""
        assert self.language is not None
        signs = self.language.signs
        return teaching(signs[agent], self.language.vocabularies[agent], trust_in(signs, agent, self.K))

    def resend(self) -> None:
        if self.communication != "none":
            super().resend()

    def infer(self, observations: list[np.ndarray], above: Any = None) -> Messages:
        """Infer the messages for other objects, as expectations over the game. Draws no random numbers.

        The forward message is the stationary distribution of the game. The message to each agent has the
        probabilities of its classes, given the other agents' percepts and the message from above.
        """
        if self.language is None:
            self.load()
        assert self.language is not None
        percepts = [
            Percept.of(p, shares) for p, shares in zip(self.checked(observations), self.shares, strict=True)
        ]
        log_p, log_prior = self.language.log_p(percepts), log_of(above)
        backward: list[Any] = [
            None if self.communication == "none" else hint(self.heard_by(agent, log_p, log_prior), words, shares)
            for agent, (words, shares) in enumerate(zip(self.language.vocabularies, self.shares, strict=True))
        ]
        p = self.led_to(log_p, log_prior)
        return Named(p.mean(axis=0), backward, held=p.argmax(axis=2).T, own=own_signs(log_p, percepts).T)

    def heard_by(self, agent: int, log_p: np.ndarray, log_prior: np.ndarray | None) -> np.ndarray:
        """Log-probabilities of signs by the other agents and the prior, `(n, K)`, up to a constant per object."""
        others = np.delete(log_p, agent, axis=0)
        log_m = others.sum(axis=0) if self.communication == "game" else np.log(normalised(others).mean(axis=0))
        return log_m if log_prior is None else log_m + log_prior

    def led_to(self, log_p: np.ndarray, log_prior: np.ndarray | None) -> np.ndarray:
        """The stationary distribution of each agent's sign for every object, `(A, n, K)`.

        If all proposals are accepted it is the distribution of the others' proposals; without communication it is
        the agent's own.
        """
        agents = range(len(log_p))
        if self.communication == "all":
            return normalised(np.stack([self.heard_by(agent, log_p, log_prior) for agent in agents]))
        log_p = np.stack([log_p.sum(axis=0)] * len(log_p)) if self.communication == "game" else log_p
        return normalised(log_p if log_prior is None else log_p + log_prior)

    def sample(self, n: int, rng: np.random.Generator, above: Any = None) -> list[np.ndarray] | None:
        """Draw the messages for `n` new objects: one sign each, drawn from the signs' shares times `above`."""
        if self.communication == "none":
            return None
        assert self.language is not None
        counts = np.bincount(self.language.signs.ravel(), minlength=self.K) + 1.0
        p = np.tile(counts / counts.sum(), (n, 1)) * (1.0 if above is None else np.asarray(above))
        cumulated = p.cumsum(axis=1)
        signs = (cumulated <= rng.random((n, 1)) * cumulated[:, -1:]).sum(axis=1)
        with np.errstate(divide="ignore"):
            log_m = np.log(np.eye(self.K)[signs])
        return [
            hint(log_m, words, shares)
            for words, shares in zip(self.language.vocabularies, self.shares, strict=True)
        ]

    def state(self) -> dict[str, np.ndarray]:
        assert self.language is not None and self.own is not None
        return super().state() | {
            "signs": self.language.signs,
            "vocabularies": np.stack(self.language.vocabularies),
            "acceptance": np.array(self.language.acceptance),
            "shares": np.stack(self.shares),
            "own": self.own,
        }

    def resume(self, arrays: dict[str, np.ndarray]) -> None:
        signs, vocabularies, shares = arrays["signs"], arrays["vocabularies"], arrays["shares"]
        if vocabularies.ndim != 3 or vocabularies.shape[1:] != (self.K, self.K) or len(vocabularies) != len(signs):
            raise InputError(
                f"{self.name} learnt vocabularies of shape {vocabularies.shape}. Received: K={self.K}, which "
                f"needs ({len(signs)}, {self.K}, {self.K})"
            )
        if self.observed and len(self.observed) != len(vocabularies):
            raise InputError(f"{self.name} learnt with {len(vocabularies)} agents. Received: {len(self.observed)}")
        super().resume(arrays)
        self.language = Language(signs, list(vocabularies), tuple(arrays["acceptance"].tolist()))
        self.shares, self.signs, self.own = list(shares), signs, arrays["own"]


def own_signs(log_p: np.ndarray, percepts: list[Percept]) -> np.ndarray:
    """The most probable sign of every object by each agent's own percept, `(A, n)`; -1 for objects not seen."""
    return np.where(np.stack([percept.seen for percept in percepts]), log_p.argmax(axis=2), -1)


def log_of(p: Any) -> np.ndarray | None:
    """Logarithms of probabilities; None for None."""
    return None if p is None else np.log(np.maximum(p, SMALLEST))
