"""Detect the encoding of a text file."""

import codecs
from pathlib import Path

from kvae.errors import InputError

HEAD = 65_536
ARCHIVES = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd", "zip": b"PK\x03\x04", "xz": b"\xfd7zXZ"}
# The longest first: the byte order mark of UTF-32 begins with that of UTF-16.
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
WESTERN = "cp1252"


def find_encoding(file: Path, given: str | None) -> tuple[str, str | None]:
    """The encoding of a file, and a message for the user, or None.

    Text that is not UTF-8 and has no byte order mark is read as Western European: digits have the same bytes in
    all likely encodings, but names and labels may be read wrongly.

    Raises:
        InputError: For an encoding that Python does not know.
        ValueError: For a file that is no text.
    """
    with file.open("rb") as stream:
        head = stream.read(HEAD)
    for name, magic in ARCHIVES.items():
        if head.startswith(magic):
            raise ValueError(f"it is a {name} archive; unpack it first")
    if given is not None:
        try:
            codecs.lookup(given)
        except LookupError:
            raise InputError(
                f"data.encoding must be one that Python knows, such as utf-8, cp1252 or utf-16. Received: {given}"
            ) from None
        return given, None
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            return encoding, None
    if b"\0" in head:
        return wide(head), None
    if is_utf8(file):
        return "utf-8-sig", None
    return WESTERN, (
        f"data.path={file} is not UTF-8: its text is read as Western European (data.encoding={WESTERN}). Where "
        "names or labels look wrong, type another data.encoding"
    )


def wide(head: bytes) -> str:
    """The kind of UTF-16 of text without a byte order mark: in ASCII text every second byte is 0."""
    even, odd = head[0::2], head[1::2]
    if not any(odd) and all(even):
        return "utf-16-le"
    if not any(even) and all(odd):
        return "utf-16-be"
    raise ValueError("it is no text in an encoding that can be detected; if it is text, type its data.encoding")


def is_utf8(file: Path) -> bool:
    """Whether a whole file is UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.open("rb") as stream:
        try:
            while piece := stream.read(2**22):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
