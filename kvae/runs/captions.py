"""What one sees in a picture: declared beside the function that draws it, and kept in the PNG itself."""

import inspect
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

SECTIONS = ("curves", "pictures")
LAST = 1000
PNG = b"\x89PNG\r\n\x1a\n"

Draw = TypeVar("Draw", bound=Callable[..., Any])


@dataclass(frozen=True)
class Caption:
    """What one sees in a picture.

    Attributes:
        title: Its heading.
        text: What is drawn, and how to read it.
        alt: What a reader who cannot see it is told is there.
        section: Of the report: `curves` or `pictures`.
        place: Where it stands among others; small numbers come first.
    """

    title: str
    text: str = ""
    alt: str = ""
    section: str = "pictures"
    place: int = LAST


# By how file names begin: every caption that code which was imported has declared.
DECLARED: dict[str, Caption] = {}


def shows(**captions: Caption) -> Callable[[Draw], Draw]:
    """Declare, above a function that draws, what its pictures show, by how their file names begin."""

    def declare(draw: Draw) -> Draw:
        DECLARED.update(captions)
        draw.shows = captions  # type: ignore[attr-defined]
        return draw

    return declare


def caption_named(stem: str, captions: Mapping[str, Caption]) -> Caption | None:
    """The caption for a file name without its ending: that of the longest beginning that fits."""
    fits = (key for key in captions if stem == key or stem.startswith(f"{key}_"))
    key = max(fits, key=len, default=None)
    return None if key is None else captions[key]


def caption_of(draw: Callable[..., Any], stem: str) -> Caption:
    """The caption of what a function draws: as declared, or its file's name and its docstring's first line."""
    declared = caption_named(stem, getattr(draw, "shows", {}))
    text = (inspect.getdoc(draw) or "").strip().partition("\n")[0]
    return declared or Caption(in_words(stem), text, in_words(stem))


def in_words(stem: str) -> str:
    """The name of a file as a title."""
    return stem.replace("_", " ").strip().capitalize()


def as_metadata(caption: Caption) -> dict[str, str]:
    """A caption as the texts of a PNG, under the PNG standard's own names where it has some."""
    return {
        "Title": caption.title,
        "Description": caption.text,
        "Alt": caption.alt,
        "Section": caption.section,
        "Place": str(caption.place),
    }


def kept_caption(png: bytes) -> Caption | None:
    """The caption that a PNG keeps; None of one without, and of what is no PNG."""
    texts = dict(texts_in(png))
    section, place = texts.get("Section"), texts.get("Place", "")
    if section not in SECTIONS or not texts.get("Title"):
        return None
    number = int(place) if re.fullmatch(r"[0-9]{1,4}", place) else LAST
    return Caption(texts["Title"], texts.get("Description", ""), texts.get("Alt", ""), section, number)


def texts_in(png: bytes) -> Iterator[tuple[str, str]]:
    """The texts before the pixels of a PNG, each with its keyword (PNG specification, section 11.3.3)."""
    at = len(PNG) if png.startswith(PNG) else len(png)
    while at + 8 <= len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        chunk = png[at + 8 : at + 8 + length]
        at += 12 + length
        if kind == b"IDAT":
            return
        keyword, _, rest = chunk.partition(b"\0")
        if kind == b"tEXt":
            yield keyword.decode("latin-1"), rest.decode("latin-1")
        elif (
            kind == b"iTXt" and rest[:1] == b"\0"
        ):  # not compressed; the language and the translated keyword follow
            yield keyword.decode("latin-1"), rest[2:].split(b"\0", 2)[-1].decode("utf-8", errors="replace")
