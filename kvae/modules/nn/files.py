"""The neural network of a module: how it is built, saved, loaded and written."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from kvae.errors import InputError
from kvae.modules.hooks import unfit
from kvae.modules.module import Module
from kvae.modules.nn.target import Target
from kvae.modules.nn.training import network_of, weights_of

Maker = Callable[[int, int], keras.Model]


class NetworkFiles(Module):
    """The neural network of a module, its state and its files.

    Attributes:
        network: The network; None before its numbers of inputs and outputs are known.
        target: The distribution of what it predicts.
        made: The user's own model, or a function that makes one; None: dense layers.
        waiting: Weights that were read, for a network that is not yet built.
        losses: The loss of every pass of the last update.
    """

    network: keras.Model | None
    target: Target | None
    made: keras.Model | Maker | None
    kind: str
    hidden: int | list[int]
    seed: int
    learnt: str | Path | None
    waiting: list[np.ndarray]
    losses: list[dict[str, float]]

    def built(self, k: int, d: int) -> keras.Model:
        """The network from `k` classes to `d` numbers: the user's own, or dense layers. Sets the seed of Keras.

        Raises:
            InputError: When the user's model gives another number of outputs.
        """
        keras.utils.set_random_seed(self.seed)
        if self.made is None:
            return network_of(k, d, self.hidden, self.kind)
        model = self.made if isinstance(self.made, keras.Model) else self.made(k, d)
        found = np.shape(model(np.zeros((2, k), np.float32)))
        if found != (2, d):
            raise InputError(
                f"model must give {d} numbers for {k} class probabilities, shape (n, {d}). "
                f"Received: shape {('n', *found[1:])}"
            )
        return model

    def progress(self) -> dict[str, float]:
        return {"loss": self.losses[-1]["loss"]} if self.losses else {}

    def state(self) -> dict[str, np.ndarray]:
        assert self.target is not None and self.network is not None
        target = {"mean": self.target.mean, "scale": self.target.scale, "noise": self.target.noise}
        weights = {f"weight_{i}": np.asarray(value) for i, value in enumerate(weights_of(self.network))}
        return super().state() | target | weights

    def resume(self, arrays: dict[str, np.ndarray]) -> None:
        super().resume(arrays)
        self.target = Target(self.kind, arrays["mean"], arrays["scale"], arrays["noise"])
        self.waiting = [arrays[f"weight_{i}"] for i in range(sum(name.startswith("weight_") for name in arrays))]
        if self._sent and self._sent[0] is not None:
            self.take_weights(self._sent[0].shape[1])

    def take_weights(self, k: int) -> None:
        """Build the network for `k` classes, and give it the weights that were read.

        Raises:
            InputError: When the weights have other shapes.
        """
        assert self.target is not None
        network = self.built(k, len(self.target.mean))
        there = weights_of(network)
        shapes = [tuple(one.shape) for one in there], [one.shape for one in self.waiting]
        if shapes[0] != shapes[1]:
            raise InputError(
                f"{self.name} learnt weights of other shapes than hidden={self.hidden} gives, or its own model"
            )
        for one, value in zip(there, self.waiting, strict=True):
            one.assign(value)
        self.network = network

    def load(self) -> None:
        path = (self.folder if self.learnt is None else type(self.folder)(Path(self.learnt))).state
        if not path.is_file():
            raise InputError(f"{self.name} has learnt nothing yet: there is no {path}")
        try:
            self.resume(self.read(path))
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise error if isinstance(error, InputError) else unfit(path, error) from error

    def describe(self) -> str:
        return "messages of a network"

    def said(self) -> str:
        return f"network, loss {self.losses[-1]['loss']:.3f}" if self.losses else "network"

    def write(self) -> None:
        """Write `message_{mode}` and `y_hat_{mode}`; when learning, `loss.txt` and `model.npz`."""
        self.folder.write_rows(f"message_{self.mode}", np.asarray(self._sent[0]))
        self.folder.write_rows(f"y_hat_{self.mode}", np.asarray(self.get_forward_msg()))
        if self.mode == "learn":
            self.folder.write_log("loss", self.losses, ["iteration", "loss"])
            self.save()
