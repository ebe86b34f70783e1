"""Libraries without their output."""

import contextlib
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator

from kvae.errors import InputError


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Hold back what is written to stderr, also by C++; it is printed if the block raises.

    TensorFlow 2.21 prints notes about the processor while it is imported, whatever TF_CPP_MIN_LOG_LEVEL says.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with contextlib.ExitStack() as files:
        try:
            held = files.enter_context(tempfile.TemporaryFile())
            saved = os.dup(2)
        except OSError:  # no temporary folder, or a stderr that is closed: nothing can be held
            yield
            return
        flush_stderr()
        os.dup2(held.fileno(), 2)
        try:
            yield
        except InputError:  # its text says enough
            raise
        except BaseException:
            held.seek(0)
            os.write(saved, held.read())
            raise
        finally:
            flush_stderr()
            os.dup2(saved, 2)
            os.close(saved)


def flush_stderr() -> None:
    """Flush Python's buffer of stderr, if there is one."""
    if sys.stderr is not None:
        sys.stderr.flush()


@contextlib.contextmanager
def quiet_loggers(*names: str) -> Iterator[None]:
    """Suppress what libraries log in the block, also errors: real errors are raised as well."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextlib.contextmanager
def quiet_libraries(*names: str) -> Iterator[None]:
    """Hold back all output of libraries in the block: to stderr, to the loggers of these names, and warnings."""
    with quiet_stderr(), quiet_loggers(*names), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
