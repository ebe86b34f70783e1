"""The result of a sweep: a table of jobs, a page, pictures, and the best settings on the terminal."""

import csv
import io
import logging
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kvae.metrics import objective_in
from kvae.options.quoting import shell
from kvae.process.commands import program
from kvae.process.logs import duration
from kvae.process.visible import in_a_line, visible
from kvae.runs.files import relative, whole_file
from kvae.runs.pictures import write_picture
from kvae.sweep.commands import as_command, command_of
from kvae.sweep.folders import Job, SweepFolder, swept_keys
from kvae.sweep.page import page_of
from kvae.sweep.page.facts import Facts
from kvae.sweep.settings import Setting, settings_of

log = logging.getLogger(__name__)

SHARD = "mode.shard"  # jobs that differ in it are shards of one command, of which none is the best
LONGEST = 200  # characters of a value in the table
ROWS = 20  # of the table on the terminal; sweep.csv has all jobs


def summarise(path: Path) -> bool:
    """Write and show the results so far: table, pictures and page. True if all jobs are finished or pruned.

    Raises:
        InputError: When the folder is not that of a sweep.
    """
    from kvae.sweep.picture import picture
    from kvae.sweep.rates import rates_of

    folder = SweepFolder(path)
    plan, jobs = folder.read_plan(), folder.jobs()
    objective = next(
        (objective_in(job.metrics, plan["objective"])[0] for job in jobs if job.metrics), plan["objective"]
    )
    write_table(folder.table, jobs)
    settings = settings_of(jobs, objective)
    write_picture(folder.picture, picture, settings, objective)
    write_picture(folder.rates, rates_of, jobs)
    write_page(Facts(folder, plan["command"], jobs, settings, objective, is_in_shards(jobs)))
    show(jobs, settings, objective)
    names = "  ".join(map(relative, folder.results))
    if is_in_shards(jobs):
        log.info("join the shards:  python -m kvae.sweep %s --join", shell(relative(folder.path)))
    log.info("sweep folder: %s\n%s", relative(folder.path), names)
    return all(job.status in ("finished", "pruned") for job in jobs)


def is_in_shards(jobs: Sequence[Job]) -> bool:
    """Whether the jobs are shards of one command, to be joined."""
    return any(SHARD in job.overrides for job in jobs)


def write_page(facts: Facts) -> None:
    """Write the page; if that fails, warn, and remove an older page."""
    try:
        html = page_of(facts)
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        log.warning("warning: %s could not be made (%s)", facts.folder.page.name, reason)
        log.debug("why the page could not be made", exc_info=True)
        facts.folder.page.unlink(missing_ok=True)
        return
    with whole_file(facts.folder.page) as part:
        part.write_text(html, encoding="utf-8")


def write_table(path: Path, jobs: Sequence[Job]) -> None:
    """Write a row per job: overrides, status, metrics, the reason of a failure, and the run folder."""
    keys = list(dict.fromkeys(key for job in jobs for key in job.overrides))
    metrics = list(dict.fromkeys(name for job in jobs for name in job.metrics))
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["job", *keys, "status", *metrics, "reason", "run_folder"])
    for job in jobs:
        overrides = [job.overrides.get(key, "") for key in keys]
        values = [job.metrics.get(name, "") for name in metrics]
        run_folder = "" if job.path is None else job.path.relative_to(path.parent).as_posix()
        rows.writerow([job.number, *overrides, job.status, *values, job.reason, run_folder])
    with whole_file(path) as part:
        part.write_text(visible(text.getvalue()), encoding="utf-8")


def show(jobs: Sequence[Job], settings: Sequence[Setting], objective: str) -> None:
    """Print the settings, the best first, then the jobs without a result, then the command of the best setting."""
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)
    swept = swept_keys(list(jobs))
    keys = [key for key in swept if key != "seed"]
    if settings:
        console.print(table_of(settings[:ROWS], keys, objective))
    if len(settings) > ROWS:
        console.print(f"  and {len(settings) - ROWS} more")
    elif not settings and any(job.metrics for job in jobs):
        names = ", ".join(next(job.metrics for job in jobs if job.metrics))
        console.print(shown(f"no job has the metric objective={objective}. There are: {names[:1000]}"))
    for job in jobs:
        if job.status not in ("finished", "pruned"):
            command = as_command(job.overrides, swept)
            console.print(shown(f"#{job.number} {command}  {job.status}: {job.reason}".rstrip(": ")))
    pruned = sum(job.status == "pruned" for job in jobs)
    if pruned:
        console.print(f"{pruned} of {len(jobs)} jobs were pruned, worse than others at the same iteration")
    if len(settings) > 1 and SHARD not in swept:
        console.print(shown(f"the best:  {program()} {command_of(settings[0])}"))


def shown(value: str) -> Text:
    """Text of a job as one line, with control characters escaped and without markup."""
    return Text(in_a_line(value))


def table_of(settings: Sequence[Setting], keys: Sequence[str], objective: str) -> Table:
    """A row per setting: the objective over its seeds, the time of one job, and its swept keys."""
    several = any(len(setting.values) > 1 for setting in settings)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in (objective, *(("sd", "n") if several else ()), "time"):
        table.add_column(shown(name), justify="right", no_wrap=True)
    for name in short_names(keys):
        table.add_column(shown(name), no_wrap=True)
    for setting in settings:
        spread = [f"{setting.sd:.4f}" if len(setting.values) > 1 else "", str(len(setting.values))]
        table.add_row(
            f"{setting.mean:.4f}",
            *(spread if several else ()),
            duration(setting.seconds) if math.isfinite(setting.seconds) else "",
            *(shown(shortened(setting.overrides.get(key, ""))) for key in keys),
        )
    return table


def short_names(keys: Sequence[str]) -> list[str]:
    """Keys without their groups if these short names are unique, else the full keys."""
    names = [key.rpartition(".")[2] for key in keys]
    return names if len(set(names)) == len(names) else list(keys)


def shortened(value: str) -> str:
    """A value for the table: long numbers are rounded to four digits, long texts cut."""
    try:
        return value if len(value) <= 8 else f"{float(value):.4g}"
    except ValueError:
        return value if len(value) <= LONGEST else f"{value[:LONGEST]}..."
