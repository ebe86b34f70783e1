"""The common style of all pictures: readable, without clipped text, for any colour vision."""

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

# The colours of Okabe and Ito (2008), which differ for any colour vision, and two more, for ten classes.
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
# Whether large values of images are drawn dark, as the ink of handwritten digits; else they are light.
_INK = ContextVar("ink", default=False)


class PlainFigure(Figure):
    """A figure with literal text: `$` starts no formula, and a character without a glyph raises no error."""

    def draw(self, renderer: Any) -> None:
        numbers = number_labels(self)
        for text in self.findobj(Text):
            if text not in numbers:
                make_plain(text)
        # Without warnings: characters without a glyph become boxes, and families without a bold font are not bold.
        with warnings.catch_warnings(), quiet_loggers("matplotlib.font_manager"):
            warnings.filterwarnings("ignore", "Glyph")
            super().draw(renderer)


def number_labels(fig: Figure) -> set[Any]:
    """Tick labels that matplotlib formats itself, such as powers of ten; others get a `PlainFormatter`."""
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
    """A formatter whose tick labels are made drawable by `plain`."""

    def __init__(self, given: Any) -> None:
        super().__init__(lambda value, place: plain(given(value, place)))


def make_plain(text: Any) -> None:
    """Show a text literally, in installed fonts that have its characters."""
    text.set_parse_math(False)
    shown = "\n".join(plain(line) for line in text.get_text().split("\n"))
    if shown != text.get_text():
        text.set_text(shown)
    if fonts := fonts_for(shown):
        text.set_fontfamily(["DejaVu Sans", *fonts])


def figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, np.ndarray]:
    """A figure of a size in inches and its axes, `(rows, columns)`, in the house style.

    It is not registered with pyplot, which would keep every figure in memory.
    """
    with matplotlib.rc_context(STYLE):
        fig = PlainFigure(figsize=(width, height))
        axes = fig.subplots(rows, columns, squeeze=False)
    return fig, axes


def legend(place: Any, handles: Sequence[Any], names: Sequence[str], **options: Any) -> Any:
    """A legend of an axis or a figure, with all names: matplotlib itself leaves out names that begin with `_`."""
    shown = place.legend(handles, [f"line {i}" for i in range(len(names))], **options)
    for text, name in zip(shown.get_texts(), names, strict=True):
        text.set_text(name)
    return shown


@contextlib.contextmanager
def ink(is_ink: bool) -> Iterator[None]:
    """Within the block, draw large values of images dark, as ink, or light, as on a screen."""
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
