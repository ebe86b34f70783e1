"""One style for all pictures: readable, without clipped text, told apart with any colour vision."""

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from typing import Any

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FuncFormatter, MaxNLocator

from kvae.plots.text import fonts_for, plain
from kvae.process.quiet import quiet_loggers

# Okabe and Ito (2008): told apart with any colour vision. Two more extend it to ten classes.
PALETTE = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9",
    "#CC79A7", "#000000", "#F0E442", "#882255", "#999999",
)  # fmt: skip
STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=PALETTE),
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "white",
}
# Whether large values of images are ink, and dark, as of handwritten digits; else they are light.
_INK = ContextVar("ink", default=False)


class PlainFigure(Figure):
    """A figure in which text is text: a `$` begins no formula, and a sign that no font has ends nothing."""

    def draw(self, renderer: Any) -> None:
        numbers = number_labels(self)
        for text in self.findobj(Text):
            if text not in numbers:
                make_plain(text)
        # Signs without a shape are boxes, and families without a bold font are drawn without one.
        with warnings.catch_warnings(), quiet_loggers("matplotlib.font_manager"):
            warnings.filterwarnings("ignore", "Glyph")
            super().draw(renderer)


def number_labels(fig: Figure) -> set[Any]:
    """Tick labels that matplotlib words itself, such as powers of ten; others are made plain as they are made."""
    labels = set()
    for axis in [one for axes in fig.axes for one in (axes.xaxis, axes.yaxis)]:
        major, minor = axis.get_major_formatter(), axis.get_minor_formatter()
        for formatter, ticks in ((major, axis.get_major_ticks()), (minor, axis.get_minor_ticks())):
            if not isinstance(formatter, FixedFormatter | FuncFormatter):
                labels |= {label for tick in ticks for label in (tick.label1, tick.label2)}
            elif not isinstance(formatter, PlainFormatter) and formatter is major:
                axis.set_major_formatter(PlainFormatter(formatter))
    return labels


class PlainFormatter(FuncFormatter):
    """Given tick labels as text that can be drawn."""

    def __init__(self, given: Any) -> None:
        super().__init__(lambda value, place: plain(given(value, place)))


def make_plain(text: Any) -> None:
    """Have a text shown as it is, in fonts that have its signs where there are some."""
    text.set_parse_math(False)
    shown = "\n".join(plain(line) for line in text.get_text().split("\n"))
    if shown != text.get_text():
        text.set_text(shown)
    if fonts := fonts_for(shown):
        text.set_fontfamily(["DejaVu Sans", *fonts])


def figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, np.ndarray]:
    """A figure of a size in inches and its axes, `(rows, columns)`, in the house style.

    It belongs to nobody but its caller: pyplot would keep every figure of a sweep in memory.
    """
    with matplotlib.rc_context(STYLE):
        fig = PlainFigure(figsize=(width, height))
        axes = fig.subplots(rows, columns, squeeze=False)
    return fig, axes


def legend(place: Any, handles: Sequence[Any], names: Sequence[str], **options: Any) -> Any:
    """A legend of an axis or a figure, with all names: matplotlib leaves out those that begin with `_`."""
    shown = place.legend(handles, [f"line {i}" for i in range(len(names))], **options)
    for text, name in zip(shown.get_texts(), names, strict=True):
        text.set_text(name)
    return shown


@contextlib.contextmanager
def ink(is_ink: bool) -> Iterator[None]:
    """Within the block, draw large values of images dark, as ink, or light, as they are on a screen."""
    token = _INK.set(is_ink)
    try:
        yield
    finally:
        _INK.reset(token)


def grey_map() -> str:
    """The colour map of images of one channel."""
    return "gray_r" if _INK.get() else "gray"


def whole_numbers(axis: Any) -> None:
    """Put ticks of the horizontal axis on whole numbers only."""
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
