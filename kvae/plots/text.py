"""Text in pictures: any character is drawn literally, and none raises an error."""

import re
import unicodedata
from functools import lru_cache
from typing import Any

import numpy as np

# Longer texts are cut, to leave room for the picture.
LONGEST = 120
LONGEST_LABEL = 24
MISSING, EMPTY = "(missing)", "(empty)"


def plain(value: Any, longest: int = LONGEST) -> str:
    """A value as text on one line, without characters that cannot be drawn, of at most `longest` characters."""
    text = " ".join("".join(map(drawable, str(value))).split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def drawable(sign: str) -> str:
    """A character; a space for white space, and U+FFFD for one that cannot be drawn."""
    if sign.isspace():
        return " "
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(sign) in ("Cc", "Cs", "Cn", "Co") else sign


def name_of(label: Any, longest: int = LONGEST_LABEL) -> str:
    """A label as text in a legend; a missing or an empty one is named as such."""
    return MISSING if is_missing(label) else plain(label, longest) or EMPTY


def is_missing(label: Any) -> bool:
    """Whether a label is NaN or NaT, which are not equal to themselves."""
    return bool(label != label)


def in_order(labels: np.ndarray) -> np.ndarray:
    """The different labels, sorted; numbers in texts by size: 2 before 10."""
    different = np.unique(labels)
    return different if different.dtype.kind in "iufb" else np.array(sorted(different, key=natural))


def natural(label: Any) -> list[Any]:
    """The sort key of a text with numbers in it."""
    parts = re.split(r"(\d+)", str(label))
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def rows_with(labels: np.ndarray, label: Any) -> np.ndarray:
    """Which of `labels` `(n,)` equal a label; a missing one equals missing ones."""
    return labels != labels if is_missing(label) else labels == label


@lru_cache(maxsize=256)
def fonts_for(text: str) -> tuple[str, ...]:
    """Families of installed fonts for the characters of a text that the font of pictures lacks."""
    from matplotlib import font_manager

    wanted = {ord(sign) for sign in text if not sign.isspace()} - signs_of(font_manager.findfont("DejaVu Sans"))
    chosen: list[str] = []
    for font in font_manager.fontManager.ttflist if wanted else []:
        if font.name.startswith("Last Resort"):  # it has only boxes
            continue
        if here := wanted & signs_of(font.fname):
            chosen.append(font.name)
            wanted -= here
        if not wanted:
            break
    return tuple(chosen)


@lru_cache(maxsize=4096)
def signs_of(path: str) -> frozenset[int]:
    """The code points that a font file has; empty if it cannot be read."""
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(path).get_charmap())
    except (OSError, RuntimeError, ValueError):
        return frozenset()
