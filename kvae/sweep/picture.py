"""The picture of a sweep: the objective against every swept key."""

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from kvae import plots
from kvae.runs.captions import Caption, shows
from kvae.sweep.folders import swept_keys
from kvae.sweep.settings import Setting

MANY_LINES = 8
MANY_PANELS = 30
COLUMNS = 3
# The most ticks of a panel; the most characters of a tick, of a line's name, and of all ticks side by side.
MANY_TICKS, LONGEST_TICK, LONGEST_LINE, ROOM = 40, 16, 32, 40


@shows(
    sweep=Caption(
        "The objective by key",
        "A panel per swept key. A point is a setting: the mean over its seeds; the bar is their standard "
        "deviation. A line joins settings that differ only in that key, if there are at most eight lines.",
        "The objective against each of the swept keys",
    )
)
def picture(settings: Sequence[Setting], objective: str) -> Figure | None:
    """A panel per swept key; None when nothing is swept but the seed, or nothing is finished.

    The seeds of a setting are one point, their mean, with a bar of their standard deviation. A line joins settings
    that differ only in that key, if there are at most `MANY_LINES` lines.
    """
    keys = swept_keys([job for setting in settings for job in setting.jobs])
    if not keys:
        return None
    if keys == ["seed"]:
        settings = [Setting(job.overrides, [job], [job.metrics[objective]]) for job in settings[0].jobs]
    else:
        keys = [key for key in keys if key != "seed"][:MANY_PANELS]
    columns = min(COLUMNS, len(keys))
    rows = math.ceil(len(keys) / columns)
    fig, axes = plots.figure(4.4 * columns + 0.6, 3.4 * rows, rows, columns)
    for axis in axes.flat[len(keys) :]:
        axis.set_axis_off()
    for axis, key in zip(axes.flat, keys, strict=False):
        panel(axis, settings, key, [other for other in keys if other != key], objective)
    return fig


def panel(axis: Any, settings: Sequence[Setting], key: str, others: list[str], objective: str) -> None:
    """The objective against one key."""
    texts = sorted({setting.overrides.get(key, "") for setting in settings}, key=in_order)
    numbers = as_numbers(texts)
    x_of = numbers or {text: float(place) for place, text in enumerate(texts)}
    lines: dict[str, list[Setting]] = {}
    for setting in settings:
        label = ", ".join(f"{short(other)} {setting.overrides.get(other, '')}" for other in others)
        lines.setdefault(label, []).append(setting)
    marks: dict[str, Any] = {}
    few = len(lines) <= MANY_LINES and len(lines) < len(settings)
    for (label, line), color in zip(lines.items(), plots.PALETTE * len(lines), strict=False):
        points = sorted((x_of[one.overrides.get(key, "")], one.mean, one.sd) for one in line)
        x, mean, sd = zip(*points, strict=True)
        marks[label] = axis.errorbar(
            x, mean, None if all(map(math.isnan, sd)) else sd,
            color=color if few else plots.PALETTE[0], label=label if few else None,
            marker="o", markersize=4, capsize=3, linestyle="-" if few else "none", linewidth=1.2,
        )  # fmt: skip
    if not few:
        best = settings[0]
        point = (x_of[best.overrides.get(key, "")], best.mean)
        marks = {"the best": axis.scatter(*point, s=50, color=plots.PALETTE[3], zorder=3)}
    scale(axis, x_of, numbers is not None)
    several = any(len(setting.values) > 1 for setting in settings)
    axis.set(xlabel=key, ylabel=f"{objective}, mean and sd of seeds" if several else objective)
    if not few or len(lines) > 1:
        plots.legend(
            axis,
            list(marks.values()),
            [plots.name_of(name, LONGEST_LINE) for name in marks],
            frameon=not few,
            fontsize=8,
        )


def scale(axis: Any, x_of: dict[str, float], are_numbers: bool) -> None:
    """Scale the axis: logarithmic for numbers over several magnitudes, with the values as ticks where they fit."""
    low, high = min(x_of.values()), max(x_of.values())
    whole = all(value == round(value) for value in x_of.values())
    if are_numbers and low > 0 and high / low >= (50 if whole else 10):
        axis.set_xscale("log")
    if not are_numbers or (len(x_of) <= 6 and max(map(len, x_of)) <= 5):
        step = -(-len(x_of) // MANY_TICKS)
        names = [plots.name_of(text, LONGEST_TICK) for text in x_of]
        crowded = sum(map(len, names)) > ROOM
        axis.set_xticks(list(x_of.values())[::step], names[::step], rotation=90 if crowded else 0)
        axis.minorticks_off()


def as_numbers(texts: Sequence[str]) -> dict[str, float] | None:
    """The numbers of values, by their texts; None if one of them is not a finite number."""
    try:
        numbers = {text: float(text) for text in texts}
    except ValueError:
        return None
    return numbers if all(map(math.isfinite, numbers.values())) else None


def in_order(text: str) -> tuple[bool, float, str]:
    """A sort key: numbers by size, then texts in alphabetical order."""
    numbers = as_numbers([text])
    return (numbers is None, numbers[text] if numbers else 0.0, text)


def short(key: str) -> str:
    """A key without its group."""
    return key.rpartition(".")[2]
