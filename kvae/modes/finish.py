"""How every run ends, whatever its mode."""

import logging

from kvae.errors import WriteError
from kvae.metrics.meaning import to_keep
from kvae.report import write_report
from kvae.runs import RunFolder

log = logging.getLogger(__name__)


def finish_run(folder: RunFolder, metrics: dict[str, float]) -> None:
    """Write the report of a run whose other files are there, then `metrics.json`: it is finished.

    A report that cannot be made, be it a damaged picture or a fault of the program, is warned of and left out: the
    results of hours do not hang on a page about them, which `python -m kvae.report` can make later.

    Raises:
        WriteError: When the disk takes no more: it would not take the metrics either.
    """
    folder.write_meanings(to_keep(metrics))
    try:
        write_report(folder, metrics)
    except WriteError:
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        log.warning("warning: %s could not be made (%s)", folder.report.name, reason)
        log.debug("why it could not be made", exc_info=True)
    folder.write_metrics(metrics)
