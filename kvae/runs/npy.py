"""Safe reading of NumPy's files: a foreign one runs no code, and its size bounds the memory that it takes."""

import contextlib
import math
import os
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from kvae.errors import InputError, LaterVersionError
from kvae.runs.plain import open_plain
from kvae.runs.version import NAME, check_version, number_in, version_of

# Compressed data that unpacks to more than MANY_BYTES, and to more than EXPANSION times its size, is refused.
MANY_BYTES = 2**26
EXPANSION = 100

# What reading a damaged or foreign file raises: NumPy, zlib and zipfile each have exceptions of their own.
UNREADABLE = (OSError, ValueError, KeyError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)

Header = tuple[tuple[int, ...], bool, np.dtype]


def read_header(file: BinaryIO) -> Header:
    """Shape, whether in Fortran order, and type of an array; reads its header alone.

    Raises:
        ValueError: For anything but an array of numbers or of fixed text.
    """
    version = np.lib.format.read_magic(file)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(
            f"it is in version {version[0]}.{version[1]} of the format, which is for structured arrays"
        )
    shape, fortran, dtype = readers[version](file)
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are not read because they can run code")
    if any(length < 0 for length in shape):
        raise ValueError(f"its header promises an array of shape {shape}")
    return shape, fortran, dtype


def check_length(header: Header, available: int) -> None:
    """Raise ValueError unless an array of this header fits in `available` bytes."""
    shape, _, dtype = header
    promised = math.prod(list[int](shape)) * dtype.itemsize
    if promised > available:
        raise ValueError(
            f"it is cut off or forged: its header promises shape {shape}, {promised:,} bytes, "
            f"and there are {available:,}"
        )


def check_expansion(what: str, unpacked: int, stored: int) -> None:
    """Raise ValueError where data unpacks to so much that it may have been made to fill the memory."""
    if unpacked > MANY_BYTES and unpacked > EXPANSION * stored:
        raise ValueError(
            f"{what} {unpacked:,} bytes in memory, more than {EXPANSION} times the {stored:,} that are stored, "
            "and may have been made to fill it. If the file is yours, save the data uncompressed, as .npy"
        )


def read_plain_npy(path: Path) -> np.ndarray:
    """The array of a `.npy` file of a run folder, memory-mapped; links are not followed.

    Raises:
        ValueError, OSError: As `read_npy`.
    """
    with open_plain(path):
        return read_npy(path, mmap=True)


def read_npy(path: Path, mmap: bool = False) -> np.ndarray:
    """The array of a `.npy` file, with `mmap` memory-mapped.

    Raises:
        ValueError: When it is no array of numbers or text, or shorter than its header promises.
        OSError: When it cannot be read.
    """
    with path.open("rb") as file:
        header = read_header(file)
        check_length(header, path.stat().st_size - file.tell())
    # NumPy cannot memory-map an array without elements.
    return np.load(path, mmap_mode="r" if mmap and 0 not in header[0] else None, allow_pickle=False)


def numbers_in(lines: Iterable[str]) -> np.ndarray:
    """The numbers of lines of text, `(n, columns)`; empty lines and comments are skipped.

    Raises:
        ValueError: When a line holds anything else, or there are no numbers.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the error below replaces it
        found = np.loadtxt(lines, ndmin=2)
    if not found.size:
        raise ValueError("it holds no numbers")
    return found


class Archive:
    """The arrays of an open `.npz`, by name; each is checked before memory is allocated for it."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}

    @property
    def names(self) -> list[str]:
        return list(self.members)

    def __contains__(self, name: object) -> bool:
        return name in self.members

    def __getitem__(self, name: str) -> np.ndarray:
        """The array called `name`.

        Raises:
            KeyError: When there is none.
            ValueError: When it is no array of numbers or text, is cut off, or unpacks to too much.
        """
        info = self.members[name]
        check_expansion(f"its array {name} takes", info.file_size, info.compress_size)
        with self.archive.open(info) as file:
            header = read_header(file)  # type: ignore[arg-type]
            check_length(header, info.file_size - file.tell())
        with self.archive.open(info) as file:
            return np.lib.format.read_array(file, allow_pickle=False)


@contextlib.contextmanager
def unreadable(path: Path, what: str, *others: type[Exception]) -> Iterator[None]:
    """Raise what fails while a damaged or foreign file is read as `InputError`.

    Args:
        path: The file.
        what: What it should be, such as `checkpoint`.
        others: What the reading raises besides `UNREADABLE`.

    Raises:
        InputError: With the file, what it should be, and why it is not.
    """
    caught: tuple[type[Exception], ...] = (*UNREADABLE, *others)
    try:
        yield
    except LaterVersionError:  # not damaged: its own text says what to do
        raise
    except caught as error:
        raise InputError(f"{path} is no {what} that can be read: {' '.join(str(error).split())}") from error


@contextlib.contextmanager
def open_plain_npz(path: Path, version: int | None = None) -> Iterator[Archive]:
    """The arrays of a `.npz` file of a run folder; links are not followed, and all arrays together are bounded.

    Args:
        path: The file.
        version: The latest format version that is read; None takes the one for the file's name.

    Raises:
        ValueError, OSError: As `open_npz`.
        LaterVersionError: When it is of a later version.
    """
    with open_plain(path) as file, open_npz(file) as archive:
        unpacked = sum(info.file_size for info in archive.members.values())
        check_expansion("its arrays take", unpacked, os.fstat(file.fileno()).st_size)
        if NAME in archive:
            check_version(path, number_in(archive[NAME]), version or version_of(path) or 1)
            del archive.members[NAME]
        yield archive


@contextlib.contextmanager
def open_npz(source: Path | BinaryIO) -> Iterator[Archive]:
    """The arrays of a `.npz` file; nothing is unpacked to disk.

    Raises:
        ValueError: When it is no such archive.
        OSError: When it cannot be read.
    """
    try:
        archive = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise ValueError(str(error)) from error
    with archive:
        yield Archive(archive)
