"""The division of a run's iterations into rounds, in each of which every module learns once."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RoundPlan:
    """Rounds of `itr` iterations of the VAE each.

    Attributes:
        itr: Iterations of a round.
        rounds: Number of rounds.
        first_itr: Iterations of the first round, which has no messages yet; None: `itr`.
    """

    itr: int
    rounds: int = 1
    first_itr: int | None = None

    def last_iteration(self, number: int) -> int:
        """The VAE's iterations from the start of the run to the end of round `number`, from 1; 0 for round 0."""
        return (self.first_itr or self.itr) + (number - 1) * self.itr if number else 0

    def rounds_done(self, iteration: int) -> int:
        """Number of rounds in which the VAE's training is complete after `iteration` iterations."""
        return next((n for n in range(self.rounds) if self.last_iteration(n + 1) > iteration), self.rounds)

    @property
    def total(self) -> int:
        """Iterations of all rounds."""
        return self.last_iteration(self.rounds)
