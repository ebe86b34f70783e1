"""Coders turn a chunk of observations into bytes and back: the protocol, and lossless bits-back coding."""

import math
from typing import Any, Protocol

import numpy as np

from kvae.modules.message import Gaussian
from kvae.uses.compression.archive import pack, unpack
from kvae.uses.compression.bits_back import decode_rows, encode_rows
from kvae.uses.compression.coding_model import CodingModel

# Rows from whose posteriors the precision of the codes is chosen.
FIRST_ROWS = 1000
# Most values of a chunk of several rows: 2 GiB in float64, 32 times the default.
MOST_VALUES = 2**28


def check_size(n: int, data_shape: tuple[int, ...]) -> None:
    """Raise ValueError for a chunk that would fill the memory, as a few forged bytes could ask for."""
    if n > 1 and n * math.prod(data_shape) > MOST_VALUES:
        raise ValueError(
            f"a chunk has at most {MOST_VALUES:,} values: take fewer rows_per_chunk. "
            f"Received: {n:,} rows of shape {data_shape}"
        )


class Coding(Protocol):
    """A model, as coders need it.

    Attributes:
        fingerprint: Identifies the model, 32 hexadecimal digits.
        data_shape: Shape of an observation.
        likelihood: The likelihood p(x|z).
    """

    fingerprint: str
    data_shape: tuple[int, ...]
    likelihood: Any


class Coder(Protocol):
    """Codes chunks of levels `(n, *data_shape)`; each chunk is decoded without any other."""

    def said(self) -> dict[str, Any]:
        """The fields of `Header` that the coder sets, by name."""
        ...

    def encode(self, levels: np.ndarray, messages: Gaussian | None) -> tuple[bytes, np.ndarray]:
        """Code a chunk; return its bytes, and the net bits of every row, `(n,)`."""
        ...

    def decode(self, payload: bytes) -> np.ndarray:
        """The levels of a chunk.

        Raises:
            ValueError: For bytes that another model wrote, or that are damaged.
        """
        ...


class Lossless:
    """Lossless coder: bits-back coding.

    Args:
        model: The model that codes.
        precision: Precision of its codes, as `CodingModel.precision` chose it.
    """

    def __init__(self, model: CodingModel, precision: tuple[int, ...]) -> None:
        self.model, self.precision = model, precision

    @classmethod
    def for_rows(cls, model: CodingModel, levels: np.ndarray) -> "Lossless":
        """The coder for rows like these; codes the first row as a test.

        Raises:
            ValueError: When the likelihood is not computed identically on every machine.
        """
        coder = cls(model, model.precision(levels[:FIRST_ROWS]))
        try:
            coder.encode(levels[:1], None)
        except TypeError as error:  # raised by `kvae.exact` at the first inexact operation
            raise ValueError(str(error)) from error
        return coder

    def said(self) -> dict[str, Any]:
        return {"precision": self.precision}

    def encode(self, levels: np.ndarray, messages: Gaussian | None) -> tuple[bytes, np.ndarray]:
        check_size(len(levels), self.model.data_shape)
        coded, bits = encode_rows(self.model, self.precision, levels, messages)
        return pack(coded), bits

    def decode(self, payload: bytes) -> np.ndarray:
        coded = unpack(payload)
        check_size(coded.n, self.model.data_shape)
        return decode_rows(self.model, self.precision, coded)
