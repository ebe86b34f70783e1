"""The clusters of a table's rows in HTML: for each, the columns in which it differs most from all rows."""

from collections.abc import Sequence

from kvae.report.facts import Facts
from kvae.report.text import plural, shown

MOST_CLUSTERS, MOST_COLUMNS = 30, 6
# Columns of the file before those of the table, and how many it has per column of the table.
LEAD, EACH = 3, 3


def clusters(facts: Facts) -> str:
    """A table per cluster; empty for a run without clusters of a table of mixed kinds."""
    names, rows = facts.clusters
    if len(names) < LEAD + EACH or (len(names) - LEAD) % EACH or not rows:
        return ""
    whole, *each = rows
    there = [one for one in each if one[1] != "0"]
    shown_ones = "".join(cluster(names, one, whole) for one in there[:MOST_CLUSTERS])
    more = (
        f"<p>… and {plural(len(there) - MOST_CLUSTERS, 'cluster')} more.</p>" if len(there) > MOST_CLUSTERS else ""
    )
    return (
        "<p>For every cluster, the columns in which it differs most from all rows: for numbers the mean and the "
        "standard deviation, for categories the most frequent one and its share, in the cluster and in all rows. "
        "The nats are the divergence of a column's values in the cluster from those in all rows, less that of "
        "rows drawn at random.</p>"
        f"{shown_ones}{more}"
    )


def cluster(names: Sequence[str], row: Sequence[str], whole: Sequence[str]) -> str:
    """The table of one cluster."""
    number, n, share = row[:LEAD]
    places = range(LEAD, len(names), EACH)
    chosen = sorted(places, key=lambda place: -number_in(row[place + EACH - 1]))[:MOST_COLUMNS]
    body = "".join(
        f'<tr><th scope="row">{shown(names[place])}</th><td class="value">{value(names, row, place)}</td>'
        f'<td class="value">{value(names, whole, place)}</td>'
        f'<td class="value">{number_in(row[place + EACH - 1]):.2f}</td></tr>'
        for place in chosen
    )
    head = "".join(f'<th scope="col">{one}</th>' for one in ("column", "in the cluster", "in all rows", "nats"))
    size = f"{plural(int(number_in(n)), 'row')}, {number_in(share):.1%}"
    return (
        f"<h3>Cluster {shown(number)}: {size}</h3>"
        '<div class="scroll" tabindex="0"><table class="columns">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        "</div>"
    )


def value(names: Sequence[str], row: Sequence[str], place: int) -> str:
    """A mean with its standard deviation, or a category with its share; a dash without values."""
    typical, second = row[place], row[place + 1]
    if not typical:
        return "–"
    if not second:
        return shown(typical)
    is_share = names[place + 1].rstrip("_").endswith("_share")
    return shown(f"{typical} ({number_in(second):.0%})" if is_share else f"{typical} ± {second}")


def number_in(text: str) -> float:
    """A text as a number; 0 for any other text."""
    try:
        return float(text)
    except ValueError:
        return 0.0
