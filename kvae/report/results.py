"""The metrics of a run in HTML: the most important ones as large figures, all of them in tables."""

from collections.abc import Iterable, Sequence
from typing import Any

from kvae.metrics.codes import DIMENSIONS
from kvae.metrics.meaning import HELD_OUT
from kvae.metrics.rounds import round_metric
from kvae.report.facts import Facts
from kvae.report.figures import readable
from kvae.report.text import shown
from kvae.runs import select

N_CARDS = 6


def cards(facts: Facts) -> str:
    """The most important metrics as large figures; of a pair, only the one of the held-out rows."""
    names = [
        name
        for name in of_rows(facts)
        if name == facts.objective or (f"{HELD_OUT}{name}" not in facts.metrics and round_metric(name) is None)
    ]
    place = {name: (name != facts.objective, number) for number, name in enumerate(names)}
    ranked = sorted(names, key=lambda name: (name != facts.objective, -facts.meaning(name).rank, place[name]))
    chosen = sorted(ranked[:N_CARDS], key=lambda name: place[name])
    return f'<ul class="cards">{"".join(card(facts, name) for name in chosen)}</ul>'


def of_rows(facts: Facts) -> list[str]:
    """The metrics of whole rows; those of single columns are in a table of their own."""
    return [name for name in facts.metrics if name == facts.objective or not facts.is_of_column(name)]


def card(facts: Facts, name: str) -> str:
    """One metric as a large figure, with its unit."""
    notes = ["held-out rows"] if name.startswith(HELD_OUT) else []
    notes += ["the objective"] if name == facts.objective else []
    note = f'<span class="note">{", ".join(notes)}</span>' if notes else ""
    return f'<li><span class="label">{shown(facts.meaning(name).title)}</span>{figure(facts, name)}{note}</li>'


def figure(facts: Facts, name: str) -> str:
    """The value of a metric with its unit."""
    unit = unit_of(facts, name)
    kind = "unit" if len(unit) > len("bits") else "unit short"
    spaced = f' <span class="{kind}">{shown(unit)}</span>' if unit else ""
    return f'<span class="figure">{data(facts, name, facts.metrics[name])}{spaced}</span>'


def data(facts: Facts, name: str, value: Any) -> str:
    """A rounded value in HTML, together with the exact one."""
    return f'<data value="{shown(value)}">{shown(readable(facts.meaning(name), value)[0])}</data>'


def unit_of(facts: Facts, name: str) -> str:
    """The unit of a metric of this run."""
    latent_dim = select(facts.config, "model.latent_dim")
    unit = readable(facts.meaning(name), facts.metrics[name])[1]
    return f"of {latent_dim} {unit}" if unit == DIMENSIONS and isinstance(latent_dim, int) else unit


def tables(facts: Facts) -> str:
    """All metrics with their meanings: pairs of learning and held-out rows, single ones, and those per round."""
    names = [name for name in of_rows(facts) if round_metric(name) is None]
    paired = [name for name in names if f"{HELD_OUT}{name}" in facts.metrics]
    both = {*paired, *(f"{HELD_OUT}{name}" for name in paired)}
    single = [(name, (("", name),)) for name in names if name not in both]
    pairs = [(name, (("learning rows", name), ("held-out rows", f"{HELD_OUT}{name}"))) for name in paired]
    html = "".join(table(facts, rows) for rows in (pairs, single) if rows)
    return html + rounds(facts)


Row = tuple[str, tuple[tuple[str, str], ...]]


def table(facts: Facts, rows: Sequence[Row]) -> str:
    """A table of metrics with their values, a column per set of rows, and their meanings."""
    columns = ("metric", *(label or "value" for label, _ in rows[0][1]), "unit", "what it is")
    head = "".join(f'<th scope="col">{name}</th>' for name in columns)
    body = "".join(row(facts, name, values) for name, values in rows)
    return f'<table class="metrics"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def row(facts: Facts, name: str, values: Iterable[tuple[str, str]]) -> str:
    """The row of a metric."""
    meaning = facts.meaning(name)
    hint = {"lower": " Lower is better.", "higher": " Higher is better."}.get(meaning.better, "")
    cells = "".join(
        f'<td class="value" data-label="{label}">{data(facts, key, facts.metrics[key])}</td>'
        for label, key in values
    )
    return (
        f'<tr><th scope="row">{shown(meaning.title)} <code>{shown(name)}</code></th>{cells}'
        f'<td class="unit">{shown(unit_of(facts, name))}</td>'
        f'<td class="meaning">{shown((meaning.text + hint).strip())}</td></tr>'
    )


def rounds(facts: Facts) -> str:
    """The metrics of every round of messages; empty for a run without rounds."""
    found: dict[int, dict[str, Any]] = {}
    for name in of_rows(facts):
        of_round = round_metric(name)
        if of_round is not None:
            metric, number = of_round
            found.setdefault(number, {})[metric] = facts.metrics[name]
    if not found:
        return ""
    names = list(dict.fromkeys(name for values in found.values() for name in values))
    head = "".join(f'<th scope="col">{shown(facts.meaning(name).title)}</th>' for name in names)
    body = "".join(
        f'<tr><th scope="row">{number}</th>'
        + "".join(f'<td class="value">{cell(facts, name, found[number])}</td>' for name in names)
        + "</tr>"
        for number in sorted(found)
    )
    return (
        '<h3>By round</h3><div class="scroll" tabindex="0"><table class="rounds">'
        '<thead><tr><th scope="col">Round</th>'
        f"{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def cell(facts: Facts, name: str, values: dict[str, Any]) -> str:
    """A metric of a round; empty if it was not measured."""
    if name not in values:
        return ""
    unit = readable(facts.meaning(name), values[name])[1]
    return f"{data(facts, name, values[name])} {shown(unit)}".rstrip()
