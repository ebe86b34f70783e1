"""The measured tasks: a network, a batch size and an action, on images that need no download."""

from dataclasses import dataclass

import numpy as np

LATENT_DIM = 20
HIDDEN = 400
FILTERS = (32, 64)
CONV_HIDDEN = 128
LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class Task:
    """One line of a table.

    Attributes:
        action: `learn` or `recognise`.
        network: `mlp` (784-400-20-400-784) or `conv` (kvae's `model=conv` with latent_dim 20).
        batch_size: Observations per step.
        rows: Observations in the data; a `batch_size` of the same number is full-batch training.
        passes: Passes over the data in one measurement.
    """

    action: str
    network: str
    batch_size: int
    rows: int
    passes: int


def images(rows: int) -> np.ndarray:
    """The bundled digits, enlarged and repeated: `(rows, 28, 28, 1)` float32 in [0, 1]."""
    from sklearn.datasets import load_digits

    digits = load_digits().images.astype(np.float32) / 16.0
    enlarged = np.pad(digits.repeat(3, axis=1).repeat(3, axis=2), ((0, 0), (2, 2), (2, 2)))
    return enlarged[np.arange(rows) % len(enlarged)][..., None]
