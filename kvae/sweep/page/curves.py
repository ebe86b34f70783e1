"""The learning curves of all jobs, as plain values that a script draws in one plot."""

import contextlib
import math
from typing import Any

from kvae.errors import InputError
from kvae.metrics.meaning import HELD_OUT
from kvae.report.explorer import as_json
from kvae.report.text import visible
from kvae.runs import RunFolder
from kvae.sweep.folders import Job
from kvae.sweep.page.facts import Facts

# The most jobs whose curves are drawn, and the most points of a curve.
MANY_CURVES, MANY_POINTS = 400, 80
ALONG = "iteration"
Rows = list[dict[str, float]]


def curves(facts: Facts) -> str:
    """The HTML in which a script draws the curves, with their values; empty where no job learnt."""
    found = {job.number: kept for job in facts.ranked[:MANY_CURVES] if (kept := thinned(rows_of(job)))}
    names = list(dict.fromkeys(name for rows in found.values() for name in rows[0] if name != ALONG))
    if not names:
        return ""
    chosen = facts.objective if facts.objective in names else names[0]
    units = {name: facts.meaning(name).unit for name in names}
    plain = {
        "names": sorted(names, key=lambda name: (name != chosen, not name.startswith(HELD_OUT))),
        "units": units,
        "curves": {str(number): columns(rows) for number, rows in found.items()},
    }
    left = len(facts.ranked) - MANY_CURVES
    some = f" Only those of the {MANY_CURVES} best jobs are drawn." if left > 0 else ""
    return (
        f'<p class="note">The curves of the jobs that match the filter.{some}</p>'
        '<div class="tools"><label>Show <select id="sweep-quantity"></select></label>'
        '<label><input type="checkbox" id="sweep-beginning"> Include the first iterations</label>'
        '<label><input type="checkbox" id="sweep-log"> Iterations on a logarithmic scale</label></div>'
        '<div class="drawn" id="sweep-curves"></div><p class="note" id="sweep-curve" aria-live="polite"></p>'
        f'<script type="application/json" id="sweep-facts">{as_json(visible(plain))}</script>'
    )


def rows_of(job: Job) -> Rows:
    """The losses of a job by iteration, of the lowest module that has some; empty where there are none."""
    if job.path is None:
        return []
    folder = RunFolder(job.path)
    for module in folder.modules():
        with contextlib.suppress(InputError):
            rows = module.read_log("loss")
            with contextlib.suppress(InputError):
                held_out = {row.get(ALONG): row for row in module.read_log(f"{HELD_OUT}loss")}
                rows = [held_out.get(row.get(ALONG), {}) | row for row in rows]
            return rows
    return folder.vae.read_kept_log()


def thinned(rows: Rows) -> Rows:
    """At most `MANY_POINTS` rows with an iteration, evenly spaced, the first and the last included."""
    rows = [row for row in rows if math.isfinite(row.get(ALONG, math.nan))]
    n = min(MANY_POINTS, len(rows))
    return [rows[round(i * (len(rows) - 1) / max(1, n - 1))] for i in range(n)]


def columns(rows: Rows) -> dict[str, list[Any]]:
    """Rows as columns, rounded to five digits; values that are not finite are None."""
    return {name: [rounded(row.get(name, math.nan)) for row in rows] for name in rows[0]}


def rounded(value: float) -> float | int | None:
    """A number rounded to five digits, whole ones below 1e9 exactly; None if it is not finite."""
    if not math.isfinite(value):
        return None
    short = float(f"{value:.5g}")
    return int(value) if value == int(value) and abs(value) < 1e9 else short
