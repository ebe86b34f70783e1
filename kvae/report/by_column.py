"""The metrics of every column of a table, in HTML."""

from collections.abc import Sequence

from kvae.metrics import column_metric
from kvae.metrics.meaning import HELD_OUT, Meaning, of_columns
from kvae.report.facts import Facts
from kvae.report.results import data
from kvae.report.text import shown

MOST_COLUMNS = 1000


def by_column(facts: Facts) -> str:
    """A row per column with its kind, likelihood and metrics; empty for a run without metrics of columns."""
    found = measured(facts)
    if not found:
        return ""
    columns = [name for name in facts.kinds if name in found] or list(found)
    kinds = [kind for kind in of_columns() if any(kind in one for one in found.values())]
    heads = [(kind, prefix) for kind in kinds for prefix in ("", HELD_OUT) if any_of(found, kind, prefix)]
    about = ("kind", "likelihood") if facts.kinds else ()
    titles = ["column", *about, *(title(kind, prefix, heads) for kind, prefix in heads)]
    head = "".join(f'<th scope="col">{shown(one)}</th>' for one in titles)
    body = "".join(row(facts, name, found[name], heads) for name in columns[:MOST_COLUMNS])
    more = f"<p>… and {len(columns) - MOST_COLUMNS:,} more.</p>" if len(columns) > MOST_COLUMNS else ""
    words = "".join(f"<li>{shown(explained(of_columns()[kind]))}</li>" for kind in kinds)
    return (
        '<div class="scroll" tabindex="0"><table class="columns">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"</div>{more}<ul>{words}</ul>"
    )


def explained(meaning: Meaning) -> str:
    """The title of a metric, its unit if it has one, and what it is."""
    unit = f" ({meaning.unit})" if meaning.unit else ""
    return f"{meaning.title}{unit}: {meaning.text}"


def measured(facts: Facts) -> dict[str, dict[str, dict[str, str]]]:
    """The names of metrics, by column, by kind of metric, and by prefix (`val_` or empty)."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for name in facts.metrics:
        one = column_metric(name)
        if one is not None and facts.is_of_column(name):
            prefix = HELD_OUT if name.startswith(HELD_OUT) else ""
            found.setdefault(one[1], {}).setdefault(one[0], {})[prefix] = name
    return found


def any_of(found: dict[str, dict[str, dict[str, str]]], kind: str, prefix: str) -> bool:
    """Whether any column has a metric of this kind and prefix."""
    return any(prefix in one.get(kind, {}) for one in found.values())


def title(kind: str, prefix: str, heads: Sequence[tuple[str, str]]) -> str:
    """The heading of a metric's column: with its rows, if there are learning and held-out ones."""
    named = of_columns()[kind].title
    if (kind, HELD_OUT) not in heads:
        return named
    return f"{named}, {'held-out rows' if prefix else 'learning rows'}"


def row(facts: Facts, name: str, found: dict[str, dict[str, str]], heads: Sequence[tuple[str, str]]) -> str:
    """The row of one column."""
    about = facts.kinds.get(name, ("", "")) if facts.kinds else ()
    cells = "".join(f"<td>{shown(one)}</td>" for one in about)
    for metric, prefix in heads:
        key = found.get(metric, {}).get(prefix)
        unit = " %" if of_columns()[metric].unit == "%" else ""
        cells += f'<td class="value">{"" if key is None else data(facts, key, facts.metrics[key]) + unit}</td>'
    return f'<tr><th scope="row">{shown(name)}</th>{cells}</tr>'
