"""What `run.json` says of the file of data that a run learnt."""

from typing import TypedDict

from kvae.runs.forms import optional, record, text, whole


class LearntFile(TypedDict):
    """The working directory of a run, size and a hash of the ends of its data, and the number of learning rows."""

    folder: str
    size: int | None
    ends: str | None
    rows: int


LEARNT_FILE = record({"folder": text, "size": optional(whole), "ends": optional(text), "rows": whole})
