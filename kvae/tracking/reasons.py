"""Why a record cannot be written, in words that are short and give no password away."""

import re
import sqlite3

LONGEST = 300  # characters


def why(error: BaseException) -> str:
    """What went wrong, in one short line: what the system or the database said, where an error tells of it."""
    said, cause = error, error.__cause__ or error.__context__
    while cause is not None:
        said = cause if isinstance(cause, OSError | sqlite3.Error) else said
        cause = cause.__cause__ or cause.__context__
    text = " ".join(str(said).split()) or type(said).__name__
    return without_password(text if len(text) <= LONGEST else f"{text[:LONGEST]}...")


def without_password(text: str) -> str:
    """Text with the passwords of its addresses left out."""
    return re.sub(r"(://[^/@\s:]*):[^/@\s]*@", r"\1:***@", text)
