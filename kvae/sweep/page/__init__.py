"""The page of a sweep, `sweep.html`, in which jobs are sorted, filtered and compared; one file without links."""

from kvae.report.frame import Section, framed
from kvae.report.gallery import gallery, least_widths
from kvae.report.pictures import read
from kvae.report.resources import resource
from kvae.report.text import shown
from kvae.sweep.page.curves import curves
from kvae.sweep.page.facts import Facts
from kvae.sweep.page.header import header
from kvae.sweep.page.jobs import compared, jobs_table
from kvae.sweep.page.settings import settings

# Scripts in the order of their dependencies; first those of `kvae.report`.
SHARED = ("numbers", "colours", "copying", "table")
SCRIPTS = ("lines", "axes", "parallel", "curves", "sweep")


def page_of(facts: Facts) -> str:
    """The whole page of a sweep."""
    files = (facts.folder.picture, facts.folder.rates)
    pictures = [found for path in files if path.is_file() and (found := read(path, facts.folder.path))]
    sections = [
        Section("settings", "Settings", settings(facts)),
        Section("compare", "Keys and metrics", compared(facts), " hidden data-script"),
        Section("curves", "Curves", curves(facts), " hidden data-script"),
        Section("jobs", "Jobs", jobs_table(facts)),
        Section("pictures", "Pictures", gallery(pictures)),
    ]
    return framed(
        f"{shown(facts.name)} · sweep",
        header(facts),
        sections,
        "the files of the sweep's folder",
        resource("table.css") + resource("page.css", "kvae.sweep.page") + least_widths(pictures),
        script(),
    )


def script() -> str:
    """The script of the page."""
    parts = [resource(f"scripts/{name}.js") for name in SHARED]
    parts += [resource(f"scripts/{name}.js", "kvae.sweep.page") for name in SCRIPTS]
    return '(() => {\n"use strict";\n' + "\n".join(parts) + "})();\n"
