"""The network of a module, and its training, which is reproducible whatever the process has trained before."""

from typing import Any

import keras
import numpy as np


def network_of(k: int, d: int, hidden: int | list[int], kind: str) -> keras.Model:
    """Dense layers with ReLU from `k` inputs to `d` outputs, with a softmax at the end if `kind` is `classes`."""
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
    """Train for `itr` passes with a new Adam; the mean loss of each pass. Draws the order of rows from `seed`.

    The loss is the mean squared error of standardised numbers, or the cross-entropy of a row in nats.
    """
    loss = "categorical_crossentropy" if kind == "classes" else "mean_squared_error"
    network.compile(keras.optimizers.Adam(learning_rate), loss)
    network.optimizer.build(network.trainable_variables)  # in its first step it would be traced twice
    x, y, size = x.astype(np.float32), y.astype(np.float32), min(batch_size or len(x), len(x))
    losses = []
    for number in range(itr):
        order = np.random.default_rng((*seed, number)).permutation(len(x))
        network.reset_metrics()
        for start in range(0, len(x), size):  # Keras returns the mean over the steps of the pass so far
            mean = network.train_on_batch(x[order[start : start + size]], y[order[start : start + size]])
        losses.append({"iteration": number + 1, "loss": float(mean)})
    return losses


def weights_of(network: keras.Model) -> list[Any]:
    """All variables of a network, including those of random layers, without those of the optimizer."""
    return list(network.variables)
