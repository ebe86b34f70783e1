"""The Markov model as a module: it infers the class of a row from its neighbours in time."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kvae.errors import InputError
from kvae.modules.class_messages import TINY, check_classes, filled, product
from kvae.modules.hooks import Messages
from kvae.modules.markov.chain import Inferred, normalised_rows
from kvae.modules.markov.learning import Learnt, learn_chain, sampled_chain
from kvae.modules.markov.results import ChainResults
from kvae.modules.module import forward_without
from kvae.modules.parameters import check_number, check_only_recog, check_whole, check_word
from kvae.options.arguments import is_integer

if TYPE_CHECKING:
    from kvae.data import Data

METHODS = ("exact", "sampling")


class MarkovModel(ChainResults):
    """A Markov chain over the classes of what it observes, with Serket's parameters and files.

    It observes class probabilities `(n, K)` of rows in the order of time; a row of NaN is a missing row. Forward
    message: p(class of row t | all rows), `(n, K)`. Backward message: p(class of row t | all rows except t), `(n,
    K)`, so that a module below that multiplies by it counts no evidence twice. Messages from above are class
    probabilities `(n, K)`, which multiply both. The chain is learnt in `kvae.modules.markov.learning`.

    Args:
        num_samp: Number of draws of the classes, with `method="sampling"`.
        name: Names the folder.
        mode: `learn` or `recog`.
        lengths: Number of rows of every sequence: a list, or one number for all; None: all rows are one sequence.
        alpha: Extra count of every transition, above 0.
        method: `exact`: expected counts (Baum-Welch); `sampling`: counts of draws from the observed class
            probabilities, as in Serket.
        itr: Maximum number of iterations of Baum-Welch.
        n_starts: Number of random starts of Baum-Welch in every update.
        trust: Trust that the classes of the module below are the states of the chain: an extra count, in units of
            n / K rows. None: the states are the classes.
        seed: Seed of starts and draws.
        learnt: Folder of the module whose chain `recog` infers with; None: this module's own.
        folder: As in `Module`.

    Raises:
        InputError: For a parameter out of range.
    """

    takes_gaps = True
    in_order = True

    def __init__(
        self,
        num_samp: int = 100,
        name: str = "mm",
        mode: str = "learn",
        *,
        lengths: int | Sequence[int] | None = None,
        alpha: float = 0.1,
        method: str = "exact",
        itr: int = 100,
        n_starts: int = 12,
        trust: float | None = 0.3,
        seed: int = 0,
        learnt: str | Path | None = None,
        folder: str | Path | None = None,
    ) -> None:
        super().__init__(name, mode, folder)
        check_only_recog("learnt", learnt, mode)
        check_whole("num_samp", num_samp)
        check_whole("itr", itr)
        check_whole("n_starts", n_starts, lowest=0)
        check_whole("seed", seed, lowest=0)
        check_number("alpha", alpha, above=True)
        if trust is not None:
            check_number("trust", trust)
        check_word("method", method, METHODS)
        self.num_samp, self.method, self.itr, self.n_starts = num_samp, method, itr, n_starts
        self.alpha, self.trust, self.seed, self.learnt = float(alpha), trust, seed, learnt
        self.lengths = as_lengths(lengths)
        self.learnt_chain: Learnt | None = None
        self.below: np.ndarray | None = None

    def update(self, write: bool = True) -> None:
        """Learn the chain, or in mode `recog` only infer; send messages. Draws random numbers from `seed`.

        Args:
            write: Whether to write the files of `write`.

        Raises:
            InputError: Before `connect`, for several observed modules, for observations that are not class
                probabilities, for lengths that do not fit, or in mode `recog` without a learnt chain.
        """
        observations = self.get_observations()
        module = self.observed[0]
        if len(self.observed) > 1:
            names = ", ".join(one.name for one in self.observed)
            raise InputError(f"{self.name} observes one module, in the order of time. Received: {names}")
        observed = observations[0]
        if module.observed and self in module._backward:  # without its own message, which would count as evidence
            observed = np.asarray(forward_without(module, self))
        if self.mode == "learn":
            self.below = module.get_forward_prior()
            evidence, first = self.evidence(observed), self.first(len(observed))
            self.learnt_chain = self.learn(evidence, first)
            self.updates += 1
        messages = self.infer([observed], self.get_backward_msg())
        self.set_forward_msg(messages.forward)
        self.send_backward_msgs(messages.backward)
        if write:
            self.write()

    def step(self) -> None:
        self.update(write=False)

    def begin(self, data: "Data") -> None:
        super().begin(data)
        self.first(len(data.train))

    def learn(self, evidence: np.ndarray, first: np.ndarray) -> Learnt:
        """Learn the chain from p(row | class) `(n, K)`, each row up to a factor."""
        seed = self.seed + self.updates
        if self.method == "sampling":
            rng = np.random.default_rng((seed, 4))
            return sampled_chain(normalised_rows(evidence), first, self.num_samp, self.alpha, rng)
        return learn_chain(
            evidence,
            first,
            itr=self.itr,
            n_starts=self.n_starts,
            alpha=self.alpha,
            trust=self.trust,
            seed=seed,
            previous=self.learnt_chain,
        )

    def infer(self, observations: list[np.ndarray], above: Any = None) -> Messages:
        """Infer the messages for rows in the order of time with the learnt chain, and change nothing.

        Args:
            observations: Class probabilities `(n, K)` that do not depend on messages of this module.
            above: Class probabilities from above, `(n, K)`.
        """
        if self.learnt_chain is None:
            self.load()
        found, above = self.inferred(self.evidence(observations[0]), above), filled(above)
        message = found.message if above is None else normalised_rows(found.message * above)
        if self.below is not None:  # the module below multiplies the message by its prior itself
            message = normalised_rows(message / self.below)
        return Messages(found.posterior, [message])

    def inferred(self, evidence: np.ndarray, above: Any = None) -> Inferred:
        """Forward-backward over rows, from p(row | class) `(n, K)` and class probabilities from above."""
        assert self.learnt_chain is not None
        k = len(self.learnt_chain.chain)
        if evidence.shape[1] != k:
            raise InputError(f"{self.name} learnt from {k} classes. Received: {evidence.shape[1]}")
        states, filled_above = self.learnt_chain.states(evidence), filled(above)
        if filled_above is not None:
            states = states * np.maximum(filled_above, TINY)
        return self.learnt_chain.chain.infer(states, self.first(len(evidence)))

    def evidence(self, observed: np.ndarray) -> np.ndarray:
        """p(row | class) `(n, K)`, each row up to a factor, from the class probabilities of the module below.

        Raises:
            InputError: For values that are not class probabilities.
        """
        check_classes(observed, None, self.name, ", ".join(module.name for module in self.observed))
        p = filled(observed)
        assert p is not None
        unknown = np.isnan(observed).all(axis=1, keepdims=True)
        return p if self.below is None else np.where(unknown, 1.0, normalised_rows(p / self.below))

    def first(self, n: int) -> np.ndarray:
        """Which of `n` rows are the first of a sequence, `(n,)`.

        Raises:
            InputError: When the lengths do not fit the number of rows.
        """
        begins = np.zeros(n, bool)
        if isinstance(self.lengths, list):
            if sum(self.lengths) != n:
                raise InputError(
                    f"{self.keys}lengths must sum to the number of rows, {n}. Received: lengths that sum to "
                    f"{sum(self.lengths)}. Sequences of one length need one number, and one sequence none"
                )
            begins[np.cumsum([0, *self.lengths[:-1]])] = True
        elif self.lengths is not None:
            if n % self.lengths:
                raise InputError(
                    f"{self.keys}lengths must divide the number of rows, {n}. Received: lengths={self.lengths}"
                )
            begins[:: self.lengths] = True
        begins[0] = True
        return begins

    def sample(self, n: int, rng: np.random.Generator, above: Any = None) -> list[Any] | None:
        """Draw the classes of `n` new consecutive rows, one-hot, from the chain and the message from above.

        If `lengths` is a number, a new sequence begins after every `lengths` rows.
        """
        assert self.learnt_chain is not None
        first = np.arange(n) % (self.lengths if isinstance(self.lengths, int) else n) == 0
        k, there = len(self.learnt_chain.chain), filled(above)
        found = self.learnt_chain.chain.infer(np.ones((n, k)) if there is None else np.maximum(there, TINY), first)
        return [np.eye(k)[found.draw(rng)]]

    def check_backward(self, message: Any, source: str) -> None:
        check_classes(message, None if self._forward is None else self._forward.shape[1], self.name, source)

    def combine(self, messages: list[Any]) -> np.ndarray:
        """The product of the senders' probabilities, normalised."""
        return product(messages)


def as_lengths(lengths: Any) -> int | list[int] | None:
    """Lengths of sequences as integers; None for None.

    Raises:
        InputError: For anything but an integer >= 1 or a list of such.
    """
    if lengths is None or (is_integer(lengths) and lengths >= 1):
        return None if lengths is None else int(lengths)
    values = list(lengths) if isinstance(lengths, Sequence | np.ndarray) and not isinstance(lengths, str) else []
    if not values or not all(is_integer(value) and value >= 1 for value in values):
        raise InputError(
            f"lengths must be an integer >= 1, a list of them, one for each sequence, or None. "
            f"Received: lengths={lengths!r}"
        )
    return [int(value) for value in values]
