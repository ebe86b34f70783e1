"""The file format of archives, `NAME.kvae`: a header, chunks that can be checked one by one, and an index.

This package does not depend on models and codes: payloads are bytes.
"""

from kvae.uses.compression.archive.chunk import Chunk
from kvae.uses.compression.archive.header import FORMAT_VERSION, Header
from kvae.uses.compression.archive.packing import pack, unpack
from kvae.uses.compression.archive.reading import Reader, Span
from kvae.uses.compression.archive.writing import Writer

__all__ = ["FORMAT_VERSION", "Chunk", "Header", "Reader", "Span", "Writer", "pack", "unpack"]
