"""Where log records go, and how they are formatted."""

import contextlib
import copy
import errno
import logging
import os
import stat
import sys
import time
from io import TextIOWrapper
from pathlib import Path

from kvae.process.visible import in_a_line, say, visible


class BelowError(logging.Filter):
    """Pass records below errors: errors go to stderr alone."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno < logging.ERROR


class Terminal(logging.StreamHandler):
    """A terminal or a pipe, whose reader may close it, such as `| head`: one warning, and the run continues."""

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stream.fileno())  # discards all later output
        why = f"the output cannot be written any more ({error.strerror})"
        text = f"warning: {why}; the run continues, and run.log has all of it"
        with contextlib.suppress(OSError):
            say(text, sys.stderr)


class Visible(logging.Formatter):
    """Escape texts from files and names in a message, so that they cannot control the terminal or begin a line."""

    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record.args, tuple) and any(isinstance(one, str | Path) for one in record.args):
            record = copy.copy(record)
            record.args = tuple(
                in_a_line(one) if isinstance(one, str | Path) else one for one in record.args or ()
            )
        return visible(super().format(record))


class LogFile(logging.FileHandler):
    """A run's log: if it cannot be written, as on a full disk, one warning says so, and the run continues."""

    failed = False

    def _open(self) -> TextIOWrapper:
        """Open the file for appending; raise OSError for a link, a pipe, or a file that has a second name."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(self.baseFilename, flags, 0o666)
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            os.close(descriptor)
            raise OSError(errno.ELOOP, "it is not a plain file with a single name", self.baseFilename)
        return open(descriptor, "a", encoding=self.encoding, errors=self.errors)

    def handleError(self, record: logging.LogRecord) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)
        elif not self.failed:
            self.failed = True
            say(f"warning: {self.baseFilename} cannot be written: {sys.exc_info()[1]}", sys.stderr)


class Seldom(logging.Filter):
    """Pass warnings, and one line of progress per minute: for a job among others."""

    def __init__(self, seconds: float = 60.0) -> None:
        super().__init__()
        self.seconds = seconds
        self.last = time.monotonic()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= logging.WARNING:
            return True
        if record.name != "kvae.training.progress" or time.monotonic() - self.last < self.seconds:
            return False
        self.last = time.monotonic()
        return True


def say_all_signs() -> None:
    """Print characters that the encoding of a terminal or file lacks as codes, in place of an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def of_a_job(number: int) -> None:
    """Show few lines of this process on the terminal, each with the number of its job: it is one of several."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler):
            handler.addFilter(Seldom())
            handler.setFormatter(Visible(f"#{number} %(message)s"))


def duration(seconds: float) -> str:
    """Seconds as people write them: 42 s, 3 min 20 s, 2 h 5 min; `?` for negative, NaN or huge numbers."""
    if not 0 <= seconds < 1e12:
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
