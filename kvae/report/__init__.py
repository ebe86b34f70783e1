"""The report of a run: one page that needs nothing but itself."""

from collections.abc import Mapping
from html import escape

from kvae.artifacts import RunFolder
from kvae.files import whole_file


def write_report(folder: RunFolder, metrics: Mapping[str, float] | None = None) -> None:
    """Write `report.html` of a run; `metrics` are those of one whose `metrics.json` is about to be written.

    Raises:
        WriteError: When the disk does not take it.
    """
    if metrics is None and folder.finished:
        metrics = folder.read_metrics()
    rows = "".join(f"<tr><th>{escape(name)}<td>{value:.4f}" for name, value in (metrics or {}).items())
    with whole_file(folder.report) as part:
        part.write_text(
            f"<!doctype html>\n<html><title>Run</title><table>{rows}</table></html>\n", encoding="utf-8"
        )
