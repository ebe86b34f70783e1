"""Codes and reconstructions that a VAE infers for rows, missing rows included."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kvae import model as models
from kvae.data.stored import Rows, StoredRows
from kvae.errors import InputError
from kvae.likelihoods.support import Support, check_values
from kvae.modules.gaps import known_rows, of_known, spread
from kvae.modules.message import Gaussian, as_gaussian
from kvae.modules.module import joined


@dataclass(frozen=True)
class Codes:
    """Codes of n rows.

    Attributes:
        known: Which rows are known, and not missing, `(n,)`.
        z: Means of the posteriors, or draws from them, `(n, latent_dim)`; for a missing row the mean of the
            message from above, NaN without one.
        var: Variances of the posteriors, or of that message, `(n, latent_dim)`.
        x_hat: Reconstructions from the means, `(n, *data_shape)`, NaN for rows without a code; None: not wanted.
        backward: The same, but rows without a code are decoded from the mean of N(0, I), since backward messages
            must be finite.
    """

    known: np.ndarray
    z: np.ndarray
    var: np.ndarray
    x_hat: np.ndarray | None = None
    backward: np.ndarray | None = None

    @property
    def forward(self) -> np.ndarray:
        """The forward message: the codes of known rows, and NaN for all missing rows."""
        return spread(self.z[self.known], self.known) if not self.known.all() else self.z

    @property
    def forward_var(self) -> np.ndarray:
        """Variances of the forward message."""
        return spread(self.var[self.known], self.known) if not self.known.all() else self.var

    def parts(self, arrays: Sequence[Any]) -> list[np.ndarray]:
        """The reconstructions as a backward message for each of the modules that sent `arrays`."""
        assert self.backward is not None
        if len(arrays) == 1:
            return [self.backward.reshape(arrays[0].shape)]
        columns = joined(list(arrays))[1]
        return [self.backward[:, part].reshape(array.shape) for part, array in zip(columns, arrays, strict=True)]


def infer_codes(
    model: models.VAE,
    x: Rows,
    known: np.ndarray,
    above: Gaussian | None = None,
    draw_from: int | None = None,
    decode: bool = True,
) -> Codes:
    """The codes of rows `x` `(n, *data_shape)`.

    Args:
        model: The model.
        x: The rows.
        known: Which rows are known, and not missing, `(n,)`.
        above: The message from above for the rows.
        draw_from: Seed of draws from the posteriors, which are then the codes; None: the codes are the means.
        decode: Whether to reconstruct.
    """
    whole, there = bool(known.all()), of_known(x, known)
    z_mean, z_log_var = model.encode(there) if known.any() else nothing(model)
    z = z_mean
    if draw_from is not None and known.any():
        z = model.sample_posterior(there, seed=draw_from)
    var = np.exp(z_log_var)
    if whole:
        x_hat = model.decode_of(z_mean, x) if decode else None
        return Codes(known, z, var, x_hat, x_hat)
    z, z_mean, var = (spread(values, known) for values in (z, z_mean, var))
    if above is not None:
        received = above.rows(~known)
        z[~known] = z_mean[~known] = received.mean
        var[~known] = received.variances
    if not decode:
        return Codes(known, z, var)
    coded = ~np.isnan(z_mean).any(axis=1)
    backward = model.decode_of(np.where(coded[:, None], z_mean, 0), x)
    return Codes(known, z, var, spread(backward[coded], coded), backward)


def nothing(model: models.VAE) -> tuple[np.ndarray, np.ndarray]:
    """Means and log-variances for no rows: two arrays `(0, latent_dim)`."""
    return np.zeros((0, model.latent_dim), np.float32), np.zeros((0, model.latent_dim), np.float32)


def side_by_side(arrays: Sequence[Any], receiver: str, senders: Sequence[str], cells: bool) -> Any:
    """The messages of several modules as columns of one table; the message of one module unchanged.

    Raises:
        InputError: For a row that is missing in some of the messages, unless single values may be (`cells`).
    """
    if len(arrays) == 1:
        return arrays[0]
    known = [known_rows(array) for array in arrays]
    for place, rows in enumerate(known):
        differs = np.flatnonzero(rows != known[0])
        if len(differs) and not cells:
            row = int(differs[0])
            lacks = senders[place] if known[0][row] else senders[0]
            raise InputError(
                f"{receiver} joins what {' and '.join(senders)} send into one observation: a row must have all of "
                f"them or none. Received: row {row} without {lacks}. Give each module its own VAE"
            )
    return joined(list(arrays))[0]


def check_support(x: Rows, known: np.ndarray, support: Support, receiver: str) -> None:
    """Raise InputError where known rows hold values outside the likelihood's support."""
    if isinstance(x, StoredRows) or not known.any():  # stored rows were checked when the files were opened
        return
    try:
        check_values("x", of_known(x, known), support)
    except ValueError as error:
        raise InputError(f"{receiver}: {str(error).replace('`x`', 'its observations')}") from error


def message_of(received: Any, known: np.ndarray, latent_dim: int) -> Gaussian:
    """The message that a VAE received, for the known rows; a message of zeros where it received none."""
    if received is None:
        return Gaussian(np.zeros((int(known.sum()), latent_dim)))
    return as_gaussian(received) if known.all() else as_gaussian(received).rows(known)
