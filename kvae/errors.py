"""Exceptions for what the user can mend."""

import re


class InputError(ValueError):
    """A wrong key, value, file or folder; its text says what is allowed, what came and what to type.

    The command line prints the text alone and ends with exit status 1; anything else that is raised is a
    fault of the program and keeps its traceback.
    """


class LaterVersionError(InputError):
    """A file is of a format that only a later kvae reads: it is whole, and not to be taken for damaged."""


class WorkerLostError(InputError):
    """One of the machines of a run went away; what was kept stays."""


class PrunedError(InputError):
    """A search pruned a run that was worse than others at the same iteration."""


class WriteError(InputError):
    """A file could not be written: the disk is full, or the folder does not allow it."""


def in_short(error: BaseException) -> str:
    """What Keras says is wrong, on one line: without colours, and without the lists of arguments around it."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).partition("Arguments received by")[0]
    return " ".join(re.sub(r"^Exception encountered when calling \S+\(\)\.", "", text.strip()).split())
