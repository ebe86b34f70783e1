"""Multimodal latent Dirichlet allocation as a module, with Serket's parameters and files."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kvae.errors import InputError
from kvae.modules.class_messages import filled
from kvae.modules.gaps import known_rows
from kvae.modules.gmm.results import as_labels
from kvae.modules.hooks import Messages
from kvae.modules.mlda.fit import Fit, fit_topics
from kvae.modules.mlda.results import TopicResults
from kvae.modules.mlda.topics import Topics
from kvae.modules.mlda.words import Words, all_words, known_in, scales_of
from kvae.modules.module import forward_without
from kvae.modules.parameters import check_flag, check_number, check_only_recog, check_whole
from kvae.options.arguments import is_number

if TYPE_CHECKING:
    from kvae.data import Data

log = logging.getLogger(__name__)


class MLDA(TopicResults):
    """K topics that explain the words of all observed modules, with Serket's parameters and files.

    It observes any number of modules, which send counts `(n, V)` or class probabilities `(n, K')`. A row of NaN
    lacks the modality. Forward message: topic probabilities `(n, K)`; topic numbers keep their meaning from update
    to update; NaN for rows without any modality. Backward message: to each observed module p(its words | the other
    modalities of the row, and the message from above), `(n, V)`, so that a mixture below that multiplies by it
    counts no evidence twice. Messages from above are class probabilities `(n, K)`, which multiply the prior of a
    row's topics.

    For the same reason it uses the forward message that a module below would send without this module's message.

    Args:
        K: Number of topics.
        weights: For each observed module, the sum to which the words of a row are scaled; None: they are unscaled.
            With `calibrate`, rows are scaled to the mean of their sums, and only the ratios of the weights matter:
            they are factors on the trust in the modalities.
        itr: Maximum number of iterations of one run of the fit.
        name: Names the folder.
        category: True classes `(n,)`, used for metrics alone.
        mode: `learn` or `recog`.
        alpha: Concentration of the topics of a row, Dirichlet(alpha, ..., alpha): the smaller, the fewer topics a
            row has. 0: each row has one topic, so that topics are classes.
        beta: Extra count of every word in every topic, Dirichlet(1 + beta).
        calibrate: Whether to learn for how many words a word counts, so that modalities predict each other best;
            see `kvae.modules.mlda.trust`. If not, each word counts once, as in Serket.
        n_starts: Number of new starts of the fit; classes of modules below, the topics of the previous update and
            the message from above are further starts.
        trust: For messages to a module with K classes: the trust that its classes are the topics, one to one, as a
            number of extra rows with the right class for every row of a topic. 0: none, as in Serket.
        seed: Seed of the starts.
        learnt: Folder of the module whose topics `recog` infers with; None: this module's own.
        folder: As in `Module`.

    Raises:
        InputError: For a parameter out of range.
    """

    takes_gaps = True

    def __init__(
        self,
        K: int,
        weights: Sequence[float] | None = None,
        itr: int = 100,
        name: str = "mlda",
        category: Any = None,
        mode: str = "learn",
        *,
        alpha: float = 0.0,
        beta: float = 0.1,
        calibrate: bool = True,
        n_starts: int = 9,
        trust: float = 1.0,
        seed: int = 0,
        learnt: str | Path | None = None,
        folder: str | Path | None = None,
    ) -> None:
        super().__init__(name, mode, folder)
        check_only_recog("learnt", learnt, mode)
        for key, value in {"K": K, "itr": itr, "n_starts": n_starts}.items():
            check_whole(key, value)
        check_number("alpha", alpha)
        check_number("beta", beta, above=True)
        check_number("trust", trust)
        check_flag("calibrate", calibrate)
        check_whole("seed", seed, lowest=0)
        self.K, self.itr, self.weights = K, itr, as_weights(weights)
        self.category = None if category is None else as_labels(category)
        self.alpha, self.beta, self.calibrate = float(alpha), float(beta), calibrate
        self.trust = float(trust)
        self.n_starts, self.seed, self.learnt = n_starts, seed, learnt
        self.scales: list[float] = []
        self.topics: Topics | None = None
        self.below: list[np.ndarray | None] = []
        self.fit: Fit | None = None
        self.p: np.ndarray | None = None
        self.r: np.ndarray | None = None
        self.without: list[np.ndarray] = []

    def forget_rows(self) -> None:
        super().forget_rows()
        self.p = None

    def update(self, write: bool = True) -> None:
        """Fit the topics, or in mode `recog` only infer; send messages. Draws random numbers from `seed`.

        Args:
            write: Whether to write the files of `write`.

        Raises:
            InputError: Before `connect`, for negative numbers or rows that are missing in part, for no more rows
                than topics, for weights or labels of another length, or in mode `recog` without learnt topics.
        """
        observations, above = self.get_observations(), self.get_backward_msg()
        if self.mode == "recog" and self.topics is None:
            self.load()
        modalities = self.words(self.without_echo(observations))
        if self.mode == "learn":
            self.check(modalities)
            self.learn(modalities, filled(above))
            self.below = [module.get_forward_prior() for module in self.observed]
        self.r, self.without = self.inferred(modalities, above)
        self.set_forward_msg(np.where(known_in(modalities)[:, None], self.r, np.nan))
        self.send_backward_msgs(self.messages_down(self.without))
        if write:
            self.write()

    def step(self) -> None:
        self.update(write=False)

    def begin(self, data: "Data") -> None:
        super().begin(data)
        if len(data.train) <= self.K:
            raise InputError(
                f"{self.keys}K must be below the number of learning rows, {len(data.train)}. Received: {self.K}"
            )

    def without_echo(self, observations: list[np.ndarray]) -> list[np.ndarray]:
        """The observations as they would be without this module's messages, which would count as evidence."""
        return [
            np.asarray(forward_without(module, self)) if module.observed and self in module._backward else observed
            for module, observed in zip(self.observed, observations, strict=True)
        ]

    def words(self, observations: list[np.ndarray]) -> list[Words]:
        """The observations as words: a table of counts for each modality.

        Raises:
            InputError: For values that are not counts, another number of weights, or in mode `recog` another
                number of words than was learnt.
        """
        names = [module.name for module in self.observed]
        if self.weights is not None and len(self.weights) != len(observations):
            raise InputError(
                f"{self.keys}weights must have a number for each observed module, {', '.join(names)}. "
                f"Received: {self.weights}"
            )
        if self.topics is None and self.weights is not None:
            self.scales = scales_of(observations) if self.calibrate else list(self.weights)
        scales: list[float | None] = [*self.scales] or [None] * len(observations)
        modalities = all_words(observations, scales, self.name, names)
        learnt = [] if self.topics is None else [table.shape[1] for table in self.topics.words]
        if learnt and self.mode == "recog" and learnt != [one.width for one in modalities]:
            raise InputError(
                f"{self.name} learnt from {' and '.join(map(str, learnt))} words. "
                f"Received: {' and '.join(str(one.width) for one in modalities)}"
            )
        return modalities

    def check(self, modalities: list[Words]) -> None:
        """Raise InputError for a modality without words, too few rows, or labels of another length."""
        for module, words in zip(self.observed, modalities, strict=True):
            if not words.x.nnz:
                raise InputError(
                    f"{self.name} needs words to learn from. Received from {module.name}: none in all rows"
                )
        n = len(modalities[0].there)
        if n <= self.K:
            raise InputError(f"{self.name} needs more rows than topics. Received: {n} rows for K={self.K}")
        if self.category is not None and self.category.shape != (n,):
            raise InputError(
                f"category must have an entry per observation, shape ({n},). Received: shape {self.category.shape}"
            )

    def learn(self, modalities: list[Words], above: np.ndarray | None = None) -> None:
        """Fit topics to words, from new starts and from the previous topics of the rows."""
        n = len(modalities[0].there)
        if self.topics is not None and (self.p is None or len(self.p) != n):
            self.p = self.topics.infer(modalities) if self.topics.fits(modalities) else None  # of other rows
        before = self.p is not None and self.topics is not None
        self.fit = fit_topics(
            modalities,
            self.K,
            itr=self.itr,
            alpha=self.alpha,
            beta=self.beta,
            seed=self.seed + self.updates,
            n_starts=self.n_starts,
            calibrate=self.calibrate,
            say=None if self.weights is None else (np.array(self.weights) / np.mean(self.weights)).tolist(),
            trust=self.topics.trust if before and self.topics is not None else None,
            previous=self.p if before else None,
            above=above,
        )
        self.topics, self.p = self.fit.topics, self.fit.p
        self.updates += 1
        words = [f"{m.name} {t * w.per_row:.2g}" for m, t, w in zip(
            self.observed, self.topics.trust, modalities, strict=True)]  # fmt: skip
        log.info("%s: words that a row counts for: %s", self.name, ", ".join(words))

    def inferred(self, modalities: list[Words], above: Any) -> tuple[np.ndarray, list[np.ndarray]]:
        """Topic probabilities of rows `(n, K)`, NaN for missing rows, and for each modality those without it."""
        assert self.topics is not None
        given = filled(above)
        p = self.topics.infer(modalities, given)
        known = known_in(modalities) if above is None else known_in(modalities) | known_rows(above)
        without = [self.topics.infer(modalities, given, leave_out=m) for m in range(len(modalities))]
        return np.where(known[:, None], p, np.nan), without

    def infer(self, observations: list[np.ndarray], above: Any = None) -> Messages:
        """Infer the messages for other rows with the learnt topics; those of one row do not depend on others."""
        if self.topics is None:
            self.load()
        p, without = self.inferred(self.words(observations), above)
        return Messages(p, self.messages_down(without))


def as_weights(weights: Any) -> list[float] | None:
    """Weights of modalities as floats; None for None.

    Raises:
        InputError: For anything but a list of numbers above 0.
    """
    if weights is None:
        return None
    values = list(weights) if isinstance(weights, Sequence | np.ndarray) and not isinstance(weights, str) else []
    if not values or not all(is_number(value) and value > 0 for value in values):
        raise InputError(
            f"weights must be numbers > 0, one for each observed module, or None. Received: weights={weights!r}"
        )
    return [float(value) for value in values]
