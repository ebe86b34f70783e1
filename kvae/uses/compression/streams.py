"""Writes rows to an archive and reads them, a chunk at a time: shared by the Python functions and the modes."""

import functools
import math
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any

import numpy as np

from kvae import __version__
from kvae.errors import InputError
from kvae.likelihoods.lookup import node_of
from kvae.modules.message import Gaussian
from kvae.uses.compression.archive import Header, Reader, Span, Writer
from kvae.uses.compression.coders import Coder, Coding
from kvae.uses.compression.coding_model import CODER_VERSION
from kvae.uses.compression.form import Form

# Most rows and values of a chunk by default: few enough for memory, and enough that its start words cost little.
MOST_ROWS, MOST_VALUES = 10_000, 2**23


def rows_of_chunks(data_shape: tuple[int, ...]) -> int:
    """Default number of rows of a chunk."""
    return max(1, min(MOST_ROWS, MOST_VALUES // math.prod(data_shape)))


def write_rows(
    writer: Writer, pieces: Iterable[tuple[np.ndarray, bytes]], coder: Coder, messages: Gaussian | None = None
) -> np.ndarray:
    """Code rows and add them to an archive, a chunk for every piece; return their net bits, `(n,)`.

    Args:
        writer: The archive.
        pieces: Levels `(n, *data_shape)` of consecutive rows, and the bytes stored beside them.
        coder: Codes them.
        messages: The prior of every row; None for N(0, I).

    Raises:
        ValueError: For rows that cannot be coded.
        WriteError: When it cannot be written to disk.
    """
    bits: list[np.ndarray] = []
    start = 0
    for levels, beside in pieces:
        stop = start + len(levels)
        if stop > start:
            priors = None if messages is None else messages.rows(slice(start, stop))
            coded, net = coder.encode(levels, priors)
            writer.add(coded, stop - start, beside)
            bits.append(net)
        start = stop
    return np.concatenate(bits) if bits else np.zeros(0)


def read_rows(reader: Reader, coder: Coder, spans: Iterable[Span]) -> Iterator[tuple[np.ndarray, bytes, slice]]:
    """Decode rows of an archive, chunk by chunk, for `Form.result` and `Restorer.add`.

    Args:
        reader: The archive.
        coder: Its coder.
        spans: The rows to read, as `Reader.rows` gives them.

    Yields:
        Levels `(n, *data_shape)` of a chunk, the bytes stored beside them, and the slice of rows in `spans`.

    Raises:
        InputError: When a chunk is damaged, or was coded with something else.
    """
    for span in spans:
        place, chunk = reader.places[span.chunk], reader.chunk(span.chunk)
        try:
            levels = coder.decode(chunk.coded)
            if len(levels) != place.n_rows:
                raise ValueError(f"it holds {len(levels)} rows and promises {place.n_rows}")
        except ValueError as error:
            raise reader.damaged(span.chunk, error) from error
        yield levels, chunk.beside, slice(span.start, span.stop)


@functools.cache
def constriction_version() -> str:
    """Version of the entropy coder; cached, since looking it up takes longer than coding a few rows."""
    return version("constriction")


def header_of(model: Coding, coder: Coder, form: Form, n: int, at_once: int, /, **more: Any) -> Header:
    """The header of an archive of `n` rows.

    Args:
        model: The model that codes.
        coder: The coder.
        form: The original form of the data.
        n: Number of rows.
        at_once: Rows of a chunk.
        more: Further fields of the header: `messages`, `with_model`, `model`.
    """
    node = node_of(model.likelihood)
    return Header(
        fingerprint=model.fingerprint,
        n=n,
        data_shape=model.data_shape,
        likelihood=node if isinstance(node, dict) else {"name": node},
        rows_per_chunk=at_once,
        form=form.to_json(),
        coder=str(CODER_VERSION),
        constriction=constriction_version(),
        **coder.said() | more,
    )


def check_model(header: Header, model: Coding, name: str, whose: str = "this one's") -> None:
    """Raise InputError unless an archive was written with this model, by this version of the coder.

    Args:
        header: The header of the archive.
        model: The model that is to decode it.
        name: Name of the archive in errors.
        whose: Name of the model's fingerprint in errors.
    """
    if header.coder != str(CODER_VERSION):
        raise InputError(
            f"{name} was written by version {header.coder} of the coder, in kvae {header.kvae}; this kvae "
            f"{__version__} has version {CODER_VERSION}. Open it with that kvae"
        )
    if (header.fingerprint, header.data_shape) != (model.fingerprint, model.data_shape):
        raise InputError(
            f"{name} was written with another model: its fingerprint is {header.fingerprint}, and {whose} is "
            f"{model.fingerprint}. Open it with the model that wrote it"
        )
