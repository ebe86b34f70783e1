"""Which log records go where, and how they read."""

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
    """Pass what is no error: errors go to stderr alone."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno < logging.ERROR


class Terminal(logging.StreamHandler):
    """What people read, who may have had enough: `| head`. One line says so, and the run goes on."""

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stream.fileno())  # for all who write there, to the end
        why = f"nothing takes the output any more ({error.strerror})"
        text = f"warning: {why}; the run goes on, and run.log has it all"
        with contextlib.suppress(OSError):
            say(text, sys.stderr)


class Visible(logging.Formatter):
    """Show what a message has from files and names so that it steers no terminal and begins no line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record.args, tuple) and any(isinstance(one, str | Path) for one in record.args):
            record = copy.copy(record)
            record.args = tuple(
                in_a_line(one) if isinstance(one, str | Path) else one for one in record.args or ()
            )
        return visible(super().format(record))


class LogFile(logging.FileHandler):
    """A run's log, which says once, and goes on, when it cannot be written: the disk may be full."""

    failed = False

    def _open(self) -> TextIOWrapper:
        """Open the file for appending: no link, no pipe, and none that has another name elsewhere."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(self.baseFilename, flags, 0o666)
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            os.close(descriptor)
            raise OSError(errno.ELOOP, "it is no plain file with one name", self.baseFilename)
        return open(descriptor, "a", encoding=self.encoding, errors=self.errors)

    def handleError(self, record: logging.LogRecord) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)
        elif not self.failed:
            self.failed = True
            say(f"warning: {self.baseFilename} cannot be written: {sys.exc_info()[1]}", sys.stderr)


class Seldom(logging.Filter):
    """Of a job among others: warnings, and a line of progress a minute."""

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
    """Let a terminal or a file that has no signs for some letters show their numbers, and not end the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def of_a_job(number: int) -> None:
    """Let the terminal hear of this process as of one job among others: seldom, and with its number."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler):
            handler.addFilter(Seldom())
            handler.setFormatter(Visible(f"#{number} %(message)s"))


def duration(seconds: float) -> str:
    """Seconds as people write them: 42 s, 3 min 20 s, 2 h 5 min; `?` of what is no time."""
    if not 0 <= seconds < 1e12:
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
