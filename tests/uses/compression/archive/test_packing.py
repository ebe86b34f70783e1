"""Coded rows as bytes: the same on every machine."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from kvae.uses.compression.archive import pack, unpack
from kvae.uses.compression.archive.varints import take_varint, varint
from kvae.uses.compression.coded_rows import CodedRows

BYTES = bytes.fromhex("ac02 02 00 03 01 ab01 8001 03 6869 efbeadde 04030201 ffffffff 00000000".replace(" ", ""))
WORDS = [0x01020304, 0xFFFFFFFF, 0]


@pytest.mark.parametrize("dtype", ["<u4", ">u4", np.uint32, np.int64])
def test_the_bytes_are_little_endian_whatever_the_machine_is(dtype):
    coded = CodedRows(300, np.array(WORDS, dtype), 2, (1, 171, 128), None, b"hi", 0xDEADBEEF)
    assert pack(coded) == BYTES
    found = unpack(BYTES)
    assert found.words.dtype == np.uint32
    assert found.words.tolist() == WORDS
    assert (found.n, found.n_start, found.batches, found.n_values) == (300, 2, (1, 171, 128), None)
    assert (found.messages, found.check) == (b"hi", 0xDEADBEEF)


@settings(deadline=None)
@given(
    hnp.arrays(np.uint32, st.integers(0, 20)),
    st.integers(0, 2**40),
    st.lists(st.integers(1, 600), max_size=20),
    st.none() | st.integers(0, 2**31),
    st.none() | st.binary(max_size=30),
    st.integers(0, 2**32 - 1),
)
def test_any_coded_rows_come_back(words, n_start, batches, n_values, messages, check):
    coded = CodedRows(sum(batches), words, n_start, tuple(batches), n_values, messages, check)
    found = unpack(pack(coded))
    np.testing.assert_array_equal(found.words, words)
    assert {**vars(found), "words": None} == {**vars(coded), "words": None}


def test_what_is_cut_off_is_refused():
    for length in range(len(BYTES)):
        if length not in (len(BYTES) - 4, len(BYTES) - 8, len(BYTES) - 12):  # whole words: chunks have checksums
            with pytest.raises(ValueError, match=r"cut off|does not fit|more batches"):
                unpack(BYTES[:length])


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_stand_for_something(content):
    try:
        coded = unpack(content)
    except ValueError:
        return
    assert pack(coded) == content


@pytest.mark.parametrize(
    "content", [varint(1), varint(5) + bytes(2) + varint(2**60), b"\x05\0\0\x01\x04" + bytes(5)]
)
def test_more_than_there_is_is_not_believed(content):
    with pytest.raises(ValueError, match=r"cut off|more batches|have 4 rows, and it promises 5"):
        unpack(content)


@settings(deadline=None)
@given(st.integers(0, 2**63 - 1))
def test_varints_come_back(value):
    content = varint(value)
    assert take_varint(b"x" + content + b"y", 1) == (value, 1 + len(content))
    assert len(content) == max(1, -(-value.bit_length() // 7))


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "cut off"), (b"\x80", "cut off"), (b"\x80\0", "longer than"), (b"\xff" * 9 + b"\1", "long")],
)
def test_what_is_no_varint_is_refused(content, words):
    with pytest.raises(ValueError, match=words):
        take_varint(content, 0)
    with pytest.raises(ValueError, match="Received: -1"):
        varint(-1)
