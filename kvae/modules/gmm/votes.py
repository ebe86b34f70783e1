"""Votes of neighbours on the classes of a mixture: learnt rows vote on each other, and on new rows."""

from typing import Any

import numpy as np

from kvae.errors import InputError
from kvae.modules.mixture.neighbours import Voters
from kvae.modules.module import Module


class ClassVotes(Module):
    """The votes of neighbours on the classes of a mixture's rows.

    Attributes:
        n_neighbors: Number of nearest rows that vote on a class; 0: no votes.
        voters: The learnt rows that vote on the classes of other rows; None: there are no votes.
    """

    K: int
    n_neighbors: int
    voters: Voters | None

    def check_neighbors(self, n: int, key: str) -> None:
        """Raise InputError for so many votes among `n` rows that the largest class would take all rows."""
        if self.n_neighbors and self.n_neighbors >= n / self.K:
            raise InputError(
                f"{key} must be below the mean number of rows of a component, {n} / {self.K}. "
                f"Received: {self.n_neighbors}"
            )

    def looked_up(self, z: np.ndarray, r: np.ndarray, whole: np.ndarray, above: Any = None) -> np.ndarray:
        """Class probabilities `(n, K)` of rows `z` `(n, d)` after votes of the learnt rows.

        Only the rows that `whole` `(n,)` marks get votes; the others keep their `r` `(n, K)`.

        Raises:
            InputError: When the mixture was learnt without votes.
        """
        if self.voters is None:
            raise InputError(
                f"{self.name} was learnt without n_neighbors, so no learnt rows can vote. "
                f"Received: n_neighbors={self.n_neighbors}. Give n_neighbors=0, or learn with n_neighbors"
            )
        if whole.any():
            rows_above = None if above is None else np.asarray(above)[whole]
            r = r.copy()
            r[whole] = self.voters.vote(z[whole], r[whole], self.n_neighbors, rows_above)
        return r
