"""A Keras network as a module: it learns to predict the second of two modules from the classes of the first."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from kvae.errors import InputError
from kvae.modules.class_messages import check_classes
from kvae.modules.hooks import Messages
from kvae.modules.module import forward_without
from kvae.modules.nn.files import Maker, NetworkFiles
from kvae.modules.nn.target import KINDS, Target
from kvae.modules.nn.training import fit
from kvae.modules.parameters import check_number, check_only_recog, check_whole, check_widths, check_word


class NN(NetworkFiles):
    """A neural network f from the class probabilities of one module to the messages of another, as in Serket.

    It observes two modules: the first sends class probabilities `(n, K)`, the second numbers or class
    probabilities `(n, ...)`. The network is trained to predict the second from the first; each update continues
    with its weights. Rows that are NaN in one of the two are left out.

    Forward message: predictions, of the shape of the second module's message. Backward messages: to the first
    p(y_n | class k), `(n, K)`, normalised, from the prediction f(class k), which a mixture multiplies; to the
    second the predictions. Messages from above are not used.

    Args:
        itr: Passes over the data in one update.
        name: Names the folder.
        batch_size: Rows per step; None: all rows.
        mode: `learn` or `recog`.
        hidden: Width of the hidden layer, or a list of widths.
        learning_rate: Learning rate of Adam, whose state begins anew in every update.
        target: `numbers`: numbers with Gaussian noise, whose variance is learnt for every column; `classes`: class
            probabilities.
        model: Your own Keras model from `(n, K)` to `(n, D)`, or a function of K and D that makes one.
        seed: Seed of initial weights and of the order of rows.
        learnt: Folder of the module whose network `recog` infers with; None: this module's own.
        folder: As in `Module`.

    Raises:
        InputError: For a parameter out of range.
    """

    takes_gaps = True

    def __init__(
        self,
        itr: int = 500,
        name: str = "nn",
        batch_size: int | None = None,
        mode: str = "learn",
        *,
        hidden: int | list[int] = 64,
        learning_rate: float = 0.001,
        target: str = "numbers",
        model: keras.Model | Maker | None = None,
        seed: int = 0,
        learnt: str | Path | None = None,
        folder: str | Path | None = None,
    ) -> None:
        super().__init__(name, mode, folder)
        check_only_recog("learnt", learnt, mode)
        check_whole("itr", itr)
        if batch_size is not None:
            check_whole("batch_size", batch_size)
        check_widths("hidden", hidden)
        check_number("learning_rate", learning_rate, above=True)
        check_word("target", target, KINDS)
        check_whole("seed", seed, lowest=0)
        self.itr, self.batch_size, self.hidden, self.learning_rate = itr, batch_size, hidden, learning_rate
        self.kind, self.made, self.seed, self.learnt = target, model, seed, learnt
        self.network: keras.Model | None = None
        self.target: Target | None = None
        self.shape: tuple[int, ...] = ()
        self.losses: list[dict[str, float]] = []
        self.waiting: list[np.ndarray] = []

    def update(self, write: bool = True) -> None:
        """Train, or in mode `recog` only infer; send messages. Draws random numbers from `seed`.

        Args:
            write: Whether to write the files of `write`.

        Raises:
            InputError: Before `connect`, unless it observes two modules, for rows that are not class probabilities
                or have another width than was learnt, for a loss that is not finite, or in mode `recog` without
                learnt weights.
        """
        observations = self.get_observations()
        if len(observations) != 2:
            names = ", ".join(module.name for module in self.observed)
            raise InputError(f"{self.name} observes two modules, classes and what they predict. Received: {names}")
        observations = [
            np.asarray(forward_without(module, self)) if module.observed and self in module._backward else observed
            for module, observed in zip(self.observed, observations, strict=True)
        ]
        if self.mode == "learn":
            self.learn(*self.rows(observations))
        messages = self.infer(observations)
        self.set_forward_msg(messages.forward)
        self.send_backward_msgs(messages.backward)
        if write:
            self.write()

    def step(self) -> None:
        self.update(write=False)

    def learn(self, x: np.ndarray, y: np.ndarray) -> None:
        """Train the network to predict rows `y` `(n, D)` from class probabilities `x` `(n, K)`."""
        there = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)
        if not there.any():
            raise InputError(f"{self.name} needs rows that both modules have. Received: none")
        x, y = x[there], y[there]
        if self.network is None or self.target is None:
            self.target = Target.of(self.kind, y)
            self.network = self.built(x.shape[1], y.shape[1])
        y = self.target.standardised(y)
        seed = (self.seed, self.updates)
        self.losses = fit(self.network, x, y, self.kind, self.itr, self.batch_size, self.learning_rate, seed)
        if not np.isfinite(self.losses[-1]["loss"]):
            raise InputError(
                f"the loss of {self.name} is not finite. Take a smaller {self.keys}learning_rate. "
                f"Received: {self.learning_rate}"
            )
        self.target = self.target.with_noise(y, self.predicted(x))
        self.updates += 1

    def predicted(self, x: np.ndarray) -> np.ndarray:
        """Standardised predictions `(n, D)` of class probabilities `(n, K)`."""
        assert self.network is not None
        return np.asarray(self.network.predict(np.asarray(x, np.float32), batch_size=1024, verbose=0), np.float64)

    def infer(self, observations: list[np.ndarray], above: Any = None) -> Messages:
        """Infer the messages for rows with the learnt network; those of one row do not depend on others."""
        if self.network is None:
            if self.target is None:
                self.load()
            self.take_weights(np.shape(observations[0])[1])
        x, y = self.rows(observations)
        assert self.target is not None
        forward = np.full((len(x), len(self.target.mean)), np.nan)
        known, there = np.isfinite(x).all(axis=1), np.isfinite(y).all(axis=1)
        if known.any():
            forward[known] = self.target.restored(self.predicted(x[known]))
        classes = np.full(x.shape, 1.0 / x.shape[1])
        log_p = self.target.log_p(self.target.standardised(y[there]), self.predicted(np.eye(x.shape[1])))
        p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
        classes[there] = p / p.sum(axis=1, keepdims=True)
        forward = forward.reshape(-1, *self.shape)
        mean = self.target.mean.reshape(self.shape)  # the prediction for a row without class probabilities
        return Messages(forward, [classes, np.where(np.isnan(forward), mean, forward)])

    def rows(self, observations: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Class probabilities `(n, K)` and targets `(n, D)`; sets `shape`, the shape of a target.

        Raises:
            InputError: For values that are not class probabilities, or targets of another width than was learnt.
        """
        names = [module.name for module in self.observed]
        x, y = (np.asarray(observed, np.float64) for observed in observations)
        check_classes(x, None, self.name, names[0])
        self.shape, y = y.shape[1:], y.reshape(len(y), -1)
        if self.kind == "classes":
            check_classes(y, None, self.name, names[1])
            y = y / y.sum(axis=1, keepdims=True)
        if self.target is not None and len(self.target.mean) != y.shape[1]:
            raise InputError(f"{self.name} learnt to predict {len(self.target.mean)} numbers. "
                             f"Received from {names[1]}: {y.shape[1]}")  # fmt: skip
        return x / x.sum(axis=1, keepdims=True), y
