"""Neighbours vote on the classes of a mixture, and new rows are looked up among those that were learnt."""

from typing import Any

import numpy as np

from kvae.errors import InputError
from kvae.modules.mixture.neighbours import Voters
from kvae.modules.module import Module


class ClassVotes(Module):
    """The votes of a mixture's rows.

    Attributes:
        n_neighbors: Nearest rows that vote on a class; 0: none do.
        voters: The rows that classes are looked up from; None: the mixture decides alone.
    """

    K: int
    n_neighbors: int
    voters: Voters | None

    def check_neighbors(self, n: int, key: str) -> None:
        """Raise InputError where so many of `n` rows would vote that the largest class took all of them."""
        if self.n_neighbors and self.n_neighbors >= n / self.K:
            raise InputError(
                f"{key} must be below the rows that a component has in the mean, {n} / {self.K}. "
                f"Received: {self.n_neighbors}"
            )

    def looked_up(self, z: np.ndarray, r: np.ndarray, whole: np.ndarray, above: Any = None) -> np.ndarray:
        """Class probabilities `(n, K)` of rows `z` `(n, d)` by the rows that were learnt; of others `r` stays."""
        if self.voters is None:
            raise InputError(
                f"{self.name} was learnt without n_neighbors, and keeps no rows to look classes up from. "
                f"Received: n_neighbors={self.n_neighbors}; give n_neighbors=0, or learn with it"
            )
        if whole.any():
            told = None if above is None else np.asarray(above)[whole]
            r = r.copy()
            r[whole] = self.voters.vote(z[whole], r[whole], self.n_neighbors, told)
        return r
