"""The header of an archive: what another person or a later version must know to open it.

    magic (8 bytes) | format version (2) | length (4) | packed JSON | CRC32 of all before (4)

Magic and format version have the same position in every version, so that an older kvae can name the one it lacks.
All numbers are little-endian.
"""

import json
import struct
import zlib
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from kvae import __version__
from kvae.errors import InputError
from kvae.runs.forms import Form, flag, list_of, mapping, optional, parse_json, positive, text, whole, wrong
from kvae.uses.compression.archive.deflated import deflate, inflate
from kvae.uses.compression.archive.source import AGAIN, Source

# As in PNG: a byte that is not text, the name, and line ends that a transfer as text would change.
MAGIC = b"\x93KVAE\r\n\x1a"
FORMAT_VERSION = 1
FIXED = struct.Struct("<8sHI")
CRC = struct.Struct("<I")

DEEPEST = 30  # levels of nesting in its JSON


@dataclass(frozen=True)
class Header:
    """The header of an archive.

    Attributes:
        fingerprint: Fingerprint of the networks and the likelihood that code, `CodingModel.fingerprint`.
        n: Number of observations.
        data_shape: Shape of an observation.
        likelihood: Name and keys of the likelihood, as plain values.
        precision: An exponent `e` per latent dimension: its codes are multiples of 2^-e.
        rows_per_chunk: Observations of every chunk but the last.
        form: The original form of the data (type, names, kind of file), as plain values of `Form.to_json`.
        lossy: Keys of the lossy coder, as plain values; None: the archive is lossless.
        messages: Whether the chunks hold messages, the prior of every observation.
        with_model: Whether the model is inside.
        model: SHA-256 of the model's file, 64 hex digits; empty where it has none.
        coder: Version of kvae's own coder.
        constriction: Version of the entropy coder.
        kvae: Version of kvae.
    """

    fingerprint: str
    n: int
    data_shape: tuple[int, ...]
    likelihood: dict[str, Any]
    precision: tuple[int, ...]
    rows_per_chunk: int
    form: dict[str, Any] = field(default_factory=dict)
    lossy: dict[str, Any] | None = None
    messages: bool = False
    with_model: bool = False
    model: str = ""
    coder: str = ""
    constriction: str = ""
    kvae: str = __version__

    def __post_init__(self) -> None:
        for name, form in FORMS.items():
            object.__setattr__(self, name, form(getattr(self, name), name))

    def as_json(self) -> dict[str, Any]:
        """The fields that differ from their usual values."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in said.items() if name not in USUAL or value != USUAL[name]}

    def to_bytes(self) -> bytes:
        """The header as an archive begins with it.

        Raises:
            TypeError: When a value is not plain.
            ValueError: When it is nested deeper, or larger, than reading allows.
        """
        said = json.dumps(self.as_json(), separators=(",", ":"), ensure_ascii=False)
        try:
            plain = said.encode("utf-8")
        except UnicodeEncodeError:  # a lone surrogate in a name
            plain = json.dumps(self.as_json(), separators=(",", ":")).encode("ascii")
        packed = deflate(plain)
        content = FIXED.pack(MAGIC, FORMAT_VERSION, len(packed)) + packed
        from_packed(packed)  # raises if it could not be read again
        return content + CRC.pack(zlib.crc32(content))


HEX = set("0123456789abcdef")


def hexadecimal(n_digits: int) -> Form:
    """A check for text of so many hex digits, or an empty one."""

    def check(value: Any, where: str) -> str:
        if not isinstance(value, str) or len(value) not in (0, n_digits) or not HEX.issuperset(value):
            raise wrong(where, f"{n_digits} hex digits", value)
        return value

    return check


def exponent(value: Any, where: str) -> int:
    """Check a whole number `e` from -50 to 50, so that 2^-e is a normal float."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 50:
        raise wrong(where, "a whole number from -50 to 50", value)
    return value


def tuple_of(form: Form, most: int) -> Form:
    """A check for a list or tuple, which returns a tuple."""
    return lambda value, where: tuple(
        list_of(form, most)(list(value) if isinstance(value, tuple) else value, where)
    )


FORMS: dict[str, Form] = {
    "fingerprint": hexadecimal(32),
    "n": whole,
    "data_shape": tuple_of(positive, 10),
    "likelihood": mapping,
    "precision": tuple_of(exponent, 1_000_000),
    "rows_per_chunk": positive,
    "form": mapping,
    "lossy": optional(mapping),
    "messages": flag,
    "with_model": flag,
    "model": hexadecimal(64),
    "coder": text,
    "constriction": text,
    "kvae": text,
}
USUAL: dict[str, Any] = {"form": {}} | {
    each.name: each.default for each in fields(Header) if each.default is not MISSING and each.name != "kvae"
}
NEEDED = FORMS.keys() - USUAL.keys()


def from_packed(packed: bytes) -> Header:
    """The header from deflated JSON, checked.

    Raises:
        ValueError: When it is damaged, or has other fields or values than a header may have.
    """
    try:
        said = mapping(parse_json(inflate(packed), DEEPEST), "its header")
    except RecursionError as error:
        raise ValueError("its header is nested too deeply") from error
    missing, unknown = NEEDED - said.keys(), said.keys() - FORMS.keys()
    if missing or unknown:
        words = [
            f"{word} {', '.join(sorted(names))}" for word, names in (("lacks", missing), ("has", unknown)) if names
        ]
        raise ValueError(f"its header {' and '.join(words)[:300]}, unlike any archive of this format")
    return Header(**said)


def read_header(source: Source) -> tuple[Header, bytes]:
    """The header of an archive, and its bytes.

    Raises:
        InputError: When the file is not an archive, has another format version, or its header is damaged.
    """
    begin = source.read(0, min(FIXED.size, source.size))
    if begin[: len(MAGIC)] != MAGIC:
        raise InputError(
            f"{source.name} is no archive of kvae: {what_begins(begin)}. Name a file NAME.kvae as mode=compress "
            "writes it"
        )
    if len(begin) < FIXED.size:
        raise source.error("is cut off within its header", "salvage cannot help: copy it again from where it came")
    _, version, length = FIXED.unpack(begin)
    if version != FORMAT_VERSION:
        raise InputError(
            f"{source.name} is an archive of format version {version}, and kvae {__version__} reads version "
            f"{FORMAT_VERSION}. Use the kvae that wrote it, or a newer one"
        )
    end = FIXED.size + length
    if end + CRC.size > source.size:
        raise source.error("is cut off within its header, or the header is damaged", AGAIN)
    content = source.read(0, end + CRC.size)
    if CRC.unpack(content[end:])[0] != zlib.crc32(content[:end]):
        raise source.error("is damaged: its header does not match its checksum", AGAIN)
    try:
        return from_packed(content[FIXED.size : end]), content
    except ValueError as error:
        raise source.error(f"is damaged: {error}", AGAIN) from error


KNOWN = (
    (b"", "it is empty"),
    (b"PK\x03\x04", "it is a zip file, or a model of Keras"),
    (b"\x89PNG", "it is a PNG picture"),
    (b"\x1f\x8b", "it is a gzip file"),
    (b"\xfd7zXZ", "it is an xz file"),
    (b"BZh", "it is a bzip2 file"),
    (b"\x28\xb5\x2f\xfd", "it is a Zstandard file"),
    (b"\x93NUMPY", "it is an array of NumPy"),
    (b"PAR1", "it is a Parquet file"),
)


def what_begins(begin: bytes) -> str:
    """What a file that is not an archive may be, by its first bytes."""
    if not begin:
        return KNOWN[0][1]
    return next((words for magic, words in KNOWN[1:] if begin.startswith(magic)), f"it begins with {begin[:8]!r}")
