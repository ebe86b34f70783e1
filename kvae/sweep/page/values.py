"""Values in the tables of a sweep: with more digits than in a report, as jobs may differ only in later ones."""

import math
from typing import Any

from kvae.metrics import Meaning
from kvae.report.figures import readable
from kvae.report.text import shown

# The most characters of a value of a key.
LONGEST = 60


def figure(meaning: Meaning, value: Any) -> str:
    """A metric as text; with its unit only for times and percentages, whose units may differ between rows."""
    if isinstance(value, float) and math.isfinite(value) and meaning.unit not in ("s", "%"):
        return f"{value:.6g}"
    text, unit = readable(meaning, value)
    return f"{text} {unit}".rstrip() if meaning.unit in ("s", "%") else text


def data(meaning: Meaning, value: Any) -> str:
    """A metric in HTML, with its exact value."""
    return f'<data value="{shown(value)}">{shown(figure(meaning, value))}</data>'


def setting(text: str) -> str:
    """A value of a key in HTML; long numbers are rounded to four digits."""
    try:
        short = text if len(text) <= 8 else f"{float(text):.4g}"
    except ValueError:
        short = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return shown(text) if short == text else f'<data value="{shown(text)}">{shown(short)}</data>'
