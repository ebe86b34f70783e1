"""Libraries without their chatter."""

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
    """Hold back what is written to stderr, C++ included; it is shown after all when the block breaks.

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
        except InputError:  # says all there is to say
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
    """Write what Python still holds of stderr, if there is one."""
    if sys.stderr is not None:
        sys.stderr.flush()


@contextlib.contextmanager
def quiet_loggers(*names: str) -> Iterator[None]:
    """Hold back what libraries log in the block, errors included: those that count are raised as well."""
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
    """Hold back all that libraries say in the block: to stderr, to the loggers of these names, as warnings."""
    with quiet_stderr(), quiet_loggers(*names), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
