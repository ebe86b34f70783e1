"""The network of a module, and its training: the same from run to run, whatever was trained before."""

from typing import Any

import keras
import numpy as np


def network_of(k: int, d: int, hidden: int | list[int], kind: str) -> keras.Model:
    """Dense layers with ReLU from K inputs to D outputs; probabilities where `kind` is `classes`."""
    x = inputs = keras.Input((k,))
    for width in hidden if isinstance(hidden, list | tuple) else [hidden]:
        x = keras.layers.Dense(width, activation="relu")(x)
    ending = "softmax" if kind == "classes" else None
    return keras.Model(inputs, keras.layers.Dense(d, activation=ending)(x))


def fit(
    network: keras.Model,
    x: np.ndarray,
    y: np.ndarray,
    kind: str,
    itr: int,
    batch_size: int | None,
    learning_rate: float,
    seed: tuple[int, ...],
) -> list[dict[str, float]]:
    """Train for `itr` passes with a fresh Adam; the mean loss of each pass. Draws the order of rows from `seed`.

    The loss is the squared error of a number, or the cross-entropy of a row in nats.
    """
    loss = "categorical_crossentropy" if kind == "classes" else "mean_squared_error"
    network.compile(keras.optimizers.Adam(learning_rate), loss)
    x, y, size = x.astype(np.float32), y.astype(np.float32), min(batch_size or len(x), len(x))
    losses = []
    for number in range(itr):
        order = np.random.default_rng((*seed, number)).permutation(len(x))
        network.reset_metrics()
        for start in range(0, len(x), size):  # the mean over the steps of the pass so far is what comes back
            mean = network.train_on_batch(x[order[start : start + size]], y[order[start : start + size]])
        losses.append({"iteration": number + 1, "loss": float(mean)})
    return losses


def weights_of(network: keras.Model) -> list[Any]:
    """All variables of a network, those of its random layers too, and none of its training."""
    return list(network.variables)
