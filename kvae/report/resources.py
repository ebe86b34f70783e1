"""The files of this package that are no Python: the page, its styles and its scripts."""

from functools import cache
from importlib.resources import files


@cache
def resource(name: str) -> str:
    """A file of this package as text."""
    return files("kvae.report").joinpath(name).read_text(encoding="utf-8")
