"""The Gaussian mixture as a module: it sends class probabilities upwards, and a Gaussian prior downwards."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kvae.errors import InputError
from kvae.modules.gaps import of_known
from kvae.modules.gmm.files import ClassFiles
from kvae.modules.gmm.gaps import known_parts, responsibilities_with_gaps
from kvae.modules.gmm.results import ClassResults, as_labels
from kvae.modules.gmm.votes import ClassVotes
from kvae.modules.hooks import Messages
from kvae.modules.message import Gaussian
from kvae.modules.mixture import Fit, Mixture, fit_mixture
from kvae.modules.mixture.em import COVARIANCES
from kvae.modules.mixture.fit import SELECTIONS
from kvae.modules.mixture.nearest import nearest
from kvae.modules.mixture.neighbours import Voters, voted
from kvae.modules.mixture.threads import threads
from kvae.modules.module import joined
from kvae.modules.parameters import (
    check_flag,
    check_number,
    check_only_recog,
    check_share,
    check_whole,
    check_word,
)

if TYPE_CHECKING:
    from kvae.data import Data

MESSAGES = ("mean", "diag", "full")


class GMM(ClassFiles, ClassVotes, ClassResults):
    """A mixture of K Gaussians over what it observes, with Serket's parameters and files.

    Forward message: class probabilities `(n, K)`; class numbers keep their meaning from update to update. Backward
    message: for every observation the product of the components, each to the power of its responsibility r_nk;
    with unit covariances this is N(sum_k r_nk means_k, I). Messages from above are class probabilities `(n, K)`,
    which multiply the weights. The fit is in `kvae.modules.mixture`.

    The mixture is fitted to the rows that are known to all observed modules. For a row that is missing in some of
    them, class probabilities are those of the marginal mixture. For a row that is missing in all of them they are
    the weights times the message from above, and the forward message is NaN.

    Args:
        K: Number of components.
        itr: Maximum number of EM iterations.
        name: Names the folder.
        category: True classes `(n,)`, used for metrics alone.
        mode: `learn` or `recog`.
        covariance_type, equal_weights, concentration, ridge, n_starts, selection: As in
            `kvae.modules.mixture.fit_mixture`.
        n_neighbors: Number of nearest rows that vote on the class of a row after every fit, below n / K. New rows
            get votes of the learnt rows. 0: no votes.
        message: Covariances of the backward message. `mean`: the identity; `diag`, `full`: the variances or
            covariances of the components plus the posterior variances of what is observed.
        damping: Share of the previous message in each new one, from 0 to below 1.
        weight: Strength of the message, above 0 and at most 1; N(0, I) has the rest.
        ramp: Updates over which the strength grows to `weight`; 0: full strength at once.
        seed: Seed of the starts.
        learnt: Folder of the module whose mixture `recog` infers with; None: this module's own.
        folder: As in `Module`.

    Raises:
        InputError: For a parameter out of range.
    """

    takes_gaps = True

    def __init__(
        self,
        K: int,
        itr: int = 100,
        name: str = "gmm",
        category: Any = None,
        mode: str = "learn",
        *,
        covariance_type: str = "full",
        equal_weights: bool = False,
        concentration: float = 1.0,
        ridge: float = 0.1,
        n_starts: int = 12,
        selection: str = "modularity",
        n_neighbors: int = 0,
        message: str = "mean",
        damping: float = 0.0,
        weight: float = 1.0,
        ramp: int = 0,
        seed: int = 0,
        learnt: str | Path | None = None,
        folder: str | Path | None = None,
    ) -> None:
        super().__init__(name, mode, folder)
        check_only_recog("learnt", learnt, mode)
        for key, value in {"K": K, "itr": itr, "n_starts": n_starts}.items():
            check_whole(key, value)
        check_word("covariance_type", covariance_type, COVARIANCES)
        check_word("message", message, MESSAGES)
        check_word("selection", selection, SELECTIONS)
        check_flag("equal_weights", equal_weights)
        for key, number in {"ridge": ridge, "concentration": concentration}.items():
            check_number(key, number)
        check_whole("ramp", ramp, lowest=0)
        check_whole("n_neighbors", n_neighbors, lowest=0)
        check_share("damping", damping, "a number >= 0 and < 1", lambda value: 0 <= value < 1)
        check_share("weight", weight, "a number > 0 and <= 1", lambda value: 0 < value <= 1)
        check_whole("seed", seed, lowest=0)
        self.K, self.itr, self.category = K, itr, None if category is None else as_labels(category)
        self.covariance_type, self.equal_weights = covariance_type, equal_weights
        self.concentration, self.selection, self.n_neighbors = concentration, selection, n_neighbors
        self.ridge, self.n_starts, self.seed, self.learnt = ridge, n_starts, seed, learnt
        self.message, self.damping, self.weight, self.ramp = message, damping, weight, ramp
        self.mixture: Mixture | None = None
        self.fit: Fit | None = None
        self.r: np.ndarray | None = None
        self.sent: Gaussian | None = None
        self.noise: Any = np.zeros((1, 1))
        self.widths: list[int] = []
        self.known: np.ndarray | None = None
        self.voters: Voters | None = None

    def forget_rows(self) -> None:
        super().forget_rows()
        self.r = self.sent = None

    def update(self, write: bool = True) -> None:
        """Fit the mixture, or in mode `recog` only infer; send messages. Draws random numbers from `seed`.

        Args:
            write: Whether to write the files of `write`.

        Raises:
            InputError: Before `connect`, for no more rows than components, for labels of another length, or in
                mode `recog` without a learnt mixture.
        """
        z = self.observations(self.get_observations())
        self.check(z)
        above = self.get_backward_msg()
        self.known = known_parts(z, self.widths)
        if self.mode == "learn":
            self.r = self.learn(z, log_of(above))
            self.sent = self.damped(self.message_for(self.r, self.variances()), self.sent)
        else:
            self.r, self.sent = self.inferred(z, above)
        self.set_forward_msg(self.forward)
        self.send_backward_msgs(self.parts(self.sent))
        if write:
            self.write()

    def step(self) -> None:
        self.update(write=False)

    def observations(self, messages: list[np.ndarray]) -> np.ndarray:
        """The observed messages side by side, `(n, d)`; sets `widths`, the number of columns of each."""
        z, columns = joined(messages)
        self.widths = [part.stop - part.start for part in columns]
        return z

    def inferred(self, z: np.ndarray, above: Any = None) -> tuple[np.ndarray, Gaussian]:
        """Class probabilities `(n, K)` of rows `z` `(n, d)` under the learnt mixture, and the message for them."""
        if self.mixture is None:
            self.load(z.shape[1])
        assert self.mixture is not None
        known = known_parts(z, self.widths)
        r = responsibilities_with_gaps(self.mixture, z, known, self.widths, log_of(above))
        if self.n_neighbors:
            r = self.looked_up(z, r, np.all(known, axis=1), above)
        return r, self.damped(self.message_for(r), None)

    def infer(self, observations: list[np.ndarray], above: Any = None) -> Messages:
        r, message = self.inferred(self.observations(observations), above)
        return Messages(r, self.parts(message))

    def take(self, messages: Messages) -> None:
        super().take(messages)
        self.r, parts = messages.forward, messages.backward
        self.sent = (
            parts[0] if len(parts) == 1 else Gaussian(np.concatenate([part.mean for part in parts], axis=1))
        )

    def begin(self, data: "Data") -> None:
        super().begin(data)
        if len(data.train) <= self.K:
            key = f"{self.keys}K" if self.keys else "prior.n_components"
            raise InputError(
                f"{key} must be below the number of learning rows, {len(data.train)}. Received: {self.K}"
            )
        self.check_neighbors(len(data.train), f"{self.keys}n_neighbors" if self.keys else "prior.n_neighbors")

    def check(self, z: np.ndarray) -> None:
        """Raise InputError where rows `z` `(n, d)` cannot be fitted or measured."""
        n = int(np.all(known_parts(z, self.widths), axis=1).sum())
        if self.mode == "learn" and n <= self.K:
            which = "" if n == len(z) else " that all modules know"
            raise InputError(
                f"{self.name} needs more rows than components. Received: {n} rows{which} for K={self.K}"
            )
        if self.mode == "learn":
            self.check_neighbors(n, f"n_neighbors of {self.name}")
        if self.category is not None and self.category.shape != (len(z),):
            raise InputError(
                f"category must have an entry per observation, shape ({len(z)},). "
                f"Received: shape {self.category.shape}"
            )

    def learn(self, z: np.ndarray, log_prior: np.ndarray | None = None) -> np.ndarray:
        """Fit to rows `z` `(n, d)` from new starts and the previous classes; responsibilities, `(n, K)`."""
        known = known_parts(z, self.widths)
        whole = np.all(known, axis=1)
        before = of_known(self.r, whole) if self.r is not None and len(self.r) == len(z) else None
        if before is None and self.mixture is not None and self.mixture.means.shape[1] == z.shape[1]:
            before = self.mixture.responsibilities(of_known(z, whole))[0]  # of other rows than before
        rows, rows_prior = of_known(z, whole), None if log_prior is None else of_known(log_prior, whole)
        self.fit = fit_mixture(
            rows,
            self.K,
            itr=self.itr,
            seed=self.seed + self.updates,
            n_starts=self.n_starts,
            ridge=self.ridge,
            concentration=self.concentration,
            equal_weights=self.equal_weights,
            covariance_type=self.covariance_type,
            selection=self.selection,
            previous=None if before is None or np.isnan(before).any() else before,
            log_prior=rows_prior,
        )
        self.mixture, self.r = self.fit.mixture, self.fit.r
        if self.n_neighbors:
            above = None if rows_prior is None else np.exp(rows_prior)
            with threads() as share:
                graph = nearest(rows, self.n_neighbors, share)
            self.r = voted(self.r, graph, above)
            self.voters = Voters(rows.astype(np.float32), self.r.argmax(axis=1))
        if not whole.all():
            r = responsibilities_with_gaps(self.mixture, z, known, self.widths, log_prior)
            r[whole], self.r = self.r, r
        self.updates += 1
        self.say_small()
        return self.r


def log_of(above: Any) -> np.ndarray | None:
    """Logarithms of class probabilities from above; None for None."""
    return None if above is None else np.log(np.maximum(above, 1e-300))
