"""What stands beside the levels of a chunk, as bytes and back."""

import lzma

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvae.uses.compression.beside import LZMA2, pack, put_back, unpack
from kvae.uses.compression.level_map import LevelMap

PAIR = st.tuples(st.lists(st.integers(0, 9)), st.lists(st.floats(-1, 1))).map(list)
APART = st.lists(st.just([]) | PAIR, max_size=3)
DAMAGED = ([[5], [1]], [[-1], [1]], [[0.5], [1]], [[0, 1], [1]], [[0], [300]], [[0], ["x"]])


@settings(deadline=None)
@given(APART, st.binary(max_size=40))
def test_both_parts_come_back(apart, rest):
    packed = pack(apart, rest)
    assert unpack(packed) == (apart if any(apart) else [], rest)
    assert bool(packed) == (any(apart) or bool(rest))


def test_damaged_bytes_are_refused():
    deep = b"\x01" + lzma.compress(b"[" * 100_000, lzma.FORMAT_RAW, filters=[LZMA2])
    with pytest.raises(ValueError, match=r"beside its rows is damaged|Expecting"):
        unpack(deep)
    packed = pack([[[1], [2]]], b"rest")
    for damaged in (packed[:-3], b"\x07" + packed[1:], b"\0", packed[:1] + b"\xff" + packed[2:]):
        with pytest.raises(ValueError, match="beside its rows is damaged"):
            unpack(damaged)
    for text in (b"3", b"[[1]]", b"[[1,2,3]]", b"[[3,4]]"):
        with pytest.raises(ValueError, match="must be places and values"):
            unpack(b"\x01" + lzma.compress(text, lzma.FORMAT_RAW, filters=[LZMA2]))


@pytest.mark.parametrize("apart", DAMAGED)
def test_places_and_values_that_do_not_fit_are_refused(apart):
    with pytest.raises(ValueError, match=r"must be|numbers"):
        put_back(LevelMap(np.dtype("u1")), np.zeros(4, np.uint8), apart)


def test_values_are_put_into_their_places():
    values = np.zeros(6, np.float32)
    put_back(LevelMap(np.dtype("f4")), values, [[1, 0, 3], [2.5, 3.5, -0.0]])
    assert values.tolist() == [0.0, 3.5, 0.0, 0.0, -0.0, 0.0] and np.signbit(values[4])
