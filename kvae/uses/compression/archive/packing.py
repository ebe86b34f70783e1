"""Coded rows as the payload of a chunk, the same bytes on every machine.

Varints: rows, start words, values + 1 or 0, batches, the size of every batch, bytes of the messages + 1 or 0. Then
the messages, the checksum (4 bytes) and the words (4 each), little-endian.
"""

from typing import TYPE_CHECKING

import numpy as np

from kvae.uses.compression.archive.header import CRC
from kvae.uses.compression.archive.varints import take_varint, varint

if TYPE_CHECKING:
    from kvae.uses.compression.coded_rows import CodedRows

WORD = np.dtype("<u4")


def pack(coded: "CodedRows") -> bytes:
    """Coded rows as bytes."""
    numbers = [coded.n, coded.n_start, 0 if coded.n_values is None else coded.n_values + 1]
    numbers += [len(coded.batches), *coded.batches]
    numbers.append(0 if coded.messages is None else len(coded.messages) + 1)
    words = np.ascontiguousarray(coded.words, WORD)
    return b"".join([*map(varint, numbers), coded.messages or b"", CRC.pack(coded.check), words.tobytes()])


def unpack(payload: bytes) -> "CodedRows":
    """The inverse of `pack`.

    Raises:
        ValueError: When it is damaged: it promises more than there is.
    """
    from kvae.uses.compression.coded_rows import CodedRows

    place = 0

    def take() -> int:
        nonlocal place
        value, place = take_varint(payload, place)
        return value

    n, n_start, n_values, n_batches = take(), take(), take(), take()
    if n_batches > len(payload):
        raise ValueError("it promises more batches than it has bytes")
    batches = tuple(take() for _ in range(n_batches))
    if sum(batches) != n or 0 in batches:
        raise ValueError(f"its batches have {sum(batches)} rows, and it promises {n}")
    n_messages = take()
    end = place + max(n_messages - 1, 0)
    if end + CRC.size > len(payload) or (len(payload) - end - CRC.size) % WORD.itemsize:
        raise ValueError("its length does not fit what it promises")
    words = np.frombuffer(payload, WORD, offset=end + CRC.size).astype(np.uint32)
    return CodedRows(
        n, words, n_start, batches, n_values - 1 if n_values else None,
        payload[place:end] if n_messages else None, CRC.unpack_from(payload, end)[0],
    )  # fmt: skip
