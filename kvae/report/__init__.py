"""The report of a run: one page, `report.html`, that needs no other file."""

from collections.abc import Mapping

from kvae.report.facts import gather
from kvae.report.page import page
from kvae.runs import RunFolder
from kvae.runs.files import whole_file

__all__ = ["write_report"]


def write_report(folder: RunFolder, metrics: Mapping[str, float] | None = None) -> None:
    """Write `report.html` of a run, finished or not.

    Args:
        folder: The run folder, with all files of the run.
        metrics: The metrics, if `metrics.json` is not written yet; None reads that file, if there is one.

    Raises:
        InputError: When the folder is not that of a run, or its files are damaged.
        WriteError: When the page cannot be written.
    """
    html = page(gather(folder, metrics))
    with whole_file(folder.report) as part:
        part.write_text(html, encoding="utf-8")
