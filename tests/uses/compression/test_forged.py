"""Archives that somebody forged: every checksum fits, and what they say does not. They cost little to refuse."""

import copy
import functools
import io
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uses.compression.test_api import binary, model

from kvae.errors import InputError
from kvae.uses import compress, decompress
from kvae.uses.compression import coders, kinds
from kvae.uses.compression.archive import Header, Reader, Writer
from kvae.uses.compression.archive.varints import varint
from kvae.uses.compression.coding_model import CodingModel
from kvae.uses.compression.lossy import LossyModel

pytest.importorskip("constriction", reason="the extra [compress] is not installed")
pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]
X = binary(20, np.float64)


@functools.cache
def archives():
    """Archives of an array, of a DataFrame with a column beside, and lossy ones."""
    frame = pd.DataFrame(X.astype(np.int8), columns=list("abcdef"), index=[f"row {i}" for i in range(20)])
    nearly = np.where(X == 1, 1 - 1e-9, X)
    nearly[::3] = X[::3]
    found = [compress(model(), x, rows_per_chunk=7) for x in (X, nearly, frame)]
    return [*found, compress(model(), X, prior_mu=np.ones((20, 2))), compress(model(), X, lossy=True, bits=4)]


@pytest.fixture(scope="module", autouse=True)
def prepared_once():
    """Make the exact networks of a model once: that takes longer than what is tested."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kinds, "CodingModel", functools.cache(CodingModel))
        patch.setattr(kinds, "LossyModel", functools.cache(LossyModel))
        yield


class Careless(Writer):
    """Writes what its header does not promise, too."""

    def _check(self):
        pass


def forged(archive, said=None, changed=lambda i, coded, beside: (coded, beside)):
    """An archive with another header or other chunks, and checksums that fit them."""
    reader, file = Reader(archive), io.BytesIO()
    with Careless(file, reader.header if said is None else Header(**said)) as writer:
        for i, place in enumerate(reader.places):
            chunk = reader.chunk(i)
            coded, beside = changed(i, chunk.coded, chunk.beside)
            writer.add(coded, place.n_rows, beside)
    return file.getvalue()


HEADS = [
    ("form.head.shape", [2**26]),
    ("form.head.shape", [6] * 11),
    ("form.head.features", [0, 1, 2, 3, 4, 2**40]),
    ("form.head.type", "|O"),
    ("form.maps", [{"type": "<f8", "levels": [0, 2**26], "values": [0.0]}]),
    ("form.maps", [{"type": "<f8", "levels": [0, 1, 2**22 - 2, 1], "values": [0.0, 1.0]}]),
    ("form.maps", [{"type": "<f8", "levels": [0, 2, 1, 2], "values": [0.0, 1.0, 1.0, 1.0]}]),
    ("form.maps.0.over", 0),
    ("form.maps", []),
    ("form.kind", "pickle"),
    ("precision", [3]),
    ("precision", [50, 50]),
    ("data_shape", [7]),
    ("n", 10**9),
    ("coder", "0"),
    ("fingerprint", "0" * 32),
    ("lossy", {"bits": 10**9}),
    ("lossy", {}),
]


@pytest.mark.parametrize(("key", "value"), HEADS, ids=[f"{key}={str(value)[:20]}" for key, value in HEADS])
def test_a_forged_header_is_refused_and_costs_little(key, value):
    said = copy.deepcopy(Reader(archives()[0]).header.as_json())
    inner, *names = said, *key.split(".")
    for name in names[:-1]:
        inner = inner[int(name) if isinstance(inner, list) else name]
    inner[names[-1]] = value
    content = forged(archives()[0], said)
    tracemalloc.start()
    with pytest.raises(InputError) as refused:
        decompress(model(), content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "\n" not in str(refused.value)
    assert peak < 2**26


def test_a_small_chunk_that_promises_very_many_rows_is_refused_and_costs_little():
    """Of codes that tell nothing a lossy chunk takes ten bytes, whatever its number of rows."""
    many, one_cell = 2**26, b"\x01\x00\x00" * 2 + b"\x01\x00\x00\x00"
    said = Reader(archives()[4]).header.as_json() | {"n": many}
    file = io.BytesIO()
    with Writer(file, Header(**said)) as writer:
        writer.add(varint(many) + one_cell, many)
    tracemalloc.start()
    with pytest.raises(InputError, match="a chunk has at most 268,435,456 values"):
        decompress(model(), file.getvalue())
    assert tracemalloc.get_traced_memory()[1] < 2**26
    tracemalloc.stop()


def test_a_chunk_that_would_be_refused_is_not_written(monkeypatch):
    monkeypatch.setattr(coders, "MOST_VALUES", 100)
    for lossy in (False, True):
        with pytest.raises(ValueError, match=r"take fewer rows_per_chunk. Received: 20 rows of shape \(6,\)"):
            compress(model(), X, lossy=lossy)
        assert len(decompress(model(), compress(model(), X, lossy=lossy, rows_per_chunk=10))) == 20


@st.composite
def changes(draw):
    """Which archive, which chunk, whether its code or what is beside, and how it is changed."""
    which, chunk, coded = draw(st.integers(0, 4)), draw(st.integers(0, 2)), draw(st.booleans())
    return which, chunk, coded, draw(st.integers(0, 60)), draw(st.integers(0, 4)), draw(st.binary(max_size=4))


def is_refused_or_is_something(change):
    which, number, in_code, place, n_removed, more = change

    def changed(i, coded, beside):
        content = coded if in_code else beside
        if i == number:
            content = content[:place] + more + content[place + n_removed :]
        return (content, beside) if in_code else (coded, content)

    content = forged(archives()[which], changed=changed)
    try:
        assert len(decompress(model(), content)) == 20
    except InputError as error:
        assert "\n" not in str(error)


FREELY = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
some, many = (settings(max_examples=n, **FREELY)(given(changes())(is_refused_or_is_something)) for n in (40, 1500))
test_forged_chunks_are_refused_or_are_something = some
test_many_forged_chunks_are_refused_or_are_something = pytest.mark.slow(many)
