"""Lossy compression: posterior means are rounded to cells and entropy coded; means of p(x|z) are restored.

Every chunk begins with a description of its cells, so that it can be read without the others. A row costs about
the entropy of its cells. The likelihood may be continuous, since only its mean is used, which must be exact.
"""

import hashlib
import json
from typing import Any

import numpy as np

from kvae.exact import Exact, ExactNetwork
from kvae.exact.functions import exp
from kvae.model import VAE
from kvae.modules.message import Gaussian
from kvae.uses.compression.archive.varints import take_varint, varint
from kvae.uses.compression.cell_coding import decode_cells, encode_cells
from kvae.uses.compression.cells import MOST_BITS, UNIT, choose_cells, pack_cells, to_units, unpack_cells
from kvae.uses.compression.coders import check_size
from kvae.uses.compression.coding_model import arguments
from kvae.vae.terms import Terms

# Version of the lossy code: raised when the same archive would be decoded to other values.
VERSION = 1
# Rows that are decoded together: limits the size of intermediate arrays.
AT_ONCE = 1024


def check_bits(bits: Any) -> int:
    """`bits` as an integer from 1 to 16.

    Raises:
        ValueError: For anything else.
    """
    whole = isinstance(bits, int | np.integer) and not isinstance(bits, bool)
    if not (whole and 1 <= bits <= MOST_BITS):
        raise ValueError(
            f"`bits` must be an integer from 1 to {MOST_BITS}, the bits per latent dimension. "
            f"Received: bits={bits!r}"
        )
    return int(bits)


class LossyModel:
    """The exact networks of a VAE and its likelihood, of which lossy compression only needs the mean.

    Draws nothing.

    Attributes:
        fingerprint: 32 hexadecimal digits that identify what decoding depends on: the exact decoder, the
            likelihood with its arguments, and the version of the code. The same on every machine.
        data_shape: Shape of an observation.
        latent_dim: Length of a code.
        likelihood: The likelihood p(x|z).

    Args:
        vae: A learnt `kvae.VAE`.

    Raises:
        ValueError: For a layer without an exact counterpart, or a VAE whose class overrides `posterior` or
            `decoded`.
    """

    def __init__(self, vae: VAE) -> None:
        self.data_shape, self.latent_dim, self.likelihood = vae.data_shape, vae.latent_dim, vae.likelihood
        for name in ("posterior", "decoded"):
            if getattr(type(vae), name) is not getattr(Terms, name):
                raise ValueError(
                    f"compression uses the networks directly: a VAE class that overrides `{name}` cannot be used. "
                    f"Received: {type(vae).__name__}"
                )
        self.encoder, self.decoder = ExactNetwork(vae.encoder), ExactNetwork(vae.decoder)
        about = ["lossy", VERSION, type(self.likelihood).__name__, arguments(self.likelihood)]
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode() + self.decoder.digest())
        for weight in self.likelihood.get_weights():
            digest.update(np.asarray(weight, "<f8").tobytes())
        self.fingerprint = digest.hexdigest()[:32]

    def encode(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Posterior means, in `UNIT`, and inverse posterior variances of observations in the model's units.

        Args:
            x: `(n, *data_shape)`.

        Returns:
            int64 and float64, each `(n, latent_dim)`.
        """
        z_mean, z_log_var = self.encoder(x)
        return to_units(np.asarray(z_mean)), exp(np.clip(-np.asarray(z_log_var), -20.0, 30.0))

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Means of p(x|z) in the model's units, float64 `(n, *data_shape)`, for codes `(n, latent_dim)` in `UNIT`.

        The same on every machine.

        Raises:
            ValueError: For a likelihood whose mean is not computed with `kvae.exact.ops`.
        """
        means = np.empty((len(codes), *self.data_shape))
        for start in range(0, len(codes), AT_ONCE):
            (params,) = self.decoder(codes[start : start + AT_ONCE] * UNIT)
            means[start : start + AT_ONCE] = self._mean(params)
        return means

    def _mean(self, params: Exact) -> np.ndarray:
        try:
            mean = self.likelihood.mean(params)
        except TypeError as error:
            raise self._refused(str(error)) from error
        if not isinstance(mean, Exact):  # a function of Keras has converted it
            raise self._refused(type(mean).__name__)
        return np.asarray(mean)

    def _refused(self, came: str) -> ValueError:
        """The error for a mean that is not the same on every machine."""
        return ValueError(
            f"the mean of {type(self.likelihood).__name__} is not computed alike on every machine, as lossy "
            "compression needs. Learn with another likelihood, compress to the bit, or write a mean of your own "
            f"with `ops` of kvae.exact. Received: {came}"
        )


class Lossy:
    """Codes chunks of observations in the model's units; see `kvae.uses.compression.coders.Coder`.

    Args:
        model: The model that codes.
        bits: Bits per latent dimension, from 1 to 16; see `encode_lossy`.

    Raises:
        ValueError: For other bits.
    """

    def __init__(self, model: LossyModel, bits: int) -> None:
        self.model, self.bits = model, check_bits(bits)

    def said(self) -> dict[str, Any]:
        """The fields of `Header` that the coder sets, by name."""
        return {"precision": (), "lossy": {"bits": self.bits}}

    def encode(self, levels: np.ndarray, messages: Gaussian | None) -> tuple[bytes, np.ndarray]:
        """Code a chunk of observations; return its bytes, and the bits of every row, `(n,)`."""
        check_size(len(levels), self.model.data_shape)
        coded, bits = encode_lossy(self.model, self.bits, levels, messages)
        return varint(len(levels)) + coded, bits

    def decode(self, payload: bytes) -> np.ndarray:
        """The means of a chunk, float64, in the model's units. Raises as `decode_lossy` does."""
        n, place = take_varint(payload, 0)
        check_size(n, self.model.data_shape)
        return decode_lossy(self.model, payload[place:], n)


def encode_lossy(
    model: LossyModel, bits: int, x: np.ndarray, messages: Gaussian | None = None
) -> tuple[bytes, np.ndarray]:
    """Code a chunk of rows; return its bytes and the bits of each row's cells, `(n,)`. Draws nothing.

    Args:
        model: The model that codes.
        bits: 2^bits cells span the bulk of the codes of the most informative latent dimension; see `choose_cells`.
        x: Observations in the model's units, `(n, *data_shape)`.
        messages: The prior of every row; None for N(0, I). Only the widths of cells depend on it: it is not
            stored, since decoding does not need it.

    Raises:
        ValueError: For other bits than 1 to 16, or rows of another shape.
        ModuleNotFoundError: Without the package `constriction`; says how to install it.
    """
    codes, precision = model.encode(x)
    return encode_codes(codes, precision, check_bits(bits), prior_precision(messages))


def encode_codes(
    codes: np.ndarray, precision: np.ndarray, bits: int, prior: np.ndarray | float = 1.0
) -> tuple[bytes, np.ndarray]:
    """Code the posterior means of a chunk, as `encode_lossy` does those of its rows."""
    cells = choose_cells(codes, precision, bits, prior)
    words, row_bits = encode_cells(cells.index(codes), cells)
    return pack_cells(cells) + words, row_bits


def decode_lossy(model: LossyModel, chunk: bytes, n: int) -> np.ndarray:
    """The restored rows of a chunk of `n`: means of p(x|z), float64 `(n, *data_shape)` in the model's units.

    The same on every machine.

    Raises:
        ValueError: When the chunk is damaged, or of a model with another latent dimension.
        ModuleNotFoundError: Without the package `constriction`; says how to install it.
    """
    return model.decode(decode_codes(chunk, n, model.latent_dim))


def decode_codes(chunk: bytes, n: int, latent_dim: int) -> np.ndarray:
    """The codes of a chunk in units of `UNIT`, int64 `(n, latent_dim)`. Raises as `decode_lossy` does."""
    cells, place = unpack_cells(chunk, 0, latent_dim, n)
    return cells.codes(decode_cells(chunk, place, n, cells))


def prior_precision(messages: Gaussian | None) -> np.ndarray | float:
    """Mean inverse variances of the priors, `(latent_dim,)`, or 1."""
    if messages is None or messages.cov is None:
        return 1.0
    cov = messages.cov if messages.cov.ndim == 2 else np.diagonal(messages.cov, axis1=1, axis2=2)
    return np.mean(1.0 / cov, axis=0)
