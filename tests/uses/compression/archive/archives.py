"""Small archives for the tests."""

import io

import numpy as np

from kvae.uses.compression.archive import Header, Writer

FORM = {"kind": "pandas", "head": {"columns": ["height", "weight"]}, "maps": [{"values": [0.5, 1.5]}]}


def header(n, **more):
    """The header of an archive of `n` small images."""
    said = {"fingerprint": "0123456789abcdef" * 2, "n": n, "data_shape": (8, 8, 1), "precision": (4, 3, 2)}
    said |= {"likelihood": {"name": "binomial", "n": 16}, "rows_per_chunk": 10, "form": FORM}
    return Header(**said | more)


def archive(payloads, rows=10, beside=None, model=None, **more):
    """An archive of chunks of `rows` rows each."""
    file = io.BytesIO()
    said = header(rows * len(payloads), with_model=model is not None, **more)
    with Writer(file, said) as writer:
        if model is not None:
            writer.add_model(model)
        for i, payload in enumerate(payloads):
            writer.add(payload, rows, beside[i] if beside else b"")
    return file.getvalue()


def everything(reader):
    """All that an archive holds."""
    return reader.header, [reader.chunk(i) for i in range(reader.n_chunks)], reader.model()


def pieces(*sizes, seed=0):
    """Random bytes, a piece of every size."""
    rng = np.random.default_rng(seed)
    return [rng.bytes(size) for size in sizes]
