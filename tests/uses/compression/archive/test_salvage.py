"""What is left of damaged archives, and how much memory forged ones can take."""

import struct
import tracemalloc
import zlib

import pytest
from uses.compression.archive.archives import archive, everything, header, pieces

from kvae.errors import InputError
from kvae.uses.compression.archive import Reader
from kvae.uses.compression.archive.chunk import MARKER, Chunk, Head, Kind
from kvae.uses.compression.archive.varints import varint

PAYLOADS, BESIDE, MODEL = pieces(300, 0, 200, 100), pieces(9, 8, 7, 6), b"model" * 5
SMALL = archive(PAYLOADS, beside=BESIDE, model=MODEL)
LARGE = archive(pieces(20_000, 20_000, 20_000), model=MODEL)


def damaged(content, place):
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def kept(reader):
    return [(place.first, reader.chunk(i)) for i, place in enumerate(reader.places)]


@pytest.mark.parametrize("i", range(4))
@pytest.mark.parametrize("at", ["marker", "length", "end"])
def test_a_damaged_chunk_loses_itself_alone(i, at):
    whole = Reader(SMALL)
    place = whole.places[i]
    broken = damaged(SMALL, place.offset + {"marker": 2, "length": 7, "end": place.size - 1}[at])
    with pytest.raises(InputError, match=rf"rows {10 * i} to {10 * i + 9}\).*mode\.salvage=true"):
        Reader(broken).verify()
    reader = Reader(broken, salvage=True)
    assert reader.lost == [(10 * i, 10 * i + 10)]
    assert kept(reader) == [each for j, each in enumerate(kept(whole)) if j != i]
    assert reader.model() == MODEL
    assert [span.chunk for span in reader.rows(0, 40)] == [0, 1, 2]
    assert sum(span.stop - span.start for span in reader.rows(5, 35)) == 20 + (5 if i in (0, 3) else 0)


def test_whole_chunks_are_found_wherever_an_archive_was_cut_off():
    whole = Reader(SMALL)
    ends = [place.offset + place.size for place in whole.places]
    begin = len(whole.header.to_bytes())
    for length in range(begin, len(SMALL)):
        reader = Reader(SMALL[:length], salvage=True)
        n = sum(end <= length for end in ends)
        assert kept(reader) == kept(whole)[:n]
        assert reader.lost == ([(10 * n, 40)] if n < 4 else [])


def test_bytes_that_are_missing_or_too_many_between_chunks_do_no_harm():
    whole = Reader(SMALL)
    place = whole.places[1].offset
    for broken in (SMALL[:place] + MARKER * 3 + SMALL[place:], SMALL[: place - 3] + SMALL[place:] + b"more"):
        assert kept(Reader(broken, salvage=True))[-3:] == kept(whole)[-3:]


def test_a_marker_across_two_pieces_is_found(monkeypatch):
    for size in range(40, 60):
        monkeypatch.setattr("kvae.uses.compression.archive.salvage.PIECE", size)
        reader = Reader(SMALL[:-1], salvage=True)
        assert reader.lost == []
        assert kept(reader) == kept(Reader(SMALL))


def test_chunks_within_a_payload_are_not_taken_for_others():
    inner = archive([b"inner"] * 3)
    reader = Reader(archive([inner, b"", inner])[:-1], salvage=True)
    assert kept(reader) == [(0, Chunk(inner)), (10, Chunk(b"")), (20, Chunk(inner))]


def test_a_lost_model_is_said_and_rows_are_given():
    place = next(place for place in Reader(SMALL)._all if place.kind == Kind.MODEL)
    reader = Reader(damaged(SMALL, place.offset + 20), salvage=True)
    assert reader.lost == []
    with pytest.raises(InputError, match=r"lost the model that was inside.*Name the learnt run"):
        reader.model()


def test_a_large_archive_has_its_header_twice():
    assert len(LARGE) - 3 * 20_000 < 600
    for place in range(len(header(30, with_model=True).to_bytes())):
        broken = damaged(LARGE, place)
        with pytest.raises(
            InputError, match=r"damaged header, but an undamaged copy.*restore with the copy: mode\.salvage=true"
        ):
            Reader(broken)
        reader = Reader(broken, salvage=True)
        assert (reader.lost, everything(reader)) == ([], everything(Reader(LARGE)))


def test_without_a_header_nothing_can_be_salvaged():
    with pytest.raises(InputError, match=r"header does not match its checksum.*Copy it again from where it came$"):
        Reader(damaged(SMALL, 20), salvage=True)
    with pytest.raises(InputError, match="header does not match its checksum"):
        Reader(damaged(damaged(LARGE, 20), Reader(LARGE)._all[-1].offset + 30), salvage=True)


BEGIN = header(10**9, rows_per_chunk=10**9).to_bytes()
CRC = struct.unpack("<I", BEGIN[-4:])[0]


def ended(content, entries, offset=None):
    """Content with an index and a trailer that fit it."""
    index = b"".join(struct.pack("<BIQ", *entry) for entry in entries)
    sealed = index + struct.pack("<QI", len(content) if offset is None else offset, CRC)
    return content + sealed + struct.pack("<I4s", zlib.crc32(sealed), b"KVA\x1a")


def chunk(content):
    return content + struct.pack("<I", zlib.crc32(content, CRC))


FORGED = {
    "a size beyond the file": ended(BEGIN, [(1, 10**9, 2**60)]),
    "sizes that add up to it beyond 64 bits": ended(BEGIN, [(1, 1, 2**63), (1, 1, 2**63)]),
    "an index before the header's end": ended(BEGIN, [], offset=3),
    "an unknown kind": ended(BEGIN + b"x" * 20, [(9, 1, 20)]),
    "kind zero": ended(BEGIN + b"x" * 20, [(0, 1, 20)]),
    "many chunks of no bytes": ended(BEGIN, [(1, 1, 0)] * 50_000),
    "no chunks": ended(BEGIN, []),
    "a payload beyond the file": ended(
        BEGIN + chunk(Head(Kind.ROWS, 0, 10**9, 2**62, 2**62).to_bytes()), [(1, 10**9, 4 + 1 + 1 + 5 + 9 + 9 + 4)]
    ),
    "other rows than the index": ended(BEGIN + chunk(Head(Kind.ROWS, 0, 5, 0, 0).to_bytes()), [(1, 10**9, 13)]),
    "markers without end": BEGIN + MARKER * 20_000,
    "markers with long payloads": BEGIN + b"".join(
        Head(Kind.ROWS, 0, 1, 0, 10**6).to_bytes() for _ in range(150_000)
    ),
    "a longer varint": ended(BEGIN + chunk(MARKER + b"\1\x80\0" + varint(10**9) + b"\0\0"), [(1, 10**9, 18)]),
}  # fmt: skip


@pytest.mark.parametrize("content", FORGED.values(), ids=FORGED.keys())
def test_forged_lengths_are_refused_without_memory_for_them(content):
    tracemalloc.start()
    with pytest.raises(InputError):
        Reader(content).verify()
    try:
        assert Reader(content, salvage=True).lost in ([(0, 10**9)], [(5, 10**9)])
    except InputError as error:
        assert "has more markers of chunks than any archive" in str(error)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**22 + 20 * len(content)


def test_bytes_between_chunks_and_index_are_refused():
    begin = header(0).to_bytes()
    own = struct.unpack("<I", begin[-4:])[0]
    for hidden in (b"", b"hidden"):
        sealed = struct.pack("<QI", len(begin + hidden), own)
        content = begin + hidden + sealed + struct.pack("<I4s", zlib.crc32(sealed), b"KVA\x1a")
        if not hidden:
            assert Reader(content).n == 0
            continue
        with pytest.raises(InputError, match="its index does not fit its length"):
            Reader(content)
