"""Archives: what is written comes back, and what is not as it was written is refused."""

import io
import os
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uses.compression.archive.archives import archive, everything, header, pieces

from kvae.errors import InputError
from kvae.uses.compression.archive import Chunk, Reader, Span, Writer

SMALL = archive(pieces(600, 580, 300), beside=pieces(40, 40, 9), model=pieces(100)[0])


def test_what_is_written_comes_back():
    payloads, beside, [model] = pieces(600, 0, 300), pieces(0, 40, 9), pieces(100)
    with Reader(archive(payloads, beside=beside, model=model)) as reader:
        reader.verify()
        assert (reader.n, reader.n_chunks, reader.lost) == (30, 3, [])
        chunks = list(map(Chunk, payloads, beside))
        assert everything(reader) == (header(30, with_model=True), chunks, model)


def test_a_file_holds_what_bytes_hold(tmp_path):
    path = tmp_path / "new" / "small.kvae"
    with Writer(path, header(20)) as writer:
        writer.add(b"abc", 10)
        assert not path.exists()
        writer.add(b"def", 10)
    assert path.read_bytes() == archive([b"abc", b"def"])
    assert list(path.parent.iterdir()) == [path]
    (tmp_path / "link.kvae").symlink_to(path)
    with Reader(tmp_path / "link.kvae") as reader:
        assert [reader.chunk(i) for i in range(2)] == [Chunk(b"abc"), Chunk(b"def")]


# As format version 1 was written when it was made: what is changed in it has a new version.
FIRST = bytes.fromhex(
    "934b5641450d0a1a01003800000023641b76db4d71d88cd50a2c5902351700f30096f46d4c52dace48cd4ccf0025cc720803"
    "25e922a5466061a6674a6ab426265106c949060021b407f7c51de70a0100030603626573696465000102f3244a67c51de70a"
    "01030200000ec62cb2c51de70a02000000056d6f64656cd41f751c0103000000160000000000000001020000000d00000000"
    "000000020000000012000000000000007f0000000000000021b407f7a978a2734b56411a"
)


def test_an_archive_of_then_is_read_as_it_was_written():
    reader = Reader(FIRST)
    reader.verify()
    about = {"rows_per_chunk": 3, "with_model": True, "messages": True, "model": "ab" * 32, "kvae": "0.1.0"}
    said = header(5, coder="1", constriction="0.5.0", **about)
    assert everything(reader) == (said, [Chunk(b"\0\1\2", b"beside"), Chunk(b"")], b"model")
    file = io.BytesIO()
    with Writer(file, said) as writer:
        writer.add(b"\0\1\2", 3, b"beside")
        writer.add(b"", 2)
        writer.add_model(b"model")
    begin = len(said.to_bytes())  # whose packing may differ between builds of zlib
    assert file.getvalue()[begin : begin + 18] == FIRST[74:92]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 300), st.binary(max_size=300), st.binary(max_size=20)), max_size=6),
    st.none() | st.binary(max_size=50),
    st.data(),
)
def test_any_rows_come_back_wherever_they_are(chunks, model, data):
    n = sum(rows for rows, _, _ in chunks)
    file = io.BytesIO()
    with Writer(file, header(n, with_model=model is not None)) as writer:
        for rows, payload, more in chunks:
            writer.add(payload, rows, more)
        if model is not None:
            writer.add_model(model)
    assert writer.size == len(file.getvalue())
    for salvage in (False, True):
        reader = Reader(file.getvalue(), salvage)
        reader.verify()
        assert everything(reader)[1:] == ([Chunk(*both) for _, *both in chunks], model)
        assert reader.lost == []
        start = data.draw(st.integers(0, n))
        stop = data.draw(st.integers(start, n))
        found = [
            reader.places[span.chunk].first + i
            for span in reader.rows(start, stop)
            for i in range(span.start, span.stop)
        ]
        assert found == list(range(start, stop))


def test_rows_name_no_more_chunks_than_they_need():
    reader = Reader(SMALL)
    assert list(reader.rows(9, 20)) == [Span(0, 9, 10), Span(1, 0, 10)]
    assert list(reader.rows(30, 30)) == []
    with pytest.raises(ValueError, match=r"from 0 to 30. Received: 5 to 31"):
        list(reader.rows(5, 31))


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
        with pytest.raises(InputError, match=r"the archive is damaged: .*Nothing was restored.*salvage"):
            Reader(SMALL + more)


def test_a_piece_of_another_archive_is_refused():
    one, other = archive([b"a" * 50] * 2, coder="5"), archive([b"a" * 50] * 2, coder="6")
    assert len(one) == len(other)
    [first, second] = Reader(one).places
    for begin, end in ((first.offset, second.offset), (second.offset + second.size, len(one))):
        with pytest.raises(InputError, match="is damaged"):
            Reader(one[:begin] + other[begin:end] + one[end:]).verify()


def test_checking_takes_no_more_memory_than_a_piece(tmp_path):
    path = tmp_path / "large.kvae"
    with Writer(path, header(30)) as writer:
        for _ in range(3):
            writer.add(bytes(2**23), 10)
    tracemalloc.start()
    with Reader(path) as reader:
        reader.verify()
    with Reader(path, salvage=True) as reader:
        assert reader.lost == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**22


def test_what_is_not_finished_leaves_what_was_there(tmp_path):
    path = tmp_path / "small.kvae"
    path.write_bytes(b"before")
    with pytest.raises(RuntimeError, match="of the user's"), Writer(path, header(20)) as writer:
        writer.add(b"abc", 10)
        raise RuntimeError("of the user's")
    with pytest.raises(ValueError, match=r"promises 20 rows.*Received: 10"), Writer(path, header(20)) as writer:
        writer.add(b"abc", 10)
    with pytest.raises(ValueError, match="nothing can be added"):
        writer.add(b"abc", 10)
    assert os.listdir(tmp_path) == ["small.kvae"]
    assert path.read_bytes() == b"before"


def test_what_the_header_does_not_promise_is_not_written():
    with pytest.raises(ValueError, match="with_model=True"):
        Writer(io.BytesIO(), header(0, with_model=True)).finish()
    with pytest.raises(ValueError, match=r"from 1 to 4,294,967,295 rows. Received: 0"):
        Writer(io.BytesIO(), header(0)).add(b"", 0)
