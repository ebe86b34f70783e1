"""A language: what every agent calls every object, and what signs mean to it; how it begins, and changes."""

from dataclasses import dataclass

import numpy as np

from kvae.modules.naming_game.chain import play_sweep
from kvae.modules.naming_game.percept import Percept

TRIAL = 10  # sweeps in each of the languages that a community begins with


@dataclass(frozen=True)
class Language:
    """The signs of a community of A agents.

    Attributes:
        signs: What every agent calls every object, `(A, n)`.
        vocabularies: Of every agent p(c | w), `(K, C)`.
        acceptance: Of every sweep, the share of the proposals that were accepted.
    """

    signs: np.ndarray
    vocabularies: list[np.ndarray]
    acceptance: tuple[float, ...] = ()

    @property
    def n_signs(self) -> int:
        return len(self.vocabularies[0])

    def log_p(self, percepts: list[Percept]) -> np.ndarray:
        """Log p(z_a | w) of every agent up to a constant of the row, `(A, n, K)`."""
        return np.stack([one.log_p(words) for one, words in zip(percepts, self.vocabularies, strict=True)])

    def understood(self, percepts: list[Percept]) -> float:
        """The sum over agents of the mean log p(z_a | w_a) in nats, up to a constant of the percepts."""
        held = np.take_along_axis(self.log_p(percepts), self.signs[:, :, None], axis=2)
        return float(held.mean(axis=1).sum())

    def learnt(self, percepts: list[Percept]) -> "Language":
        """The same signs after every agent has learnt what they mean, from what it calls what it sees."""
        words = [
            percept.vocabulary(signs, self.n_signs, before)
            for percept, signs, before in zip(percepts, self.signs, self.vocabularies, strict=True)
        ]
        return Language(self.signs, words, self.acceptance)

    def relearnt(self, percepts: list[Percept]) -> "Language":
        """The same signs with their meanings learnt anew, for classes that are others than before."""
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
        """The language after `sweeps` of the game, each followed by learning what the signs mean."""
        language, acceptance = self, []
        for _ in range(sweeps):
            signs, accepted = play_sweep(language.log_p(percepts), language.signs, rng, accept_all, log_prior)
            acceptance.append(accepted)
            language = Language(signs, language.vocabularies).learnt(percepts)
        return Language(language.signs, language.vocabularies, tuple(acceptance))


def named_by(percepts: list[Percept], namer: int, n_signs: int) -> Language:
    """The language in which an agent calls every object by the number of its class, and the others learn that.

    Objects that it does not see are called as the others then find best.
    """
    signs, named = percepts[namer].classes, percepts[namer].seen
    words = [percept_of(percept, named).vocabulary(signs, n_signs) for percept in percepts]
    log_p = sum(percept.log_p(vocabulary) for percept, vocabulary in zip(percepts, words, strict=True))
    signs = np.where(named, signs, np.argmax(log_p, axis=1))
    return Language(np.tile(signs, (len(percepts), 1)), words)


def percept_of(percept: Percept, which: np.ndarray) -> Percept:
    """A percept in which only those objects are seen that `which` `(n,)` says."""
    return Percept(percept.evidence, percept.seen & which, percept.shares)


def apart(percepts: list[Percept], n_signs: int) -> Language:
    """No language: every agent calls every object by the number of its own class."""
    words = [percept.vocabulary(percept.classes, n_signs) for percept in percepts]
    return Language(np.stack([percept.classes for percept in percepts]), words)


def begun(percepts: list[Percept], n_signs: int, rng: np.random.Generator, accept_all: bool = False) -> Language:
    """The language that a community begins with: of those that its agents name, the one they understand best.

    Each agent in turn names all objects by its classes, and all play a few sweeps. Which agent's classes are the
    better ones shows in what others can see as well: the language is kept in which the sum of all agents'
    log p(z_a | w_a) is largest.
    """
    tried = [
        named_by(percepts, namer, n_signs).played(percepts, TRIAL, rng, accept_all)
        for namer in range(len(percepts))
    ]
    return max(tried, key=lambda language: language.understood(percepts))
