"""Short reasons why a record cannot be written, without passwords."""

import re
import sqlite3

LONGEST = 300  # characters


def why(error: BaseException) -> str:
    """The reason of an error in one short line: that of the system or database error behind it, if any."""
    said, cause = error, error.__cause__ or error.__context__
    while cause is not None:
        said = cause if isinstance(cause, OSError | sqlite3.Error) else said
        cause = cause.__cause__ or cause.__context__
    text = " ".join(str(said).split()) or type(said).__name__
    return without_password(text if len(text) <= LONGEST else f"{text[:LONGEST]}...")


def without_password(text: str) -> str:
    """Text in which the passwords of addresses are replaced by `***`."""
    return re.sub(r"(://[^/@\s:]*):[^/@\s]*@", r"\1:***@", text)
