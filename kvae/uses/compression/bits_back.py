"""Bits-back coding of rows (Townsend, Bird and Barber 2019, "Practical lossless compression")."""

from dataclasses import dataclass

import numpy as np

from kvae.modules.message import Gaussian
from kvae.uses.compression.coding_model import CodingModel


@dataclass(frozen=True)
class CodedRows:
    """A chunk of coded rows: all that decoding takes beside the model and its precision.

    Attributes:
        n: How many rows.
        words: What is on the stack at the end, from the bottom, uint32.
        n_start: How many words of a fixed generator lay on the stack before the first row.
        batches: How many rows were coded at a time, in the order of coding; their sum is `n`.
        n_values: How many values there are, for a likelihood without a largest one; else None.
        messages: The priors that came with the rows, packed; None for N(0, I).
        check: CRC-32 of the levels.
    """

    n: int
    words: np.ndarray
    n_start: int
    batches: tuple[int, ...]
    n_values: int | None
    messages: bytes | None
    check: int


def encode_rows(
    model: CodingModel, precision: tuple[int, ...], levels: np.ndarray, messages: Gaussian | None = None
) -> tuple[CodedRows, np.ndarray]:
    """Code a chunk of rows, and the net bits of each row, `(n,)`.

    A row's net bits are what it adds to the code: those of its values and of its code under the prior, less those
    that its posterior gives back. The words at the start, the messages and the batches come on top.

    Args:
        model: What codes.
        precision: What `CodingModel.precision` gave.
        levels: `(n, *data_shape)`, each value an index into `likelihood.values()`.
        messages: The prior of every row; None for N(0, I). Of covariances the diagonal is used: the prior that
            codes is the product of the marginals.

    Raises:
        ValueError: For levels outside of the likelihood's values, or another shape.
        ModuleNotFoundError: Without `constriction`, with what to type.
    """
    raise NotImplementedError


def decode_rows(model: CodingModel, precision: tuple[int, ...], coded: CodedRows) -> np.ndarray:
    """The levels that `encode_rows` coded, int32, `(n, *data_shape)`.

    Raises:
        ValueError: When the words of the start or the check do not come back: the code is damaged, or was made
            with another model.
        ModuleNotFoundError: Without `constriction`, with what to type.
    """
    raise NotImplementedError
