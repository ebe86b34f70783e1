"""What the JSON files of a run folder hold; see `kvae.runs.forms`."""

from typing import TypedDict

from kvae.runs.forms import dictionary_of, flag, mapping, number, optional, record, text, whole

GROUPS = ("data", "model", "prior", "network", "kl", "train", "mode", "tracking", "metric")
# A table has six metrics per column.
MEASURED = dictionary_of(number, 1_000_000)
MEANINGS = dictionary_of(
    record({"title": text, "text": text, "unit": text, "better": text, "rank": whole, "mean": flag}), 10_000
)
CONFIG = record({}, dict.fromkeys(GROUPS, optional(mapping)))


class LearntFile(TypedDict):
    """The working directory of a run, size and a hash of the ends of its data, and the number of learning rows."""

    folder: str
    size: int | None
    ends: str | None
    rows: int


LEARNT_FILE = record({"folder": text, "size": optional(whole), "ends": optional(text), "rows": whole})
RUN = record(
    {"config": CONFIG},
    {"versions": dictionary_of(text), "git_commit": optional(text), "data": LEARNT_FILE},
)
