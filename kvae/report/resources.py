"""Files of packages other than Python: pages, styles and scripts."""

from functools import cache
from importlib.resources import files


@cache
def resource(name: str, package: str = "kvae.report") -> str:
    """The text of a file in a package."""
    return files(package).joinpath(name).read_text(encoding="utf-8")
