"""The head of a sweep's page: its name, its state, and the commands to type."""

from collections import Counter
from datetime import datetime

from kvae.options.quoting import as_typed, shell
from kvae.process.commands import program
from kvae.report.text import plural, shown, to_copy
from kvae.runs import select
from kvae.runs.files import relative
from kvae.sweep.commands import command_of
from kvae.sweep.page.facts import Facts
from kvae.sweep.page.values import figure


def header(facts: Facts) -> str:
    """The head of the page, in HTML."""
    mode = select(facts.config, "mode.name")
    kind = f"{mode}, a sweep" if mode else "a sweep"
    return (
        f"<h1>{shown(facts.name)} <small>{shown(kind)} of {plural(len(facts.jobs), 'job')}</small></h1>"
        f'<p class="about">{state(facts)} {about(facts)}</p>{best(facts)}'
        f'<h2 class="small">{going_on(facts)[0]}</h2>{to_copy(going_on(facts)[1])}'
    )


def state(facts: Facts) -> str:
    """The state of the sweep: running, finished or not finished."""
    states = {job.status for job in facts.jobs}
    if "running" in states:
        kind, sign, text = "running", "…", "still running"
    elif states <= {"finished", "pruned"}:
        kind, sign, text = "finished", "✓", "finished"
    else:
        kind, sign, text = "interrupted", "◼", "not finished"
    return f'<span class="state {kind}"><span aria-hidden="true">{sign}</span> {text}</span>'


def about(facts: Facts) -> str:
    """One line of facts about the sweep."""
    counts = Counter(job.status for job in facts.jobs)
    texts = [
        ("jobs", ", ".join(f"{n} {status}" for status, n in counts.items())),
        ("data", select(facts.config, "data.path") or select(facts.config, "data.name")),
        ("objective", facts.objective),
        ("begun", begun(facts)),
    ]
    return " ".join(f"<span><i>{name}</i> {shown(text)}</span>" for name, text in texts if text)


def begun(facts: Facts) -> str | None:
    """When the sweep was begun, in words; None for a time that the calendar does not have."""
    try:
        time = datetime.fromtimestamp(facts.folder.plan.stat().st_mtime)
    except (OSError, ValueError, OverflowError):
        return None
    return f"{time.day} {time:%B %Y, %H:%M}"


def best(facts: Facts) -> str:
    """The best setting as a command, and its result; empty where there is nothing to compare."""
    if len(facts.settings) < 2 or facts.is_in_shards:
        return ""
    setting = facts.settings[0]
    meaning = facts.meaning(facts.objective)
    value = f"{shown(facts.objective)} {figure(meaning, setting.mean)} {shown(meaning.unit)}".rstrip()
    n = len(setting.values)
    spread = f", the mean of {n} seeds, with a standard deviation of {setting.sd:.3g}" if n > 1 else ""
    direction = "largest" if facts.is_large_best else "smallest"
    return (
        f'<h2 class="small">The best setting</h2>{to_copy(f"{program()} {command_of(setting)}".rstrip())}'
        f'<p class="note">{value}{spread}; the {direction} is the best.</p>'
    )


def going_on(facts: Facts) -> tuple[str, str]:
    """A heading and a command: to resume a sweep that is not finished, else to repeat it."""
    if any(job.status not in ("finished", "pruned", "running") for job in facts.jobs):
        return "To resume it", f"{program()} {shell(f'resume={relative(facts.folder.path)}')}"
    return "To repeat it", " ".join([program(), "-m", *(shell(as_typed(one)) for one in facts.command)])
