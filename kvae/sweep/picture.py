"""The picture of a sweep: the objective against every swept key."""

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from kvae import plots
from kvae.sweep.folders import swept_keys
from kvae.sweep.summary import Setting

MANY_LINES = 8
COLUMNS = 3


def picture(settings: Sequence[Setting], objective: str) -> Figure | None:
    """A panel per swept key; None when nothing is swept but the seed, or nothing is finished.

    The seeds of a setting are one point, their mean, with a bar of their standard deviation. Settings that differ
    in that key alone are joined by a line, where there are few enough lines to tell apart.
    """
    keys = swept_keys([job for setting in settings for job in setting.jobs])
    if not keys:
        return None
    if keys == ["seed"]:
        settings = [Setting(job.overrides, [job], [job.metrics[objective]]) for job in settings[0].jobs]
    else:
        keys = [key for key in keys if key != "seed"]
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
        lines.setdefault(", ".join(f"{short(k)} {setting.overrides.get(k, '')}" for k in others), []).append(
            setting
        )
    few = len(lines) <= MANY_LINES and len(lines) < len(settings)
    for (label, line), color in zip(lines.items(), plots.PALETTE * len(lines), strict=False):
        line = sorted(line, key=lambda setting: x_of[setting.overrides.get(key, "")])
        axis.errorbar(
            [x_of[setting.overrides.get(key, "")] for setting in line],
            [setting.mean for setting in line],
            [0.0 if math.isnan(setting.sd) else setting.sd for setting in line],
            color=color if few else plots.PALETTE[0], label=label, marker="o", markersize=4, capsize=3,
            linestyle="-" if few else "none", linewidth=1.2,
        )  # fmt: skip
    if numbers and min(numbers.values()) > 0 and max(numbers.values()) / min(numbers.values()) >= 50:
        axis.set_xscale("log")
    if not numbers or len(numbers) <= 6:
        axis.set_xticks(list(x_of.values()), list(x_of), minor=False)
        axis.minorticks_off()
    several = any(len(setting.values) > 1 for setting in settings)
    axis.set(xlabel=key, ylabel=f"{objective}{', mean and sd of the seeds' if several else ''}")
    if few and others:
        axis.legend(frameon=False, fontsize=8)


def as_numbers(texts: Sequence[str]) -> dict[str, float] | None:
    """Values as numbers by their texts; None when one of them is something else."""
    try:
        numbers = {text: float(text) for text in texts}
    except ValueError:
        return None
    return numbers if all(map(math.isfinite, numbers.values())) else None


def in_order(text: str) -> tuple[bool, float, str]:
    """Numbers by their size, then texts by the alphabet."""
    numbers = as_numbers([text])
    return (numbers is None, numbers[text] if numbers else 0.0, text)


def short(key: str) -> str:
    """A key without its group."""
    return key.rpartition(".")[2]
