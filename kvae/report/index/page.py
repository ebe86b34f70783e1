"""The page of an index."""

import base64
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePath
from urllib.parse import quote

from kvae.options.quoting import shell
from kvae.process.logs import duration
from kvae.report.facts import in_words
from kvae.report.figures import readable
from kvae.report.frame import Section, framed
from kvae.report.index.entries import Entry
from kvae.report.resources import resource
from kvae.report.text import plural, shown, to_copy
from kvae.report.words import STATES, data_of, model_of
from kvae.runs import select
from kvae.runs.files import relative
from kvae.runs.pictures import thumbnail

SCRIPTS = ("copying", "table", "index")
HEADS = ("", "run", "state", "begun", "data", "model", "result", "seed", "took")
# The most entries with a picture, since a page with more opens slowly; the most entries; the most reports in a
# command.
MANY_PICTURES, MANY_ENTRIES, MANY_COMMANDS = 400, 5000, 20
WIDTH, HEIGHT = 320, 200
UNREAD = {"damaged": ("✕", "damaged"), "later": ("✕", "of a later kvae")}


def page(folder: Path, entries: Sequence[Entry]) -> str:
    """The whole page.

    Args:
        folder: The folder of the page.
        entries: The entries, newest first.
    """
    parts = "\n".join(resource(f"scripts/{name}.js") for name in SCRIPTS)
    return framed(
        f"Runs in {shown(folder.absolute().name)}",
        header(folder, entries),
        [Section("runs", "Runs", table(folder, entries))],
        "the folders of the runs",
        resource("table.css") + resource("index.css"),
        f'(() => {{\n"use strict";\n{parts}}})();\n',
    )


def header(folder: Path, entries: Sequence[Entry]) -> str:
    """The head of the page: the folder, the number of runs, and the commands that make missing pages."""
    counts = Counter(words_of(entry.state)[1] for entry in entries)
    n_sweeps = sum(bool(entry.counts) for entry in entries)
    texts = [plural(len(entries) - n_sweeps, "run"), *([plural(n_sweeps, "sweep")] if n_sweeps else [])]
    texts += [f"{n:,} {state}" for state, n in counts.items()]
    missing = [entry for entry in entries if entry.page is None and entry.state not in UNREAD]
    html = f"<h1>Runs <small>in {shown(relative(folder.absolute()))}</small></h1>"
    html += f'<p class="about"><span>{", ".join(texts)}</span></p>'
    for program, are_sweeps in (("kvae.report", False), ("kvae.sweep", True)):
        paths = [shell(relative(entry.path.absolute())) for entry in missing if bool(entry.counts) == are_sweeps]
        if paths:
            # The command for sweeps takes a single folder.
            some = paths[: 1 if are_sweeps else MANY_COMMANDS]
            what = "a missing page of a sweep" if are_sweeps else "missing reports"
            html += f'<h2 class="small">To make {what}</h2>'
            html += to_copy(" ".join(["python -m", program, *some]))
    return html


def table(folder: Path, entries: Sequence[Entry]) -> str:
    """A row per entry."""
    heads = "".join(head(name) for name in HEADS)
    body = "".join(row(folder, entry, i < MANY_PICTURES) for i, entry in enumerate(entries[:MANY_ENTRIES]))
    left = len(entries) - MANY_ENTRIES
    more = f'<p class="note">… and {left:,} older ones.</p>' if left > 0 else ""
    return (
        '<div class="tools" hidden data-script><input type="search" id="index-filter" spellcheck="false" '
        'placeholder="Filter: for example digits finished, or result&lt;25" '
        'aria-label="Filter the runs by words and comparisons"></div>'
        '<p class="note" id="index-said" aria-live="polite" hidden data-script></p>'
        '<div class="scroll" tabindex="0"><table class="list runs" id="index-runs">'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>{more}"
    )


def head(name: str) -> str:
    """The heading of a column."""
    if not name:
        return "<td></td>"
    return f'<th scope="col" data-key="{name}"><span class="name">{name}</span></th>'


def row(folder: Path, entry: Entry, with_picture: bool) -> str:
    """The row of one entry."""
    sign, state = words_of(entry.state)
    data = data_of(entry.config)
    number = "" if math.isnan(entry.value) else readable(entry.meaning, entry.value)
    result = f'<data value="{entry.value}">{shown(" ".join(number).strip())}</data>' if number else ""
    result += f'<span class="why">{shown(entry.objective)}</span>' if number else ""
    took = duration(entry.seconds) if 0 < entry.seconds < 1e12 else ""
    seed = "" if entry.counts or entry.config.get("seed") is None else entry.config["seed"]
    where = entry.path.absolute().relative_to(folder.absolute()).as_posix()
    why = f'<span class="why">{shown(entry.trouble)}</span>' if entry.trouble else ""
    cells = [
        f'<td class="{entry.state}"><data value="{state}">{sign} {state}</data>{counted(entry)}{why}</td>',
        f'<td><data value="{entry.begun:.0f}">{shown(in_words(entry.begun) or "")}</data></td>',
        f'<td title="{shown(data)}">{shown(PurePath(data).name)}</td>',
        f"<td>{shown(learnt_with(entry))}</td>",
        f"<td>{result}</td>",
        f"<td>{shown(seed)}</td>",
        f'<td>{f"""<data value="{entry.seconds}">{took}</data>""" if took else ""}</td>',
    ]
    return (
        f'<tr><td class="thumb">{seen(entry) if with_picture else ""}</td>'
        f'<th scope="row">{link(folder, entry)}<code>{shown(where)}</code></th>{"".join(cells)}</tr>\n'
    )


def words_of(state: str) -> tuple[str, str]:
    """The sign and the words for a state."""
    return (STATES | UNREAD)[state]


def counted(entry: Entry) -> str:
    """The number of a sweep's jobs by state."""
    texts = ", ".join(f"{n:,} {words_of(state)[1]}" for state, n in sorted(entry.counts.items()))
    return f'<span class="why">{texts}</span>' if texts else ""


def learnt_with(entry: Entry) -> str:
    """The model, with its prior unless that is the standard one, or the network of modules; empty without one."""
    config = entry.config
    if select(config, "network.modules"):
        return str(select(config, "network.name") or "network")
    model, prior = model_of(config), select(config, "prior.name")
    return model + (f", prior {prior}" if model and prior not in (None, "standard") else "")


def link(folder: Path, entry: Entry) -> str:
    """The name and the mode, with a link to the page of a run or sweep if there is one."""
    n = entry.counts.total()
    kind = f", a sweep of {plural(n, 'job')}" if n else ""
    text = f"{shown(entry.name)} <small>{shown(entry.mode)}{kind}</small>"
    if entry.page is None:
        return f"<span>{text}</span>"
    path = entry.page.absolute().relative_to(folder.absolute()).as_posix()
    return f'<a href="{shown(quote(path, errors="surrogateescape"))}">{text}</a>'


def seen(entry: Entry) -> str:
    """A thumbnail of a run's picture; empty without one."""
    picture = entry.picture
    small = None if picture is None else thumbnail(picture.png, WIDTH, HEIGHT)
    if picture is None or small is None:
        return ""
    address = "data:image/jpeg;base64," + base64.b64encode(small).decode("ascii")
    return f'<img alt="{shown(picture.caption.alt)}" title="{shown(picture.caption.title)}" src="{address}">'
