"""Conditions on columns of numbers, counts and dates."""

import math
from typing import Any

import numpy as np

from kvae.data.kinds import kind_called
from kvae.data.kinds.moments import is_span
from kvae.errors import InputError
from kvae.table import Column
from kvae.uses.conditions.condition import Condition, Equal, Within
from kvae.uses.conditions.typed import BETWEEN, COMPARED
from kvae.uses.conditions.written import WRONG, as_written, read_number, step_of

Ends = tuple[float, float]
NEAR = 1e-6  # a number is taken for a value that the table writes if it is this near, in steps


def of_number(column: Column, place: int, value: Any, here: str) -> Condition:
    """The condition on a column of numbers: one of them, or a range; of counts also several numbers."""
    if isinstance(value, list | tuple):
        return of_counts(column, place, list(value), here)
    text = value.strip() if isinstance(value, str) else ""
    if (compared := COMPARED.fullmatch(text)) is not None and compared[1] not in ("=", "=="):
        low, high = beyond(column, compared[1], compared[2], here)
    elif compared is None and (between := BETWEEN.fullmatch(text)) is not None:
        low, high = beyond(column, ">=", between[1], here)[0], beyond(column, "<=", between[2], here)[1]
    else:
        number = exactly(column, value if compared is None else compared[2], here)
        return Equal(place, f"{column.name} = {value if compared is None else compared[2]}", number)
    if column.kind == "count":
        low = max(low, 0.0)
    if low > high:
        raise InputError(f"{here}={value}: no value of this column is in this range")
    said = f"{column.name} in {text}" if compared is None else " ".join((column.name, *compared.groups()))
    if low == high:
        return Equal(place, said, low)
    return Within(place, said, (edges(column, low, high),), ((low, high),))


def of_counts(column: Column, place: int, values: list[Any], here: str) -> Condition:
    """The condition that a count is one of several."""
    if column.kind != "count" or not values:
        raise InputError(
            f"{here} must be {wanted(column)}: lists are for categories and counts. Received: {values}"
        )
    numbers = sorted({exactly(column, value, here) for value in values})
    said = f"{column.name} = {' or '.join(map(str, values))}"
    if len(numbers) == 1:
        return Equal(place, said, numbers[0])
    return Within(place, said, tuple(edges(column, one, one) for one in numbers), tuple((n, n) for n in numbers))


def beyond(column: Column, sign: str | Any, text: str | Any, here: str) -> Ends:
    """The smallest and largest value that the table may write on one side of a number; one is infinite."""
    number, step = number_of(column, text, here), step_of(column)
    if step is None:
        single = np.float32(number)
        if sign in (">", "<"):
            single = np.nextafter(single, np.float32(math.inf if sign == ">" else -math.inf))
        found = float(single)
    else:
        whole = number / step
        whole = round(whole) if abs(whole - round(whole)) < NEAR else whole
        steps = {
            ">": math.floor(whole) + 1,
            ">=": math.ceil(whole),
            "<": math.ceil(whole) - 1,
            "<=": math.floor(whole),
        }
        found = times(steps[sign], step)
    return (found, math.inf) if sign[0] == ">" else (-math.inf, found)


def edges(column: Column, low: float, high: float) -> Ends:
    """Edges of the numbers that are written as values from `low` to `high`: see `Within.edges`."""
    step = step_of(column)
    if column.kind == "count":
        return low - 1.0, high
    if step is None:
        return float(np.nextafter(np.float32(low), np.float32(-math.inf))), high
    return low - step / 2, high + step / 2


def exactly(column: Column, value: Any, here: str) -> float:
    """The number that is asked for, which must be one that the table can write."""
    number, step = number_of(column, value, here), step_of(column)
    if column.kind == "count" and number < 0:
        raise InputError(f"{here} must be {wanted(column)}. Received: {value!r}")
    if step is not None:
        number = multiple(number, step, value, here)
    if column.kind != "date" and kind_called(column.kind).outside(np.array([number]), column).any():
        raise InputError(
            f"{here}: under this model there are no rows with {column.name} = {value}: their probability is 0"
        )
    return number


def multiple(number: float, step: float, value: Any, here: str) -> float:
    """A number that must be a multiple of `step`, without rounding errors; `value` is what was typed."""
    whole = round(number / step)
    if abs(number / step - whole) > NEAR:
        near = times(whole, step)
        raise InputError(
            f"{here} must be a multiple of {step:g}, as all values of this column are. Received: {value}. "
            f"Type, for example, {near:g}"
        )
    return times(whole, step)


def times(whole: int, step: float) -> float:
    """`whole * step`, without the rounding error of a step such as 0.1."""
    return whole * step if step >= 1 else whole / round(1 / step)


def number_of(column: Column, value: Any, here: str) -> float:
    """The number that a value stands for in a column.

    Raises:
        InputError: For anything else.
    """
    try:
        number = read_number(column, value)
    except WRONG as error:
        raise InputError(f"{here} must be {wanted(column)}. Received: {value!r}") from error
    if not abs(number) <= float(np.finfo(np.float32).max):  # NaN neither
        raise InputError(f"{here} must be {wanted(column)}. Received: {value!r}")
    return number


def wanted(column: Column) -> str:
    """The conditions that a column of numbers allows, in words."""
    if column.kind == "date" and is_span(column.form):
        first, last = (as_written(column, days) for days in (0.25, 0.75))
        return f'a time such as {last}, or a range, such as ">{first}" or "{first}..{last}"'
    if column.kind == "date":
        return 'a date, such as 2020-01-31, or a range, such as ">2020-01-31" or "2020-01-01..2020-12-31"'
    if column.kind == "count":
        return 'a whole number >= 0, several as a list, or a range, such as ">3" or "2..5"'
    return 'a number, such as 60, or a range, such as ">60" or "10..20"'
