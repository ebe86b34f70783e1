"""Text in pictures is text: whatever signs it has, none is a formula, and none ends a run."""

import re
import unicodedata
from functools import lru_cache
from typing import Any

import numpy as np

# Longer texts are cut: they would leave no room for what is drawn.
LONGEST = 120
LONGEST_LABEL = 24
MISSING, EMPTY = "(missing)", "(empty)"


def plain(value: Any, longest: int = LONGEST) -> str:
    """A value on one line, without signs that cannot be drawn."""
    text = " ".join("".join(map(drawable, str(value))).split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def drawable(sign: str) -> str:
    """A sign itself, a space for one that ends lines, and a mark for one that has no shape."""
    if sign.isspace():
        return " "
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(sign) in ("Cc", "Cs", "Cn", "Co") else sign


def name_of(label: Any, longest: int = LONGEST_LABEL) -> str:
    """A label as a legend shows it; those that one could not see have names."""
    return MISSING if is_missing(label) else plain(label, longest) or EMPTY


def is_missing(label: Any) -> bool:
    """Whether a label is NaN, or a time that is none: what is not even like itself."""
    return bool(label != label)


def in_order(labels: np.ndarray) -> np.ndarray:
    """The different labels, numbers in texts by their size: 2 before 10."""
    different = np.unique(labels)
    return different if different.dtype.kind in "iufb" else np.array(sorted(different, key=natural))


def natural(label: Any) -> list[Any]:
    """What texts with numbers in them are sorted by."""
    parts = re.split(r"(\d+)", str(label))
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def rows_with(labels: np.ndarray, label: Any) -> np.ndarray:
    """Which of `labels` `(n,)` are one label."""
    return labels != labels if is_missing(label) else labels == label


@lru_cache(maxsize=256)
def fonts_for(text: str) -> tuple[str, ...]:
    """The families of installed fonts that have the signs of a text which the font of pictures lacks."""
    from matplotlib import font_manager

    wanted = {ord(sign) for sign in text if not sign.isspace()} - signs_of(font_manager.findfont("DejaVu Sans"))
    chosen: list[str] = []
    for font in font_manager.fontManager.ttflist if wanted else []:
        if font.name.startswith("Last Resort"):  # which has boxes for all signs, and shapes for none
            continue
        if here := wanted & signs_of(font.fname):
            chosen.append(font.name)
            wanted -= here
        if not wanted:
            break
    return tuple(chosen)


@lru_cache(maxsize=4096)
def signs_of(path: str) -> frozenset[int]:
    """The signs that a font file has; none of one that cannot be read."""
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(path).get_charmap())
    except (OSError, RuntimeError, ValueError):
        return frozenset()
