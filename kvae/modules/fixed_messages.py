"""A module that sends messages from a file and learns nothing."""

from typing import TYPE_CHECKING

import numpy as np

from kvae.data.tables import read_means
from kvae.errors import InputError
from kvae.modules.hooks import Messages
from kvae.modules.message import Gaussian
from kvae.modules.module import Module

if TYPE_CHECKING:
    from kvae.data import Data


class FixedMessages(Module):
    """Send the VAE the prior means in a file, which has a row for every row of the data, in the same order.

    Args:
        path: The file, in any format that data may have.
        name: As in `Module`.

    Raises:
        InputError: Without a path.
    """

    learns = False
    of_all_rows = True

    def __init__(self, path: str | None, name: str = "message") -> None:
        super().__init__(name)
        if path is None:
            raise InputError("prior=message needs prior.path. For example: prior=message prior.path=mu.npy")
        self.path = path

    def describe(self) -> str:
        return f"messages of {self.path}"

    def begin(self, data: "Data") -> None:
        """Send the messages for the learning rows, and keep those for the held-out rows.

        Raises:
            InputError: When the file does not fit the data.
        """
        super().begin(data)
        train, test = split_messages(self.read_mu(data), data)
        self.send_backward_msgs([train])
        self.held_out = None if test is None else Messages(None, [test])

    def update(self) -> None:
        """Nothing to learn."""

    def messages_for(self, data: "Data", which: str) -> Gaussian | None:
        mu = self.read_mu(data)
        if which == "all":
            return Gaussian(mu)
        train, test = split_messages(mu, data)
        return train if which == "train" else test

    def read_mu(self, data: "Data") -> np.ndarray:
        """The means in the file, `(n, latent_dim)`, with a row for every row of the data, in the same order.

        Raises:
            InputError: When the file is missing, has another shape, or holds NaN or infinity.
        """
        path, latent_dim = self.path, self.observed[0].latent_dim  # type: ignore[attr-defined]
        mu = np.asarray(read_means("prior.path", path), np.float32)
        n = len(data.train) + (0 if data.test is None else len(data.test))
        if mu.shape != (n, latent_dim):
            raise InputError(
                f"prior.path={path} must have a row per observation (held-out rows included) and a column per "
                f"latent dimension, shape ({n}, {latent_dim}). Received: shape {mu.shape}"
            )
        if not np.all(np.isfinite(mu)):
            row = int(np.argmin(np.isfinite(mu).all(axis=1)))
            raise InputError(f"prior.path={path} must be finite. Received: NaN or infinity in row {row}")
        return mu


def split_messages(mu: np.ndarray, data: "Data") -> tuple[Gaussian, Gaussian | None]:
    """The messages for learning rows and for held-out rows, from the means of all rows `(n, latent_dim)`."""
    if data.test is None:
        return Gaussian(mu), None
    held_out = np.arange(len(mu)) >= len(data.train) if data.held_out is None else data.held_out
    return Gaussian(mu[~held_out]), Gaussian(mu[held_out])
