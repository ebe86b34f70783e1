"""How the iterations of a run are divided into rounds, in each of which every module learns once."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RoundPlan:
    """Rounds of `itr` iterations of the VAE each.

    Attributes:
        itr: Iterations of a round.
        rounds: How many rounds.
        first_itr: Iterations of the first, which has no messages yet; None: as the others.
    """

    itr: int
    rounds: int = 1
    first_itr: int | None = None

    def last_iteration(self, number: int) -> int:
        """Iterations that are done when the VAE's part of a round, from 1, ends; 0 of round 0."""
        return (self.first_itr or self.itr) + (number - 1) * self.itr if number else 0

    def rounds_done(self, iteration: int) -> int:
        """Rounds whose part of the VAE has ended after so many iterations."""
        return next((n for n in range(self.rounds) if self.last_iteration(n + 1) > iteration), self.rounds)

    @property
    def total(self) -> int:
        """Iterations of all rounds."""
        return self.last_iteration(self.rounds)
