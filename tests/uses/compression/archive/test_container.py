"""Archives: what is written comes back, and what is not as it was written is refused."""

import io

import numpy as np
import pytest

from kvae.errors import InputError
from kvae.uses.compression.archive import Header, Reader, Writer

RNG = np.random.default_rng(0)
FORM = {"kind": "pandas", "columns": ["height", "weight"], "dtype": ["float64", "int64"]}


def header(n, **more):
    """The header of an archive of `n` small images."""
    said = {"fingerprint": "0123456789abcdef" * 2, "n": n, "data_shape": (8, 8, 1), "precision": (4, 3, 2)}
    return Header(
        **said | {"likelihood": {"name": "binomial", "n": 16}, "rows_per_chunk": 100, "form": FORM} | more
    )


def archive(payloads, rows=10, beside=None, model=None, **more):
    """An archive of chunks of `rows` rows each."""
    file = io.BytesIO()
    said = header(rows * len(payloads), beside=beside is not None, with_model=model is not None, **more)
    with Writer(file, said) as writer:
        if model is not None:
            writer.add_model(model)
        for i, payload in enumerate(payloads):
            writer.add(payload, rows)
            if beside is not None:
                writer.add_beside(beside[i], rows)
    return file.getvalue()


def everything(reader):
    """All that an archive holds."""
    chunks = [(reader.chunk(i), reader.beside(i)) for i in range(reader.n_chunks)]
    return reader.header, chunks, reader.model()


def pieces(*sizes):
    return [RNG.bytes(size) for size in sizes]


SMALL = archive(pieces(600, 580, 300), beside=pieces(40, 40, 9), model=RNG.bytes(100))


def test_what_is_written_comes_back():
    payloads, beside, model = pieces(600, 0, 300), pieces(0, 40, 9), RNG.bytes(100)
    with Reader(archive(payloads, beside=beside, model=model)) as reader:
        reader.verify()
        assert (reader.n, reader.lost) == (30, [])
        assert everything(reader) == (
            header(30, beside=True, with_model=True), list(zip(payloads, beside, strict=True)), model,
        )  # fmt: skip


def test_every_flip_of_a_bit_is_refused():
    assert 1800 < len(SMALL) < 2200
    for place in range(len(SMALL)):
        for bit in range(8):
            damaged = bytearray(SMALL)
            damaged[place] ^= 1 << bit
            with pytest.raises(InputError, match="the archive"):
                Reader(bytes(damaged)).verify()


def test_every_truncation_and_every_addition_is_refused():
    for length in range(len(SMALL)):
        with pytest.raises(InputError, match="the archive"):
            Reader(SMALL[:length])
    for more in (b"\0", SMALL[-20:], SMALL):
        with pytest.raises(InputError, match=r"damaged: (bytes were added|it is cut off|its end does not fit)"):
            Reader(SMALL + more)
