"""The jobs of a sweep in HTML: a table, from which a script also draws parallel axes of keys and metrics."""

from collections.abc import Sequence
from urllib.parse import quote

from kvae.metrics import column_metric
from kvae.metrics.meaning import HELD_OUT
from kvae.metrics.rounds import round_metric
from kvae.report.text import shown
from kvae.runs import RunFolder
from kvae.runs.plain import is_plain
from kvae.sweep.folders import Job
from kvae.sweep.page.facts import Facts
from kvae.sweep.page.values import data, setting

MANY_JOBS = 3000
# How many metrics are shown at first, and how many the table has at most.
FEW_METRICS, MANY_METRICS = 5, 80
STATES = {
    "finished": "✓ finished",
    "running": "… running",
    "failed": "✕ failed",
    "pruned": "pruned",
    "interrupted": "◼ interrupted",
    "waiting": "waiting",
}
# The filter stands above everything that it filters.
FILTER = (
    '<div class="tools" hidden data-script><input type="search" id="sweep-filter" spellcheck="false" '
    'placeholder="Filter: for example failed, or latent_dim&gt;=8 val_loss&lt;25" '
    'aria-label="Filter the jobs by words and comparisons">'
    '<button type="button" id="sweep-reset">Show all jobs</button></div>'
    '<p class="note" id="sweep-said" aria-live="polite" hidden data-script></p>'
)


def is_compared(facts: Facts) -> bool:
    """Whether at least two jobs have results."""
    return sum(bool(job.metrics) for job in facts.jobs) > 1


def compared(facts: Facts) -> str:
    """The HTML in which a script draws a line per job over keys and metrics; empty with fewer than two results."""
    if not is_compared(facts):
        return ""
    return (
        '<p class="note">A line is a job; the better its objective, the darker the line. Drag along an axis to '
        f"select jobs, here and below; the filter does the same from the keyboard.</p>{FILTER}"
        '<div class="tools" id="sweep-kept"></div>'
        '<div class="scroll" tabindex="0"><div class="drawn" id="sweep-parallel"></div></div>'
        '<p class="note" id="sweep-pointed" aria-live="polite"></p>'
        '<details><summary>Axes</summary><div class="tools" id="sweep-axes"></div></details>'
    )


def jobs_table(facts: Facts) -> str:
    """A row per job, the best first."""
    names = metrics_of(facts)
    few = {*names[: FEW_METRICS + 1], "seconds"}
    jobs = facts.ranked[:MANY_JOBS]
    heads = [head("job", "job"), head("state", "state")]
    heads += [head(name, name, facts.meaning(name).unit, name not in few) for name in names[:1]]
    heads += [head(key, key) for key in facts.keys]
    heads += [head(name, name, facts.meaning(name).unit, name not in few) for name in names[1:]]
    body = "".join(row(facts, job, names, few) for job in jobs)
    all_of_them = '<label><input type="checkbox" id="sweep-all"> All metrics</label>' if set(names) > few else ""
    left = len(facts.jobs) - len(jobs)
    more = f'<p class="note">… and {left:,} more, in sweep.csv.</p>' if left > 0 else ""
    tools = "" if is_compared(facts) else FILTER
    better = "higher" if facts.is_large_best else "lower"
    return (
        f'{tools}<div class="tools">{all_of_them}</div><div class="scroll high" tabindex="0">'
        f'<table class="list jobs" id="sweep-jobs" data-objective="{shown(facts.objective)}" '
        f'data-better="{better}" data-keys="{len(facts.keys)}">'
        f"<thead><tr>{''.join(heads)}</tr></thead><tbody>{body}</tbody></table></div>{more}"
    )


def metrics_of(facts: Facts) -> list[str]:
    """The metrics of the table: the objective, then by rank; time and metrics per column or round come last."""
    names = list(dict.fromkeys(name for job in facts.jobs for name in job.metrics))
    known = set(names)

    def order(name: str) -> tuple[bool, bool, bool, int]:
        is_part = round_metric(name) is not None or column_metric(name) is not None
        is_part |= facts.meaning(name).unit in ("s", "per second")
        return name != facts.objective, is_part, f"{HELD_OUT}{name}" in known, -facts.meaning(name).rank

    return sorted(names, key=order)[:MANY_METRICS]


def head(key: str, text: str, unit: str = "", is_more: bool = False) -> str:
    """The heading of a column."""
    kind = ' class="more"' if is_more else ""
    below = f'<span class="unit">{shown(unit)}</span>' if unit and unit not in ("s", "%") else ""
    name = f'<span class="name">{shown(text)}</span>'
    return f'<th scope="col"{kind} data-key="{shown(key)}" title="{shown(key)}">{name}{below}</th>'


def row(facts: Facts, job: Job, names: Sequence[str], few: set[str]) -> str:
    """The row of a job."""
    metrics = []
    for name in names:
        kind = "" if name in few else ' class="more"'
        value = data(facts.meaning(name), job.metrics[name]) if name in job.metrics else ""
        metrics.append(f"<td{kind}>{value}</td>")
    cells = [
        f'<th scope="row">{link(facts, job)}</th>',
        state(job),
        *metrics[:1],
        *(f"<td>{setting(job.overrides.get(key, ''))}</td>" for key in facts.keys),
        *metrics[1:],
    ]
    return f'<tr data-job="{job.number}">{"".join(cells)}</tr>'


def state(job: Job) -> str:
    """The state of a job, and why it failed."""
    reason = f'<span class="why">{shown(job.reason)}</span>' if job.reason else ""
    return f'<td class="{job.status}"><data value="{job.status}">{STATES[job.status]}</data>{reason}</td>'


def link(facts: Facts, job: Job) -> str:
    """The number of a job, with a link to its report if there is one."""
    number = f'<data value="{job.number}">#{job.number}</data>'
    if job.path is None or not is_plain(report := RunFolder(job.path).report):
        return number
    address = quote(report.relative_to(facts.folder.path).as_posix(), errors="surrogateescape")
    return f'<a href="{shown(address)}" title="Report of job {job.number}">{number}</a>'
