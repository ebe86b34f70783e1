"""Variable-length whole numbers: seven bits per byte, the lowest first."""

LARGEST = 2**63 - 1
MOST_BYTES = 9


def varint(value: int) -> bytes:
    """A whole number from 0 to 2^63 - 1 as 1 to 9 bytes.

    Raises:
        ValueError: For any other number.
    """
    if not 0 <= value <= LARGEST:
        raise ValueError(f"a varint must be from 0 to 2^63 - 1. Received: {value}")
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)


def take_varint(content: bytes, place: int) -> tuple[int, int]:
    """The number that begins at `place`, and the position after it.

    Raises:
        ValueError: When it is cut off, too long, or not written as `varint` writes it.
    """
    value = 0
    for i in range(MOST_BYTES):
        if place + i >= len(content):
            raise ValueError("a number in it is cut off")
        byte = content[place + i]
        value |= (byte & 127) << 7 * i
        if byte < 128:
            if i and not byte:
                raise ValueError("a number in it is longer than it need be")
            return value, place + i + 1
    raise ValueError("a number in it is too long")
