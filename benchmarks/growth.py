"""The growth of time and memory with rows, latent dimensions and hidden width, as a figure and a table."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.table import markdown

COLUMNS = 64
FIGURE = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "growth.png"
ROWS = [1_000, 10_000, 100_000, 1_000_000, 10_000_000]
LATENT = [2, 10, 50, 200]
HIDDEN = [50, 100, 400, 1600]


@dataclass(frozen=True)
class Grown:
    """One point: what was varied, its value, and the time and memory."""

    what: str
    value: int
    seconds: float
    rows: int
    peak_mib: float


def measure(what: str, value: int, folder: str) -> Grown:
    """Learn one pass in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.grow_one", what, str(value), folder]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return Grown(what, value, found["seconds"], found["rows"], found["peak_mib"])


def tables(repeats: int) -> str:
    """Draw the figure, and return the table; every point is the fastest of `repeats`, at most 2."""
    points = []
    with tempfile.TemporaryDirectory() as folder:
        sizes = [
            ("rows in memory", ROWS[:-1]),
            ("rows streamed", ROWS),
            ("latent_dim", LATENT),
            ("hidden", HIDDEN),
        ]
        for what, values in sizes:
            for value in values:
                tried = [measure(what, value, folder) for _ in range(min(repeats, 2) if value < 1e6 else 1)]
                points.append(min(tried, key=lambda point: point.seconds))
                print(points[-1], flush=True)
    draw(points)
    rows = [
        [p.what, f"{p.value:,}", f"{p.seconds:.2f} s", f"{1e6 * p.seconds / p.rows:.2f} us", f"{p.peak_mib:,.0f}"]
        for p in points
    ]
    return markdown(["varied", "to", "one pass", "per row", "peak MiB"], rows)


def draw(points: list[Grown]) -> None:
    """Time per row and peak memory against what was varied."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots(2, 3, sharex="col", sharey="row")
    for what in dict.fromkeys(point.what for point in points):
        chosen = [point for point in points if point.what == what]
        column = ["rows", "latent_dim", "hidden"].index(what.split()[0])
        values = [point.value for point in chosen]
        axes[0, column].plot(values, [1e6 * p.seconds / p.rows for p in chosen], "o-", label=what)
        axes[1, column].plot(values, [p.peak_mib for p in chosen], "o-")
    for column, label in enumerate(("rows", "latent dimensions", "hidden units")):
        axes[0, column].set(xscale="log", yscale="log")
        axes[1, column].set(xlabel=label, ylim=(0, None))
    axes[0, 0].set_ylabel("microseconds per row")
    axes[1, 0].set_ylabel("peak memory (MiB)")
    axes[0, 0].legend()
    for each in axes.flat:
        each.grid(alpha=0.3)
    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(FIGURE, dpi=120)
