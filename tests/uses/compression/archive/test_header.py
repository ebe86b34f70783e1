"""Headers: small, whole or refused, and never larger in memory than their file could be."""

import json
import re
import struct
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uses.compression.archive.archives import archive, header

import kvae
from kvae.errors import InputError
from kvae.uses.compression.archive import Header, Reader
from kvae.uses.compression.archive.deflated import deflate
from kvae.uses.compression.archive.header import read_header
from kvae.uses.compression.archive.source import Source

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FORM = st.dictionaries(st.text(max_size=8), PLAIN, max_size=4)


@settings(deadline=None)
@given(
    st.builds(
        Header,
        fingerprint=st.text("0123456789abcdef", min_size=32, max_size=32),
        n=st.integers(0, 2**53),
        data_shape=st.lists(st.integers(1, 2**40), max_size=5).map(tuple),
        likelihood=FORM,
        precision=st.lists(st.integers(-50, 50), max_size=60).map(tuple),
        rows_per_chunk=st.integers(1, 2**32),
        form=FORM,
        lossy=st.none() | FORM,
        messages=st.booleans(),
        with_model=st.booleans(),
        model=st.just("") | st.text("0123456789abcdef", min_size=64, max_size=64),
        coder=st.text(max_size=5),
        constriction=st.text(max_size=5),
    )
)
def test_any_header_comes_back(said):
    content = said.to_bytes()
    found, taken = read_header(Source(content + b"more"))
    assert (found, taken) == (said, content)
    assert found.kvae == kvae.__version__


def test_half_a_character_in_a_name_comes_back():
    said = header(1, form={"columns": ["caf\xe9", "\ud83d", "\u65e5\u672c"]})
    assert read_header(Source(said.to_bytes()))[0] == said


def test_all_that_is_not_data_takes_few_bytes():
    said = header(
        10_000, data_shape=(28, 28, 1), precision=tuple([4, 3, 5, 2, 1] * 8), rows_per_chunk=2500, coder="1",
        constriction="0.5.0", fingerprint="5f2b8c0e9d7a41366b0c2d9e8f7a1b54", model="93c1f7" * 10 + "0be4",
    )  # fmt: skip
    assert len(said.to_bytes()) < 200
    assert len(archive([b""])) < 150


def forged(said, version=1, length=None, packed=None):
    """A header of any JSON, with a checksum that fits."""
    packed = deflate(said if isinstance(said, bytes) else json.dumps(said).encode()) if packed is None else packed
    content = (
        struct.pack("<8sHI", b"\x93KVAE\r\n\x1a", version, len(packed) if length is None else length) + packed
    )
    return content + struct.pack("<I", zlib.crc32(content))


SAID = header(1).as_json()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (forged(SAID, version=2), f"of format version 2, and kvae {kvae.__version__} reads version 1. Use"),
        (forged(SAID, length=2**32 - 1), "is cut off within its header, or the header is damaged. Nothing was"),
        (forged(b"[]"), "must be a dictionary"),
        (forged(b"{"), "damaged: Expecting"),
        (forged(b"\xff"), "can't decode"),
        (forged(b'{"n":1,"n":1}'), "'n' occurs twice"),
        (forged(SAID | {"n": -1}), "n must be a whole number >= 0. It holds -1"),
        (forged(SAID | {"n": 10**30}), "n must be a whole number"),
        (forged(SAID | {"n": "1"}), "n must be a whole number"),
        (forged(SAID | {"data_shape": [0]}), r"data_shape\.0 must be a whole number >= 1"),
        (forged(SAID | {"data_shape": [1] * 11}), "data_shape must be a list of at most 10"),
        (forged(SAID | {"precision": [51]}), r"precision\.0 must be a whole number from -50 to 50"),
        (forged(SAID | {"fingerprint": "5F" * 16}), "fingerprint must be 32 hex digits"),
        (forged(SAID | {"unheard_of": 1}), "its header has unheard_of, unlike any archive"),
        (forged({}), "lacks data_shape, fingerprint, "),
        (forged(b'{"n":' + b"9" * 5000 + b"}"), "integer string"),
        (forged(b"[" * 100_000), "nested"),
        (forged(b'{"form":' * 40 + b"{}" + b"}" * 40), "nested deeper than 30"),
        (forged(b" " * 2**21), "unpacks to more than 1,048,576 bytes"),
        (forged(b"", packed=deflate(json.dumps(SAID).encode()) + b"x"), "does not end where"),
        (forged(b"", packed=deflate(json.dumps(SAID).encode())[:-3]), "does not end where"),
        (forged(b"", packed=b"\xff" * 20), "cannot be unpacked"),
    ],
    ids=range(22),
)  # fmt: skip
def test_a_forged_header_is_refused_in_a_sentence(content, words):
    with pytest.raises(InputError, match=words) as refused:
        Reader(content)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 500


def test_what_is_no_archive_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("a", "a")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\nmore")
    (tmp_path / "a.txt").write_bytes(b"height,weight\n1,2\n")
    (tmp_path / "a.kvae").write_bytes(b"")
    (tmp_path / "short.kvae").write_bytes(b"\x93KVAE\r\n\x1a\1")
    (tmp_path / "folder").mkdir()
    for name, words in {
        "a.zip": "no archive of kvae: it is a zip file",
        "a.png": "it is a PNG picture",
        "a.txt": "it begins with b'height,w'. Name a file NAME.kvae",
        "a.kvae": "it is empty",
        "short.kvae": "cut off within its header",
        "folder": "cannot be read as an archive: it is a folder and no file. Name a file",
        "missing": "cannot be read as an archive: No such file",
    }.items():
        for salvage in (False, True):
            with pytest.raises(InputError, match=rf"{re.escape(name)} .*{words}"):
                Reader(tmp_path / name, salvage)
    with pytest.raises(TypeError, match=r"path or bytes. Received: int"):
        Reader(3)


def test_what_is_no_header_is_not_written():
    with pytest.raises(ValueError, match="nested deeper"):
        header(1, form={"a": json.loads("[" * 40 + "]" * 40)}).to_bytes()
    with pytest.raises(TypeError, match="serializable"):
        header(1, form={"a": b"bytes"}).to_bytes()
    with pytest.raises(ValueError, match=r"n must be a whole number >= 0. It holds -1"):
        header(-1)
