"""The file that a key names."""

from pathlib import Path

from kvae.errors import InputError


def existing_file(path: str, key: str = "data.path") -> Path:
    """`path`, if it is a file.

    Raises:
        InputError: When there is none.
    """
    file = Path(path)
    if not file.is_file():
        what = "is a folder; for a folder of images, type data=images" if file.is_dir() else "does not exist"
        raise InputError(f"{key}={path} {what} (looked in {Path.cwd()})")
    return file


def one_line(error: Exception) -> str:
    """An error's text on one line."""
    return " ".join(str(error).split())
