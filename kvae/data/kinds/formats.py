"""Formats of dates and times in text: detect the format of a column, read it and write it."""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

from kvae.data.kinds.seen import Seen
from kvae.data.kinds.spans import LONGEST_SPAN, SPANS, read_span, span_format, write_span
from kvae.data.kinds.types import type_called, zone_in_type
from kvae.errors import InputError

if TYPE_CHECKING:
    import polars as pl

# Only formats with the year last and the month in digits may be ambiguous.
DATES = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%m.%d.%Y",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y",
    "%b %d %Y", "%B %d %Y", "%d-%b-%Y", "%d-%b-%y", "%d/%b/%Y", "%d. %B %Y", "%a, %d %b %Y", "%Y%m%d",
)  # fmt: skip
MONTHS = ("%Y-%m", "%Y/%m", "%m/%Y", "%b %Y", "%B %Y", "%b-%Y", "%b-%y")
TIMES = ("%H:%M", "%H:%M:%S", "%H:%M:%S%.f", "%I:%M %p", "%I:%M:%S %p")
ZONE = "%:z"
ISO = "%Y-%m-%dT%H:%M:%S%.f"
# Regular expressions for the parts of a format.
PARTS = {
    "%Y": r"\d{4}", "%y": r"\d{2}", "%m": r"\d{1,2}", "%d": r"\d{1,2}", "%H": r"\d{1,2}", "%I": r"\d{1,2}",
    "%M": r"\d{2}", "%S": r"\d{2}", "%.f": r"(\.\d+)?", "%p": "[AaPp][Mm]", "%a": "[A-Za-z]{3}",
    "%b": "[A-Za-z]{3}", "%B": "[A-Za-z]{3,9}", "%:z": r"([zZ]|[+-]\d\d:?(\d\d)?)",
}  # fmt: skip
# So many values are checked first, as this excludes most formats.
FEW = 50
MARKS = r"^[^A-Za-z]*\d{1,4}[-/. ,:]|^\d{8}$|^[A-Za-z]{3,9}[ -.,]"
EARLIEST, LATEST = 19000101, 21001231


def written_as(seen: Seen) -> str | None:
    """The format of dates, times or durations in text, or of numbers such as 20240131; None for other columns.

    Raises:
        InputError: When day and month may be exchanged.
    """
    if seen.is_number and seen.written is None:
        numbers = seen.numbers
        fits = seen.is_whole and numbers.min() >= EARLIEST and numbers.max() <= LATEST
        return "%Y%m%d" if fits and read_numbers_as(seen.values, "%Y%m%d").null_count() == 0 else None
    if not seen.is_text:
        return None
    values = seen.values.str.strip_chars()
    few = values.head(FEW)
    if not few.str.contains(MARKS).all() or few.str.len_chars().max() > 40:  # type: ignore[operator]
        return None
    found = [how for how in all_formats(str(few[0])) if fits_all(few, how) and fits_all(values, how)]
    if not found:
        return span_format(values)
    dates = {how: read_as(values, how) for how in found[:4]}
    others = [how for how in dates if not same(dates[how], dates[found[0]])]
    if others:
        raise InputError(
            f"column {seen.name!r} holds dates such as {values[0]}, whose format may be {found[0]} or "
            f"{others[0]}. Give it in data.columns_file: columns: {{{seen.name}: {{format: '{found[0]}'}}}}"
        )
    return as_padded(values, found[0])


def same(one: pl.Series, other: pl.Series) -> bool:
    """Whether two readings of a column give the same times."""
    import polars as pl

    if pl.Time in (one.dtype, other.dtype):
        return one.dtype == other.dtype and one.equals(other)
    return one.cast(pl.Datetime("us")).equals(other.cast(pl.Datetime("us")))


def as_padded(values: pl.Series, how: str) -> str:
    """The format without leading zeros of days, of months and of hours, each if some text has none."""
    found = how
    for sign in ("%d", "%m", "%H", "%I"):
        if sign in how and values.str.contains(f"^(?:{pattern_of(how, sign).pattern})$").any():
            found = found.replace(sign, f"%-{sign[1]}")
    return found


def all_formats(example: str) -> list[str]:
    """Formats that fit a text: dates, dates with times, with or without a time zone, and times of day."""
    if ":" not in example:
        return [how for how in (*DATES, *MONTHS) if pattern_of(how).fullmatch(example)]
    found = []
    for date in DATES:
        begins = pattern_of(date).match(example)
        if begins is None:
            continue
        rest = example[begins.end() :]
        ends = ("".join(parts) for parts in product((" ", "T", ", "), TIMES, ("", ZONE, f" {ZONE}")))
        found += [f"{date}{end}" for end in ends if pattern_of(end).fullmatch(rest)]
    return found + [how for how in TIMES if pattern_of(how).fullmatch(example)]


@cache
def pattern_of(how: str, single: str = "") -> re.Pattern[str]:
    """The regular expression that texts of a format match; the part `single` has a single digit there."""
    known = PARTS | {single: r"\d"}
    parts = re.split(r"(%:z|%\.f|%[A-Za-z])", how)
    return re.compile("".join(known.get(part, re.escape(part)) for part in parts if part))


@cache
def years_of(how: str) -> str:
    """The regular expression of texts of a format with four digits in their years, and any text in other parts.

    A sign before a year is none of the format's own: polars reads Aug-2015 as the year -2015 of `%b %Y`.
    """
    parts = re.split(r"(%[-_0#]?(?:\.?\d?f|:*z|.)|\s+)", how)
    known = {part: r"(?:.*[^-+\s])?" if part[0] == "%" else r"\s*" for part in parts[1::2]} | {"%Y": r"\s*\d{4}"}
    return f"^{''.join(known.get(part, re.escape(part)) for part in parts)}$"


def fits_all(values: pl.Series, how: str) -> bool:
    """Whether all texts are in a format."""
    looks = values.str.contains(f"^(?:{pattern_of(how).pattern})$").all()
    return bool(looks) and read_as(values, how).null_count() == 0


def read_as(values: pl.Series, how: str) -> pl.Series:
    """Text as dates or times, null where it is not in the format. Times with a time zone are converted to UTC."""
    import polars as pl

    if how in SPANS:
        return read_span(values, how)
    values = values.str.strip_chars()
    if "%Y" in how:  # polars reads 27/07/16 as the year 16
        values = pl.select(pl.when(values.str.contains(years_of(how))).then(values)).to_series().alias(values.name)
    try:
        if ZONE in how:
            values = values.str.replace(r"[zZ]$", "+00:00")
            values = values.str.replace(r"([+-]\d\d)(\d\d)$", "${1}:${2}").str.replace(r"([+-]\d\d)$", "${1}:00")
            found = values.str.to_datetime(how, strict=False, time_unit="us")
            return found.dt.convert_time_zone("UTC") if found.dtype.time_zone else found  # type: ignore[attr-defined]
        if any(sign in how for sign in ("%H", "%-H", "%I", "%-I")):
            if is_time(how):
                return values.str.to_time(how, strict=False)
            return values.str.to_datetime(how, strict=False, time_unit="us", ambiguous="earliest")
        if "%d" not in how and "%-d" not in how:  # months are read as their first day
            first = pl.concat_str(pl.lit("01 "), pl.col("text")).str.to_date(f"%d {how}", strict=False)
            return pl.DataFrame({"text": values}).select(first.alias(values.name)).to_series()
        return values.str.to_date(how, strict=False)
    except pl.exceptions.PolarsError:  # an invalid format
        return values.clear(len(values)).cast(pl.Date)


def read_as_type(values: pl.Series, dtype: str) -> pl.Series:
    """Text in place of a column that was learnt in a type of durations, times of day or dates."""
    there = values.drop_nulls()
    if dtype.startswith("Duration"):
        return read_as(values, span_format(there) or LONGEST_SPAN)
    if dtype == "Time":
        return read_as(values, next((how for how in TIMES if fits_all(there, how)), TIMES[0]))
    return read_iso(values, zone_in_type(dtype) is not None)


def read_iso(values: pl.Series, zoned: bool) -> pl.Series:
    """Text in ISO 8601 as dates or times, also with a space in place of the T, and without seconds, as in pandas.

    Either all times have a zone, or none has; others are null.
    """
    values = values.str.strip_chars().str.replace(r"^([\d-]+) +(\d)", "${1}T${2}")
    values = values.str.replace(r"T(\d\d?:\d\d)($|[zZ+-])", "T${1}:00${2}")
    if zoned:
        return read_as(values, f"{ISO}{ZONE}")
    if not values.str.contains("T", literal=True).any():
        return read_as(values, "%Y-%m-%d")
    return read_as(values.str.replace(r"^([\d-]+)$", "${1}T00:00:00"), ISO)


def write_as_type(values: pl.Series, there: pl.Series, dtype: str) -> pl.Series:
    """Values of a type as text that `read_as_type` reads as the other texts of the column, which are `there`."""
    import polars as pl

    if dtype.startswith("Duration"):
        return write_span(values.cast(pl.Duration("us")).cast(pl.Int64), span_format(there) or LONGEST_SPAN)
    if dtype == "Time":
        return values.dt.strftime(next((how for how in TIMES if fits_all(there, how)), TIMES[0]))
    return values.dt.strftime(iso_of(there, dtype))


def iso_of(there: pl.Series, dtype: str) -> str:
    """The format in ISO 8601 of the dates or times in texts, or of a type where there are none."""
    if not (there.str.contains(":", literal=True).any() or (not len(there) and dtype.startswith("Datetime"))):
        return "%Y-%m-%d"
    between = "T" if not len(there) or there.str.contains("T", literal=True).any() else " "
    zone = ""
    if zone_in_type(dtype) is not None:
        zone = "%z" if there.str.contains(r"[+-]\d{4}$").any() else ZONE
    return f"%Y-%m-%d{between}%H:%M:%S%.f{zone}"


def is_time(how: str) -> bool:
    """Whether a format has a time of day and no date."""
    return bool(how) and not any(sign in how for sign in ("%d", "%-d", "%m", "%Y", "%y", "%b", "%B"))


def zone_of(values: pl.Series) -> str:
    """The time zone that all texts have, such as Z or +02:00; +00:00 where they differ."""
    found = values.str.strip_chars().str.extract(r"([zZ]|[+-]\d\d:?\d{0,2})$", 1).unique()
    return str(found[0]) if len(found) == 1 and found[0] is not None else "+00:00"


def seconds_east(zone: str) -> int:
    """The offset of a time zone from UTC, in seconds."""
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return 0 if zone in "zZ" else (-1 if zone[0] == "-" else 1) * (int(digits[:2]) * 3600 + int(digits[2:]) * 60)


def read_numbers_as(values: pl.Series, how: str) -> pl.Series:
    """As `read_as`, for whole numbers such as 20240131."""
    import polars as pl

    return read_as(values.cast(pl.Int64, strict=False).cast(pl.String), how)


def write_as(micro: pl.Series, form: Any) -> pl.Series:
    """Whole microseconds since 1970, or since midnight, as the table writes them."""
    import polars as pl

    dtype, how, name = form.get("dtype", "Date"), form.get("format"), micro.name
    if dtype.startswith("Duration"):
        return micro.cast(pl.Duration("us")).dt.cast_time_unit(unit_of(dtype))
    if dtype == "Time":
        return (micro.clip(0, 86_399_999_999) * 1000).cast(pl.Time)
    if how in SPANS:
        return write_span(micro, how).cast(type_called(dtype))
    times = micro.cast(pl.Datetime("us"))
    if how is not None:
        zone = form.get("zone", "+00:00")
        times = (micro + seconds_east(zone) * 1_000_000).cast(pl.Datetime("us"))
        texts = times.dt.strftime(how.replace(ZONE, zone)).alias(name)
        return texts.cast(type_called(dtype)) if dtype != "String" else texts
    if dtype.startswith("Datetime"):
        zone = dtype.partition("time_zone=")[2].rstrip(")").strip("'\"")
        times = times.dt.cast_time_unit(unit_of(dtype))
        return times if zone in ("", "None") else times.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    return times.cast(pl.Date)


def unit_of(dtype: str) -> Any:
    """The time unit in the name of a type of polars; `us` by default."""
    return next((unit for unit in ("ns", "ms") if f"'{unit}'" in dtype), "us")
