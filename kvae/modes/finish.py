"""How every run ends, whatever its mode."""

import logging

from kvae.errors import WriteError
from kvae.metrics.meaning import to_keep
from kvae.report import write_report
from kvae.runs import RunFolder

log = logging.getLogger(__name__)


def finish_run(folder: RunFolder, metrics: dict[str, float]) -> None:
    """Write the report of a run whose other files are complete, then `metrics.json`, which marks it as finished.

    Where the report cannot be made, because of a damaged picture or a fault of the program, a warning says so, and
    the run is finished without it: `python -m kvae.report` can make it later.

    Raises:
        WriteError: When the disk is full: the metrics could not be written either.
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
