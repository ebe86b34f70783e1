"""Exceptions for mistakes that the user can correct."""

import re
from typing import Any

# A message quotes a value with at most so many characters.
LONGEST = 80


class InputError(ValueError):
    """A wrong key, value, file or folder; its text says what is allowed, what was received and what to type.

    The command line prints the text alone and ends with exit status 1. Any other exception is a fault of the
    program and keeps its traceback.
    """


class LaterVersionError(InputError):
    """A file has a format that only a later version of kvae reads: the file is whole, not damaged."""


class WorkerLostError(InputError):
    """A worker of a run on several machines was lost; the checkpoints stay."""


class PrunedError(InputError):
    """A search pruned a run that was worse than others at the same iteration."""


class WriteError(InputError):
    """A file could not be written: the disk is full, or the folder does not allow it."""


def in_short(error: BaseException) -> str:
    """The message of a Keras error on one line, without colours and without the lists of call arguments."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).partition("Arguments received by")[0]
    return " ".join(re.sub(r"^Exception encountered when calling \S+\(\)\.", "", text.strip()).split())


def quoted(value: Any) -> str:
    """A value of the user's data for a message, as Python writes it; a long one is cut."""
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
