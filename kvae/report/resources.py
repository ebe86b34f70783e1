"""Files of packages that are no Python: pages, their styles and their scripts."""

from functools import cache
from importlib.resources import files


@cache
def resource(name: str, package: str = "kvae.report") -> str:
    """A file of a package as text."""
    return files(package).joinpath(name).read_text(encoding="utf-8")
