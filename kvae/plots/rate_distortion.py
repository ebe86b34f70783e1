"""Rate and distortion of lossy archives: error against size."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from kvae.plots.style import PALETTE, figure, legend
from kvae.plots.text import name_of
from kvae.runs.captions import Caption, shows

# A rate, a mean squared error, a PSNR, and the text beside the point.
Point = tuple[float, float, float, str]
Points = Sequence[Point]
LONGEST = 32


@shows(
    rate_distortion=Caption(
        "Rate and distortion",
        "Size and error of the archive for other numbers of bits per latent dimension, which are written beside "
        "the points. The ring marks the chosen number; the dotted line is the error of codes that are not "
        "rounded.",
        "Peak signal-to-noise ratio and mean squared error against bits per observation",
        place=150,
    )
)
def rate_distortion(
    ours: Points,
    chosen: str,
    limit: tuple[float, float],
    others: Mapping[str, Points] | None = None,
    peak: str = "the width of the data's range",
) -> Figure:
    """PSNR and mean squared error against bits per observation.

    Args:
        ours: A point per number of bits per latent dimension.
        chosen: The text beside the chosen point.
        limit: Mean squared error and PSNR of codes that are not rounded.
        others: Points of other lossy formats, one per quality, by the name of the format.
        peak: The peak of the PSNR, in words.
    """
    fig, axes = figure(9.6, 3.9, 1, 2)
    lines = {"kvae": ours, **(others or {})}
    marks: dict[str, Any] = {}
    for axis, place, name in ((axes[0, 0], 2, "PSNR (dB)"), (axes[0, 1], 1, "mean squared error")):
        for (label, points), color in zip(lines.items(), PALETTE, strict=False):
            marks[label] = line(axis, points, place, color)
        for point in ours:
            if point[3] == chosen:
                ring = {"s": 110, "facecolor": "none", "edgecolor": PALETTE[3], "linewidth": 2, "zorder": 4}
                marks[f"chosen: {chosen} bits"] = axis.scatter(point[0], point[place], **ring)
        marks["codes not rounded"] = axis.axhline(limit[place - 1], color=PALETTE[9], linestyle=":")
        axis.set(xlabel="bits per observation", ylabel=name)
        axis.set_xscale("log")
    axes[0, 1].set_yscale("log")
    axes[0, 0].set_title(f"peak: {peak}", fontsize=8)
    axes[0, 1].set_title("in the data's own units, squared", fontsize=8)
    legend(axes[0, 0], list(marks.values()), list(marks), frameon=False, fontsize=8)
    return fig


@shows(
    sweep_rate_distortion=Caption(
        "Rate and distortion of a sweep",
        "Size and error of every run's archive; a line joins runs that differ only in bits per latent dimension.",
        "Peak signal-to-noise ratio against bits per observation, a line per setting",
        place=150,
    )
)
def rate_distortion_of_runs(lines: Mapping[str, Points]) -> Figure:
    """PSNR against bits per observation, a line per setting."""
    fig, axes = figure(6.8, 4.4)
    axis, marks = axes[0, 0], []
    for place, points in enumerate(lines.values()):
        style = {"linestyle": ("-", "--", "-.", ":")[place // len(PALETTE) % 4]}
        marks.append(line(axis, points, 2, PALETTE[place % len(PALETTE)], **style))
    axis.set(xlabel="bits per observation (gross)", ylabel="PSNR (dB)")
    axis.set_xscale("log")
    if len(lines) > 1:
        names = [name_of(name, LONGEST) for name in lines]
        legend(fig, marks, names, frameon=False, fontsize=8, loc="outside right upper")
    return fig


def line(axis: Any, points: Points, place: int, color: str, **style: Any) -> Any:
    """Draw one line, with the texts beside its points."""
    points = sorted(points)
    (drawn,) = axis.plot(
        [point[0] for point in points], [point[place] for point in points],
        color=color, marker="o", markersize=4, linewidth=1.2, **style,
    )  # fmt: skip
    for point in points:
        axis.annotate(point[3], (point[0], point[place]), (4, -10), textcoords="offset points", fontsize=7)
    return drawn
