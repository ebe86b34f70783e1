"""Which log records go where."""

import logging


class BelowError(logging.Filter):
    """Pass what is no error: errors go to stderr alone."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno < logging.ERROR
