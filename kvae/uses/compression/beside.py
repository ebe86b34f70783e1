"""The bytes stored beside the levels of a chunk: values that levels do not restore, and what was not learnt."""

import json
import lzma
from typing import Any

import numpy as np

from kvae.runs.forms import parse_json, wrong
from kvae.uses.compression.level_map import LevelMap, as_values

# Size of the dictionary, which a reader needs in memory, and the most bytes that a chunk may unpack to.
DICTIONARY = 2**23
MOST_BYTES = 2**30
LZMA2: dict[str, Any] = {"id": lzma.FILTER_LZMA2, "dict_size": DICTIONARY}
# Flags of the first byte: which parts follow.
APART, REST = 1, 2


def pack(apart: list[list[Any]], rest: bytes) -> bytes:
    """Pack both parts; empty where both are.

    Args:
        apart: Per map, the values that levels do not restore, as `apart_of` gives them.
        rest: What the source has besides the values that are learnt.
    """
    if not any(apart) and not rest:
        return b""
    text = json.dumps(apart, ensure_ascii=False, separators=(",", ":")).encode() if any(apart) else b""
    head = bytes([APART * bool(text) | REST * bool(rest)])
    content = (len(text).to_bytes(4, "little") if text and rest else b"") + text + rest
    needed = min(DICTIONARY, max(4096, 1 << len(content).bit_length()))
    how = {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": needed}
    return head + lzma.compress(content, lzma.FORMAT_RAW, filters=[how])


def unpack(packed: bytes) -> tuple[list[list[Any]], bytes]:
    """What `pack` was given.

    Raises:
        ValueError: For anything else.
    """
    if not packed:
        return [], b""
    if packed[0] not in (APART, REST, APART | REST):
        raise ValueError("what is stored beside its rows is damaged")
    unpacker = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[LZMA2])
    try:
        content = unpacker.decompress(packed[1:], MOST_BYTES)
    except lzma.LZMAError as error:
        raise ValueError("what is stored beside its rows is damaged") from error
    if not unpacker.eof:
        raise ValueError("what is stored beside its rows is damaged, or was made to fill the memory")
    if packed[0] == REST:
        return [], content
    length = len(content) if packed[0] == APART else int.from_bytes(content[:4], "little")
    start = 0 if packed[0] == APART else 4
    try:
        apart = parse_json(content[start : start + length])
    except RecursionError as error:
        raise ValueError("what is stored beside its rows is damaged") from error
    if not isinstance(apart, list) or not all(map(is_apart, apart)):
        raise wrong("what is stored beside its rows", "places and values", apart)
    return apart, content[start + length :]


def is_apart(found: Any) -> bool:
    """Whether it is an empty list, or a list of two lists."""
    return isinstance(found, list) and len(found) in (0, 2) and all(isinstance(one, list) for one in found)


def apart_of(known: LevelMap, levels: np.ndarray, values: np.ndarray) -> list[Any]:
    """The values that their levels do not restore: steps from index to index, and the values; else empty."""
    places = known.exceptions(levels, values)
    return [np.diff(places, prepend=0).tolist(), values[places].tolist()] if len(places) else []


def put_back(known: LevelMap, values: np.ndarray, apart: list[Any]) -> None:
    """Restore, in `values`, those that `apart_of` stored.

    Raises:
        ValueError: For indices out of range.
    """
    steps, given = apart
    if not all(isinstance(step, int) and step >= 0 for step in steps):
        raise wrong("what is stored beside its rows", "places", steps)
    places = np.cumsum(steps)
    if len(given) != len(places) or (len(places) and places[-1] >= len(values)):
        raise wrong("what is stored beside its rows", "a value for every place", given)
    values[places] = as_values(given, known.dtype)
