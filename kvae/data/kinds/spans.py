"""Durations in text: `1 days 02:30:00`, as pandas writes them, and `26:30:00` or `26:30`, with more than 23."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

TIME = r"(?P<sign>[+-]?)(?P<hours>\d{1,2}):(?P<minutes>[0-5]\d):(?P<seconds>[0-5]\d)"
DAYS = r"(?P<days>-?\d{1,6}) days?"
HOURS = r"(?P<sign>-?)(?P<hours>\d{1,6}):(?P<minutes>[0-5]\d)"
PADDED = HOURS.replace(r"\d{1,6}", r"\d{2,6}")
SECONDS = r":(?P<seconds>[0-5]\d)"
# A format and the texts that it has; the first that fits is taken.
SPANS = {
    "%D days %H:%M:%S": f"{DAYS} {TIME}",
    "%D days %H:%M:%S%.f": rf"{DAYS}(?: {TIME}(?P<fraction>\.\d{{1,9}})?)?",
    "%H+:%M:%S": f"{PADDED}{SECONDS}",
    "%-H+:%M:%S": f"{HOURS}{SECONDS}",
    "%H+:%M": PADDED,
    "%-H+:%M": HOURS,
}
LONGEST_SPAN = "%D days %H:%M:%S%.f"
DAY = 86_400_000_000


def span_format(values: pl.Series) -> str | None:
    """The format of durations in text; None for other texts."""
    return next((how for how, texts in SPANS.items() if values.str.contains(f"^(?:{texts})$").all()), None)


def read_span(values: pl.Series, how: str) -> pl.Series:
    """Text as durations, null where it is not in the format."""
    import polars as pl

    groups = re.compile(SPANS[how]).groupindex
    found = pl.DataFrame({"text": values.str.strip_chars()}).lazy()
    parts = pl.col("text").str.extract_groups(f"^(?:{SPANS[how]})$")

    def part(name: str) -> pl.Expr:
        number = pl.col("parts").struct.field(name).cast(pl.Int64, strict=False)
        return number.fill_null(0) if name in groups else pl.lit(0)

    time = part("hours") * 3600 + part("minutes") * 60 + part("seconds")
    micro = time * 1_000_000
    if "fraction" in groups:
        digits = pl.col("parts").struct.field("fraction").str.strip_prefix(".").str.pad_end(6, "0").str.slice(0, 6)
        micro += digits.cast(pl.Int64, strict=False).fill_null(0)
    if "sign" in groups:
        micro *= pl.when(pl.col("parts").struct.field("sign") == "-").then(-1).otherwise(1)
    whole = pl.col("parts").struct.field("days" if "days" in groups else "hours")
    total = pl.when(whole.is_not_null()).then(part("days") * DAY + micro).cast(pl.Duration("us"))
    return found.with_columns(parts=parts).select(total.alias(values.name)).collect().to_series()


def write_span(micro: pl.Series, how: str) -> pl.Series:
    """Whole microseconds as durations in text."""
    import polars as pl

    texts = [None if one is None else span_text(one, how) for one in micro.to_list()]
    return pl.Series(micro.name, texts, pl.String)


def span_text(micro: int, how: str) -> str:
    """One duration."""
    if how.startswith("%D"):
        days, rest = divmod(micro, DAY)
        sign = "+" if days < 0 else ""
    else:
        days, rest = 0, abs(micro)
        sign = "-" if micro < 0 else ""
    seconds, fraction = divmod(rest, 1_000_000)
    hours = str(seconds // 3600) if how.startswith("%-H") else f"{seconds // 3600:02d}"
    time = f"{sign}{hours}:{seconds // 60 % 60:02d}" + (f":{seconds % 60:02d}" if "%S" in how else "")
    if how.endswith("%.f"):
        time += f".{fraction:06d}"
    return f"{days} days {time}" if how.startswith("%D") else time
