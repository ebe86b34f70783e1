"""A network of modules: a box per module, and arrows from observed to observing modules."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from kvae.plots.style import PALETTE, figure
from kvae.runs.captions import Caption, shows

WIDTH, HEIGHT = 2.2, 1.1


@shows(
    network=Caption(
        "The network",
        "A box per module, each above what it observes. Messages go up along the arrows, and down against them.",
        "Boxes with the names of the modules, and arrows from observed to observing modules",
        place=5,
    )
)
def network(kinds: Mapping[str, str], observed: Mapping[str, Sequence[str]]) -> Figure:
    """Draw a network.

    Args:
        kinds: The kind of every module, by name.
        observed: The names of the modules that each module observes, which come before it.
    """
    places = places_of(observed)
    widest = max(sum(1 for _, level in places.values() if level == one) for _, one in places.values())
    highest = 1 + max(level for _, level in places.values())
    fig, axes = figure(max(3.2, WIDTH * widest), max(2.4, HEIGHT * highest))
    axis = axes.flat[0]
    for name, names in observed.items():
        for one in names:
            arrow = FancyArrowPatch(
                places[one],
                places[name],
                arrowstyle="-|>",
                mutation_scale=14,
                shrinkA=18,
                shrinkB=18,
                color="#555555",
            )
            axis.add_patch(arrow)
    for name, (x, y) in places.items():
        color = PALETTE[9] if not observed[name] else PALETTE[0]
        box = {"boxstyle": "round,pad=0.45", "facecolor": "white", "edgecolor": color, "linewidth": 1.6}
        text = name if kinds[name] in ("", name) else f"{name}\n({kinds[name]})"
        axis.text(x, y, text, ha="center", va="center", bbox=box)
    axis.set_xlim(-0.6 - (widest - 1) / 2, 0.6 + (widest - 1) / 2)
    axis.set_ylim(-0.6, highest - 0.4)
    axis.axis("off")
    return fig


def places_of(observed: Mapping[str, Sequence[str]]) -> dict[str, tuple[float, float]]:
    """The position of every module: a level above the highest that it observes; data just below its observer."""
    levels: dict[str, int] = {}
    for name, names in observed.items():
        levels[name] = 1 + max((levels[one] for one in names), default=-1)
    for name in [name for name, names in observed.items() if not names]:
        levels[name] = min((levels[one] for one, names in observed.items() if name in names), default=1) - 1
    found: dict[str, tuple[float, float]] = {}
    for level in sorted(set(levels.values())):
        names = [name for name in levels if levels[name] == level]
        wished = {name: [found[one][0] for one in observed[name]] for name in names}
        names.sort(key=lambda name: sum(wished[name]) / max(1, len(wished[name])))
        for place, name in enumerate(names):
            found[name] = (place - (len(names) - 1) / 2, float(level))
    return found
