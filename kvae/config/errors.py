"""Reporting the errors of a command: Hydra's, the disk's and the user's mistakes."""

import contextlib
import errno
import logging
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from kvae.config import sweeps
from kvae.config.command_line import as_hydra_takes_it
from kvae.config.resume import expand_resume
from kvae.config.words import is_mistake, worded
from kvae.errors import InputError
from kvae.process.interrupts import Interrupted, end_on_signals
from kvae.process.logs import say_all_signs
from kvae.process.paths import CONF
from kvae.process.visible import say

__all__ = ["CONF", "job_errors", "print_error", "report_errors", "worded"]

log = logging.getLogger(__name__)
_words_errors = False  # whether `report_errors` is active

# Error numbers of failed writes.
DISK = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}


def report_errors(command: Callable[[], Any]) -> None:
    """Run a Hydra command; a user's mistake ends it with one message, exit status 1 and no traceback.

    With HYDRA_FULL_ERROR=1 in the environment, all errors keep their tracebacks.
    """
    global _words_errors
    say_all_signs()
    if os.environ.get("HYDRA_FULL_ERROR") == "1":
        sys.argv[1:] = as_hydra_takes_it(expand_resume(sys.argv[1:]))
        command()
        return
    end_on_signals()
    os.environ["HYDRA_FULL_ERROR"] = "1"  # so that Hydra raises errors to this function
    _words_errors = True
    try:
        sys.argv[1:] = as_hydra_takes_it(expand_resume(sys.argv[1:]))
        command()
    except KeyboardInterrupt as error:
        sweeps.say_how_to_go_on("interrupted")
        sys.exit(error.exit_status if isinstance(error, Interrupted) else 130)
    except BrokenPipeError:  # the reader of the output has closed it, as in `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python flushes standard output at exit
        sys.exit(1)
    except Exception as error:
        if is_mistake(error):
            print_error(error)
            sys.exit(1)
        if isinstance(error, OSError) and error.errno in DISK:  # from Hydra's writes of config and log
            where = error.filename or "the run folder"
            from kvae.runs.files import why_not_written

            say(f"error: {where} could not be written: {why_not_written(error)}", sys.stderr)
            sys.exit(1)
        if isinstance(error, OSError) or not sweeps.is_begun():
            raise
        # An error of the launcher: jobs have reported their own.
        text = " ".join(str(error).split())[:300]
        say(f"error: the launcher failed: {type(error).__name__}: {text}", sys.stderr)
        sweeps.say_how_to_go_on("ended early")
        sys.exit(1)
    finally:
        del os.environ["HYDRA_FULL_ERROR"]
        _words_errors = False


@contextlib.contextmanager
def job_errors() -> Iterator[None]:
    """Log a user's mistake in a job, to its run log and to the terminal; a single run ends there."""
    try:
        yield
    except (InputError, MemoryError, OSError) as error:
        if not is_mistake(error):
            raise
        if logging.getLogger().hasHandlers():
            log.error(worded(error))
        else:  # logging is switched off
            print_error(error)
        if _words_errors and HydraConfig.get().mode == RunMode.RUN:
            # SystemExit, since for the error itself Hydra would print another line.
            raise SystemExit(1) from error
        raise


def print_error(error: Exception) -> None:
    """Print an error in the words of the run log."""
    say(f"error: {worded(error)}", sys.stderr)
