"""`python -m kvae.config.child`: runs one job of a sweep, given as a line of JSON on standard input."""

import json
import logging
import logging.config
import os
import signal
import sys
import threading
from io import RawIOBase
from pathlib import Path
from typing import Any

from kvae.config.hydra_app import instantiate
from kvae.config.words import worded
from kvae.errors import InputError, PrunedError
from kvae.modes import run_mode
from kvae.options.schema import check
from kvae.process.interrupts import Interrupted, end_on_signals
from kvae.process.logs import of_a_job
from kvae.sweep.folders import JobFolder
from kvae.sweep.isolation import FAILED, PRUNED
from kvae.tracking import Tracker

log = logging.getLogger(__name__)


def main() -> int:
    """Run the job; the exit status says how it ended, and `job.json` why."""
    end_on_signals()
    stdin = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115  unbuffered: a buffer's lock would stay with the thread
    line = stdin.readline()
    if not line:
        return FAILED
    message = json.loads(line)
    threading.Thread(target=end_with_parent, args=(stdin,), daemon=True).start()
    logging.config.dictConfig(message["logging"])
    of_a_job(message["number"])
    return run(message["config"], Path(message["folder"]), message["trial"])


def run(config: dict[str, Any], folder: Path, trial: dict[str, Any] | None = None) -> int:
    """Run a job in its folder, and record how it ended; returns the exit status."""
    job = JobFolder(folder)
    try:
        trackers = [] if trial is None else [pruning(**trial)]
        run_mode(check(config, instantiate), folder, trackers, wait=60.0)
        job.end("finished")
        return 0
    except PrunedError as error:
        job.end("pruned", str(error))
        return PRUNED
    except (InputError, MemoryError) as error:
        reason = worded(error)
        log.debug(reason)
    except Interrupted as error:
        job.end("interrupted")
        return error.exit_status
    except Exception as error:
        log.exception("a fault of the program")
        reason = f"{type(error).__name__}: {' '.join(str(error).split())} (the traceback is in run.log)"
    job.end("failed", reason)
    return FAILED


def pruning(pruner: dict[str, Any], **trial: Any) -> Tracker:
    """The tracker by which a search prunes trials."""
    from kvae.sweep.search import Pruning

    return Pruning(pruner=instantiate(pruner, "hydra.sweeper.pruner"), **trial)


def end_with_parent(stdin: RawIOBase) -> None:
    """Wait for the end of standard input, then end: the process that started this job no longer exists."""
    stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
