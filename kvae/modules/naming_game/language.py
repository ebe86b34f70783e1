"""A language: the signs of all agents for all objects, and the meanings of signs; how it begins and changes."""

from dataclasses import dataclass

import numpy as np

from kvae.modules.naming_game.chain import play_sweep
from kvae.modules.naming_game.percept import Percept

TRIAL = 10  # sweeps with each initial language before the best is chosen


@dataclass(frozen=True)
class Language:
    """The language of A agents.

    Attributes:
        signs: The sign of every agent for every object, `(A, n)`.
        vocabularies: p(c | w) of every agent, `(K, C)`, its classes c given a sign w.
        acceptance: For every sweep the share of proposals that were accepted.
    """

    signs: np.ndarray
    vocabularies: list[np.ndarray]
    acceptance: tuple[float, ...] = ()

    @property
    def n_signs(self) -> int:
        """Number of signs, K."""
        return len(self.vocabularies[0])

    def log_p(self, percepts: list[Percept]) -> np.ndarray:
        """Log p(z_a | w) of every agent a, up to a constant per object, `(A, n, K)`."""
        return np.stack([one.log_p(words) for one, words in zip(percepts, self.vocabularies, strict=True)])

    def understood(self, percepts: list[Percept]) -> float:
        """The sum over agents of the mean log p(z_a | w_a) in nats, up to a constant for given percepts."""
        held = np.take_along_axis(self.log_p(percepts), self.signs[:, :, None], axis=2)
        return float(held.mean(axis=1).sum())

    def learnt(self, percepts: list[Percept]) -> "Language":
        """The same signs after one EM step on the vocabulary of every agent."""
        words = [
            percept.vocabulary(signs, self.n_signs, before)
            for percept, signs, before in zip(percepts, self.signs, self.vocabularies, strict=True)
        ]
        return Language(self.signs, words, self.acceptance)

    def relearnt(self, percepts: list[Percept]) -> "Language":
        """The same signs with vocabularies learnt from nothing, for classes that have changed."""
        words = [one.vocabulary(signs, self.n_signs) for one, signs in zip(percepts, self.signs, strict=True)]
        return Language(self.signs, words, self.acceptance)

    def played(
        self,
        percepts: list[Percept],
        sweeps: int,
        rng: np.random.Generator,
        accept_all: bool = False,
        log_prior: np.ndarray | None = None,
    ) -> "Language":
        """The language after `sweeps` sweeps of the game, each followed by a step on the vocabularies."""
        language, acceptance = self, []
        for _ in range(sweeps):
            signs, accepted = play_sweep(language.log_p(percepts), language.signs, rng, accept_all, log_prior)
            acceptance.append(accepted)
            language = Language(signs, language.vocabularies).learnt(percepts)
        return Language(language.signs, language.vocabularies, tuple(acceptance))


def named_by(percepts: list[Percept], namer: int, n_signs: int) -> Language:
    """The language in which one agent names every object by the number of its class, and all learn vocabularies.

    An object that this agent does not see gets the sign that is most probable by all agents' vocabularies.
    """
    signs, named = percepts[namer].classes, percepts[namer].seen
    words = [percept_of(percept, named).vocabulary(signs, n_signs) for percept in percepts]
    log_p = sum(percept.log_p(vocabulary) for percept, vocabulary in zip(percepts, words, strict=True))
    signs = np.where(named, signs, np.argmax(log_p, axis=1))
    return Language(np.tile(signs, (len(percepts), 1)), words)


def percept_of(percept: Percept, which: np.ndarray) -> Percept:
    """The percept restricted to the objects that `which` `(n,)` marks: all others count as not seen."""
    return Percept(percept.evidence, percept.seen & which, percept.shares)


def apart(percepts: list[Percept], n_signs: int) -> Language:
    """The signs of agents that do not communicate: every agent names objects by the numbers of its own classes."""
    words = [percept.vocabulary(percept.classes, n_signs) for percept in percepts]
    return Language(np.stack([percept.classes for percept in percepts]), words)


def begun(percepts: list[Percept], n_signs: int, rng: np.random.Generator, accept_all: bool = False) -> Language:
    """The initial language: the best of those in which one of the agents names all objects.

    For each agent the game is played for a few sweeps from its language (see `named_by`). The language is chosen
    that has the largest sum of all agents' log p(z_a | w_a): good classes of one agent agree with the percepts of
    the others. Draws from `rng`.
    """
    tried = [
        named_by(percepts, namer, n_signs).played(percepts, TRIAL, rng, accept_all)
        for namer in range(len(percepts))
    ]
    return max(tried, key=lambda language: language.understood(percepts))
