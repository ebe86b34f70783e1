"""`data=images`: a folder of images, resized and decoded; the names of its subfolders are the labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from kvae.data.images import read_images
from kvae.data.options import SplitConfig
from kvae.data.tables import Raw
from kvae.errors import InputError
from kvae.options.rules import NULL, Name, Rule, integer, number, one_of, text

GREY = Rule("a number from 0 (black) to 1 (white)", lambda v: number(0, 1).accepts(v) and v <= 1, 0)


@dataclass(frozen=True, kw_only=True)
class Options(SplitConfig):
    """The keys of `data=images`."""

    name: Name = "images"
    path: Annotated[str | None, text("photos") | NULL] = None
    height: Annotated[int, integer(1, 28)] = 28
    width: Annotated[int, integer(1, 28)] = 28
    channels: Annotated[int, Rule("1 (grey) or 3 (colour)", lambda v: v in (1, 3), 1)] = 1
    background: Annotated[float | None, GREY | NULL] = None
    memory: Annotated[float, number(0, 4)] = 4.0
    shuffle_rows: Annotated[int, integer(1, 65536)] = 65536
    cache: Annotated[str | None, one_of("memory", "disk") | NULL] = None

    IN_UNIT_RANGE: ClassVar[bool] = True
    IS_FOLDER: ClassVar[bool] = True
    HOW_TO_READ: ClassVar[frozenset[str]] = frozenset({"memory", "shuffle_rows", "cache"})

    def changes(self, known: Mapping[str, Any]) -> str | None:
        """The background of transparent pixels in the learnt run, where it differs; else None."""
        before = known.get("background")
        if self.background == before:
            return None
        return f"images with data.background={'null' if before is None else before}"


def read(config: Options, known: Any = None) -> Raw:
    """The images `(n, height, width, channels)` in [0, 1], in the order of their paths."""
    if config.path is None:
        raise InputError("data=images needs data.path. For example: data=images data.path=photos")
    return read_images(
        config.path,
        config.height,
        config.width,
        config.channels,
        config.memory,
        config.cache,
        config.shuffle_rows,
        config.limit,
        1.0 if config.background is None else config.background,
    )
