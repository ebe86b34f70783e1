"""Captions of pictures: declared beside the function that draws, and stored in the PNG itself."""

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
    """The caption of a picture in the report.

    Attributes:
        title: Its heading.
        text: What is drawn, and how to read it.
        alt: The alternative text, for readers who cannot see the picture.
        section: The section of the report: `curves` or `pictures`.
        place: Its rank among the pictures of the section; small numbers come first.
    """

    title: str
    text: str = ""
    alt: str = ""
    section: str = "pictures"
    place: int = LAST


# Every caption that imported code has declared, by the prefix of the file name.
DECLARED: dict[str, Caption] = {}


def shows(**captions: Caption) -> Callable[[Draw], Draw]:
    """Declare the captions of what the decorated function draws, by the prefix of the file name."""

    def declare(draw: Draw) -> Draw:
        DECLARED.update(captions)
        draw.shows = captions  # type: ignore[attr-defined]
        return draw

    return declare


def caption_named(stem: str, captions: Mapping[str, Caption]) -> Caption | None:
    """The caption with the longest prefix of a file name without its suffix; None where no prefix matches."""
    fits = (key for key in captions if stem == key or stem.startswith(f"{key}_"))
    key = max(fits, key=len, default=None)
    return None if key is None else captions[key]


def caption_of(draw: Callable[..., Any], stem: str) -> Caption:
    """The declared caption of a function's picture, or one of the file's name and the docstring's first line."""
    declared = caption_named(stem, getattr(draw, "shows", {}))
    text = (inspect.getdoc(draw) or "").strip().partition("\n")[0]
    return declared or Caption(in_words(stem), text, in_words(stem))


def in_words(stem: str) -> str:
    """The name of a file as a title."""
    return stem.replace("_", " ").strip().capitalize()


def as_metadata(caption: Caption) -> dict[str, str]:
    """A caption as the texts of a PNG; `Title` and `Description` are keywords of the PNG standard."""
    return {
        "Title": caption.title,
        "Description": caption.text,
        "Alt": caption.alt,
        "Section": caption.section,
        "Place": str(caption.place),
    }


def kept_caption(png: bytes) -> Caption | None:
    """The caption stored in a PNG; None if it has none, or if the bytes are no PNG."""
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
