"""`mode=inspect`: report on a table before anything is learnt from it."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from kvae.errors import InputError
from kvae.metrics.tables.facts import table_facts
from kvae.metrics.work import speed
from kvae.modes.finish import finish_run
from kvae.modes.options import ModeConfig
from kvae.options.quoting import as_typed, key_of, shell
from kvae.options.rules import Name
from kvae.options.schema import Config
from kvae.process.commands import program
from kvae.runs import RunFolder
from kvae.runs.columns_seen import columns_file, write_columns_seen
from kvae.runs.files import relative
from kvae.tracking import NoTracker, Tracker

if TYPE_CHECKING:
    from kvae.data.inspection import Bars, ColumnSeen, Histogram, TableSeen
    from kvae.data.table.inferring import Wishes
    from kvae.data.text import TextFormat
    from kvae.plots.table_columns import Panel
    from kvae.table import Column

log = logging.getLogger(__name__)

# At most so many columns are drawn: a page of more takes too long.
MOST_PANELS = 128
LONGEST_EXAMPLE = 30


@dataclass(frozen=True, kw_only=True)
class Options(ModeConfig):
    """The keys of `mode=inspect`."""

    name: Name = "inspect"

    uses_keras: ClassVar[bool] = False


def run(config: Config, folder: RunFolder, tracker: Tracker | None = None) -> tuple[dict[str, float], RunFolder]:
    """Inspect the table of the config. Learns nothing, draws no random numbers. `tracker` records the run.

    Writes `columns.yaml`, which `data.columns_file` reads, and pictures: how the values of each column are spread,
    which are missing together, and how columns are associated. Warns of what is odd.

    Raises:
        InputError: When the data is not `data=table`, or cannot be read as a table.
    """
    from kvae.data.inspection import columns_seen, look_at, notices
    from kvae.data.table import show_columns

    began = time.perf_counter()
    seen, words = look_at(*table_of(config))
    missing = np.isnan(seen.x)
    for line in [*words, *show_columns(seen.spec, missing.sum(axis=0), len(seen))]:
        log.info(line)
    (tracker or NoTracker()).begin(folder)
    folder.reopen()
    folder.write_run(config.plain)
    columns, said = columns_seen(seen), notices(seen)
    for notice in said:
        log.warning("warning: %s", notice.text)
    write(config, folder, seen, columns)
    log.info("inferred kinds of the columns, for you to edit: %s", relative(columns_file(folder)))
    log.info("to learn: %s", command(config, folder))
    complete = int((~missing.any(axis=1)).sum())
    shape = len(seen), len(columns), len(seen.spec.columns)
    metrics = table_facts(*shape, int(missing.sum()), complete, len(said))
    metrics |= speed(time.perf_counter() - began)
    finish_run(folder, metrics)
    return metrics, folder


def table_of(config: Config) -> tuple[str, Wishes, TextFormat, float]:
    """Path of the table, the user's wishes for its columns, its text format, and the limit of memory.

    Raises:
        InputError: When the data is not `data=table`, or has no path.
    """
    data = config.data
    if data.name != "table":
        path = shell(f"data.path={data.path or 'x.csv'}")
        raise InputError(
            f"mode=inspect is for tables. Received: {data.called}. Type data=table {path} mode=inspect"
        )
    if data.path is None:
        raise InputError("mode=inspect needs data.path. For example: data=table data.path=x.csv mode=inspect")
    return data.path, data.wishes, data.text, data.memory


def write(config: Config, folder: RunFolder, seen: TableSeen, columns: list[ColumnSeen]) -> None:
    """Write what was found: figures, pictures, and the columns file."""
    from kvae.data.inspection import associations, gap_patterns
    from kvae.data.table import write_columns_file
    from kvae.plots.table_association import table_association
    from kvae.plots.table_columns import PER_PAGE, table_columns
    from kvae.plots.table_gaps import table_gaps

    write_columns_seen(folder, map(asdict, columns))
    notes = {one.name: note(one) for one in columns}
    write_columns_file(columns_file(folder), seen.spec, config.data.path, notes=notes)
    found = panels(seen, columns)
    if len(found) > MOST_PANELS:
        log.info("pictures of the first %d of %d columns", MOST_PANELS, len(found))
    for start in range(0, min(len(found), MOST_PANELS), PER_PAGE):
        name = "columns" if len(found) <= PER_PAGE else f"columns_{start // PER_PAGE + 1:02d}"
        folder.write_figure(name, table_columns, found[start : start + PER_PAGE])
    names = [one.name for one in columns]
    gaps = gap_patterns(np.stack([seen.missing[name] for name in names], axis=1), names)
    if gaps is not None:
        folder.write_figure("gaps", table_gaps, gaps)
    together = associations(seen.x, seen.spec.columns)
    folder.write_figure("association", table_association, together, seen.spec.names)


def panels(seen: TableSeen, columns: list[ColumnSeen]) -> list[Panel]:
    """What a picture shows of each learnt column."""
    from kvae.data.inspection import bars, histogram
    from kvae.plots.table_columns import Panel

    found = []
    for one in columns:
        if one.likelihood is None:
            continue
        column, values = seen.by_name[one.name], seen.values(one.name)
        as_text = partial(as_date, column) if column.kind == "date" else None
        spread: Bars | Histogram | None
        if column.is_number:
            spread = histogram(values, may_be_log=as_text is None)
        else:
            spread = bars(values, column.categories or (), in_order=column.kind == "ordinal")
        gaps = f", {100 * one.missing / one.n:.1f}% missing" if one.missing else ""
        found.append(Panel(one.name, f"{one.kind}{gaps}", spread, as_text))
    return found


def as_date(column: Column, value: float) -> str:
    """A date as its table writes it, without the time of day."""
    from kvae.data.kinds import kind_called

    written = kind_called(column.kind).write(np.array([value]), column)
    return str(written[0]).partition(" ")[0].partition("T")[0]


def note(one: ColumnSeen) -> str:
    """A summary of a column, for the line above it in the columns file."""
    from kvae.data.kinds import all_kinds

    gaps = f"{100 * one.missing / one.n:.1f}% missing, " if one.missing else ""
    values = f"{one.distinct:,} different value{'' if one.distinct == 1 else 's'}"
    examples = f" such as {', '.join(map(short, one.examples))}" if one.examples else ""
    kind = all_kinds().get(one.kind)
    return f"{gaps}{values}{examples}: {one.kind if kind is None else kind.words}"


def short(text: str) -> str:
    """An example, cut to `LONGEST_EXAMPLE` characters."""
    return text if len(text) <= LONGEST_EXAMPLE else f"{text[: LONGEST_EXAMPLE - 1]}…"


def command(config: Config, folder: RunFolder) -> str:
    """The command that learns the table with the kinds of `columns.yaml`."""
    typed = folder.read_overrides() or [f"data={config.data.name}", f"data.path={config.data.path}"]
    kept = [one for one in typed if key_of(one) not in ("mode", "data.columns_file")]
    kept.append(f"data.columns_file={relative(columns_file(folder))}")
    folders = [f"--config-dir={path}" for path in folder.read_config_dirs()]
    return " ".join([program(), *map(shell, [*folders, *map(as_typed, kept)])])
