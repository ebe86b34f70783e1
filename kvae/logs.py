"""Which log records go where."""

import logging
import sys


class BelowError(logging.Filter):
    """Pass what is no error: errors go to stderr alone."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno < logging.ERROR


class LogFile(logging.FileHandler):
    """A run's log, which says once, and goes on, when it cannot be written: the disk may be full."""

    failed = False

    def handleError(self, record: logging.LogRecord) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)
        elif not self.failed:
            self.failed = True
            print(f"warning: {self.baseFilename} cannot be written: {sys.exc_info()[1]}", file=sys.stderr)
