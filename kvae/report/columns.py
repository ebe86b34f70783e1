"""The columns of a table in HTML, as mode=inspect describes them before anything is learnt."""

from collections.abc import Mapping
from typing import Any

from kvae.report.facts import Facts
from kvae.report.text import shown

LONGEST_EXAMPLE = 40
MOST_COLUMNS = 1000


def columns(facts: Facts) -> str:
    """A row per column; empty for a run that inspected no table."""
    if not facts.columns_seen:
        return ""
    titles = ("column", "kind", "learnt as", "missing", "different values", "examples")
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    body = "".join(row(column) for column in facts.columns_seen[:MOST_COLUMNS])
    left = len(facts.columns_seen) - MOST_COLUMNS
    more = f"<p>… and {left:,} more.</p>" if left > 0 else ""
    return (
        '<div class="scroll" tabindex="0"><table class="columns">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"</div>{more}"
    )


def row(column: Mapping[str, Any]) -> str:
    """The row of one column."""
    n, missing = column["n"], column["missing"]
    learnt = column["likelihood"] or f"left out: {column['why']}"
    gaps = f"{missing:,} ({100 * missing / n:.1f}%)" if missing and n else "0"
    examples = ", ".join(short(text) for text in column["examples"])
    return (
        f'<tr><th scope="row">{shown(column["name"])}</th><td>{shown(column["kind"])}</td>'
        f'<td>{shown(learnt)}</td><td class="value">{gaps}</td><td class="value">{column["distinct"]:,}</td>'
        f'<td class="meaning">{shown(examples)}</td></tr>'
    )


def short(text: str) -> str:
    """An example, cut where it is long."""
    return text if len(text) <= LONGEST_EXAMPLE else f"{text[: LONGEST_EXAMPLE - 1]}…"
