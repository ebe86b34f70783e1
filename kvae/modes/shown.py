"""The metrics of a run, as the command prints them."""

import logging

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kvae.metrics import column_metric, meaning_of
from kvae.metrics.meaning import HELD_OUT
from kvae.metrics.rounds import round_metric
from kvae.metrics.work import PER_SECOND, SECONDS
from kvae.process.visible import in_a_line

log = logging.getLogger(__name__)

# At most so many columns of a table, characters of their names, and rounds are printed.
MOST_COLUMNS, LONGEST_COLUMN = 20, 32
MOST_ROUNDS = 6


def show(metrics: dict[str, float], is_table: bool = False) -> None:
    """Print a short table of metrics; losses are in nats per observation.

    Metrics of rounds come after the others; last, if `is_table`, those of the columns of a table of mixed kinds.
    """
    of_columns = {name: found for name in metrics if is_table and (found := column_metric(name)) is not None}
    rest = [name for name in metrics if name not in of_columns]
    of_rounds = {name: of_round for name in rest if (of_round := round_metric(name)) is not None}
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name in rest:
        if name not in of_rounds:
            table.add_row(Text(in_a_line(name)), as_text(name, metrics[name]))
    Console(width=60).print(table)
    if of_rounds:
        show_rounds(metrics, of_rounds)
    if of_columns:
        show_columns(metrics, of_columns)


def show_rounds(metrics: dict[str, float], of_rounds: dict[str, tuple[str, int]]) -> None:
    """Print what was measured in every round, a column each; of many rounds only the first and the last ones."""
    found = {one: metrics[name] for name, one in of_rounds.items()}
    numbers = sorted({number for _, number in found})
    shown = numbers if len(numbers) <= MOST_ROUNDS else [*numbers[:1], *numbers[1 - MOST_ROUNDS :]]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="")
    table.add_column("round")
    for number in shown:
        table.add_column(str(number), justify="right")
    for name in dict.fromkeys(name for name, _ in found):
        values = [found.get((name, number)) for number in shown]
        texts = ["" if value is None else as_text(name, value) for value in values]
        table.add_row(Text(in_a_line(name)), *texts)
    Console(width=100).print(table)


def show_columns(metrics: dict[str, float], of_columns: dict[str, tuple[str, str]]) -> None:
    """Print what was measured of the columns of a table: of the held-out rows where there are some."""
    names = {(*found, name.startswith(HELD_OUT)): name for name, found in of_columns.items()}
    held_out = any(one[2] for one in names)
    kinds = list(dict.fromkeys(kind for kind, _ in of_columns.values()))
    columns = list(dict.fromkeys(column for _, column in of_columns.values()))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="")
    table.add_column(f"column{' (held-out rows)' if held_out else ''}")
    for kind in kinds:
        table.add_column(kind, justify="right")
    for column in columns[:MOST_COLUMNS]:
        there = [names.get((kind, column, held_out)) for kind in kinds]
        texts = ["" if name is None else as_text(name, metrics[name]) for name in there]
        table.add_row(Text(shortened(in_a_line(column), LONGEST_COLUMN)), *texts)
    Console(width=100).print(table)
    if more := max(len(columns) - MOST_COLUMNS, 0):
        log.info("and %d more column%s, in metrics.json and the report", more, "s" * (more > 1))


def shortened(text: str, longest: int) -> str:
    """A text, cut to at most `longest` characters."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def as_text(name: str, value: float) -> str:
    """A metric as people read it."""
    unit = meaning_of(name).unit
    if isinstance(value, int) or unit == PER_SECOND:
        return f"{value:,.0f}"
    if 0 < abs(value) < 0.0001:  # would print as 0.0000
        return f"{value:.1e}"
    return f"{value:.1f}" if unit == SECONDS else f"{value:.4f}"
