"""The numbers of a report as text."""

import math
from typing import Any

from kvae.metrics import Meaning
from kvae.process.logs import duration


def readable(meaning: Meaning, value: Any) -> tuple[str, str]:
    """The value and the unit of a metric, as text for people."""
    unit = meaning.unit
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value), ""
    if not math.isfinite(value):
        return "not finite" if math.isnan(value) else f"{value}".replace("inf", "∞"), unit
    if unit == "s" and value >= 120:
        return duration(value), ""
    if unit == "s" and value >= 1:
        return f"{value:.1f}", unit
    if unit == "%":
        return f"{100 * value:.1f}", unit
    return number(value), unit


def number(value: float) -> str:
    """A number with about four digits, and commas between thousands."""
    if isinstance(value, int):
        return f"{value:,}"
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    if 0 < size < 0.001:
        return f"{value:.3g}"
    return f"{value:.1f}" if size >= 100 else f"{value:.2f}" if size >= 10 else f"{value:.3f}"
