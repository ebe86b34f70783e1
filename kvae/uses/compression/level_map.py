"""Maps levels to values of the data; learnt from rows and stored as JSON."""

from collections import Counter
from typing import Any

import numpy as np

from kvae.data.original.arrays import number_type
from kvae.runs.forms import Form, anything, list_of, record, whole, wrong

# Values from which new levels are learnt at a time: a level gets the most frequent one of its values among them.
AT_ONCE = 65_536
# Levels below this are looked up in an array.
DIRECT = 2**22
# More levels than any coder has: a limit on the memory that a forged header can take.
MOST_LEVELS = 2**20
# Largest magnitude of a rule's numbers: 64 bits.
LARGEST = 2**64

FORM: Form = record({"type": anything}, {"levels": list_of(whole), "values": list_of(anything)})


class LevelMap:
    """Levels and the value of the data that each restores: a number of some type, or text.

    Other values with the same level are `exceptions`: -0.0 beside 0.0, 1.50 beside 1.5.

    Args:
        dtype: Type of the numbers; None for text.
        levels: Levels `(k,)`, ascending.
        values: Their values `(k,)`, of that type, or text as objects.
        rule: The rule for the values of other levels, as `by_rule` takes it; None: there are no others.
    """

    def __init__(
        self,
        dtype: np.dtype | None,
        levels: Any = (),
        values: Any = (),
        rule: dict[str, Any] | None = None,
    ) -> None:
        self.dtype, self.rule = dtype, rule
        self.levels = np.empty(0, np.int64)
        self.values = np.empty(0, object if dtype is None else dtype)
        self.take(np.array(levels, np.int64), as_values(values, dtype))

    def take(self, levels: np.ndarray, values: np.ndarray) -> None:
        """Add levels that are not known yet."""
        levels = np.concatenate([self.levels, levels])
        order = np.argsort(levels)
        self.levels = levels[order]
        values = np.concatenate([self.values, values])[order]  # in the machine's own byte order
        self.values = values.astype(self.values.dtype)
        self.lookup: np.ndarray | None = None

    def places(self, levels: np.ndarray) -> np.ndarray:
        """Indices of levels `(n,)` in the map; -1 where it lacks one."""
        if self.lookup is None and (not len(self.levels) or self.levels[-1] < DIRECT):  # made when used,
            # since a forged header may have any number of maps
            self.lookup = np.full(int(self.levels[-1]) + 2 if len(self.levels) else 1, -1, np.int64)
            self.lookup[self.levels] = np.arange(len(self.levels))
        if self.lookup is not None:
            return self.lookup[np.minimum(levels, len(self.lookup) - 1)]
        found = np.searchsorted(self.levels, levels)
        found[found == len(self.levels)] = 0
        return np.where(self.levels[found] == levels, found, -1)

    def learn(self, levels: np.ndarray, values: np.ndarray) -> None:
        """Add the levels `(n,)` that the map lacks, each with the most frequent of its first values."""
        while (new := np.flatnonzero(self.places(levels) < 0)[:AT_ONCE]).size:
            pairs = Counter(zip(levels[new].tolist(), bits(values[new]).tolist(), strict=True))
            best: dict[int, Any] = {}
            for (level, value), _ in sorted(pairs.items(), key=lambda pair: pair[1]):
                best[level] = value
            found = np.array(list(best.values()), dtype=bits(values[:0]).dtype)
            found = found if self.dtype is None else found.view(self.dtype)
            self.take(np.array(list(best), np.int64), found)

    def value_of(self, levels: np.ndarray) -> np.ndarray:
        """The value of each level `(n,)`.

        Raises:
            ValueError: For a level that the map lacks.
        """
        places = self.places(levels)
        if self.rule is not None and places.size and places.min() < 0:
            new = np.unique(levels[places < 0])
            self.take(new, as_values(by_rule(self.rule, new, self.dtype), self.dtype))
            places = self.places(levels)
        if places.size and places.min() < 0:
            raise ValueError(f"level {levels[places < 0][0]} has no value in its form")
        return self.values[places]

    def exceptions(self, levels: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Indices of the values `(n,)` that differ from the value of their level."""
        return np.flatnonzero(bits(self.value_of(levels)) != bits(values))

    def merged(self, other: "LevelMap") -> "LevelMap | None":
        """One map for both; None where they differ in the value of a level, or in their type."""
        if self.dtype != other.dtype:
            return None
        both = LevelMap(self.dtype, self.levels, self.values)
        both.learn(other.levels, other.values)
        return None if len(both.exceptions(other.levels, other.values)) else both

    def to_json(self) -> dict[str, Any]:
        """As plain values: a rule if there is one, such as `first + step * level`, else lists."""
        kind = "text" if self.dtype is None else self.dtype.str
        for rule in rules(self):
            again = LevelMap(self.dtype, rule=rule)
            if np.array_equal(bits(again.value_of(self.levels)), bits(self.values)):
                return {"type": kind, **rule}
        return {"type": kind, "levels": spans(self.levels), "values": self.values.tolist()}

    @classmethod
    def from_json(cls, found: Any) -> "LevelMap":
        """What `to_json` gave.

        Raises:
            ValueError: For anything else.
        """
        known = FORM(found, "its form")
        dtype = None if known["type"] == "text" else number_type(known["type"], "its form")
        if "first" in known:
            return cls(dtype, rule=known)
        levels, values = from_spans(known.get("levels", [])), known.get("values", [])
        if len(values) != len(levels) or np.any(np.diff(levels) <= 0):
            raise wrong("its form", "a value for each of ascending levels", found)
        return cls(dtype, levels, values)


def bits(values: np.ndarray) -> np.ndarray:
    """Numbers as integers of the same bits, so that 0.0 and -0.0 differ; text unchanged."""
    return values if values.dtype == object else np.ascontiguousarray(values).view(f"u{values.dtype.itemsize}")


def as_values(values: Any, dtype: np.dtype | None) -> np.ndarray:
    """Plain values as an array of a type, or of text."""
    if dtype is None:
        if not all(isinstance(value, str) for value in values):
            raise wrong("its form", "text", values)
        found = np.empty(len(values), object)
        found[:] = values
        return found
    try:
        return np.array(values, dtype=dtype).reshape(len(values))
    except (ValueError, TypeError, OverflowError):
        raise wrong("its form", f"numbers of type {dtype}", values) from None


def spans(levels: np.ndarray) -> list[int]:
    """Ascending numbers as first, count, first, count, ... of runs."""
    if not len(levels):
        return []
    starts = np.flatnonzero(np.diff(levels, prepend=levels[0] - 2) != 1)
    counts = np.diff(np.append(starts, len(levels)))
    return np.stack([levels[starts], counts], axis=1).reshape(-1).tolist()


def from_spans(found: list[int]) -> np.ndarray:
    """The inverse of `spans`."""
    if len(found) % 2 or sum(found[1::2]) > MOST_LEVELS:
        raise wrong("its form", "runs of levels", found)
    runs = [np.arange(first, first + count) for first, count in zip(found[::2], found[1::2], strict=True)]
    return np.concatenate([np.empty(0, np.int64), *runs])


def rules(known: LevelMap) -> list[dict[str, Any]]:
    """Candidates for a rule that gives the values."""
    levels, values = known.levels, known.values
    if not len(levels):
        return []
    if known.dtype is None:
        texts = values.tolist()
        if not all(one.lstrip("-").isascii() and one.lstrip("-").isdigit() for one in texts):
            return []
        return straight(levels, [int(one) for one in texts])
    if known.dtype.kind in "iub":
        return straight(levels, [int(one) for one in values.tolist()])
    found = []
    for over in dict.fromkeys((1, int(levels[-1]))):
        with np.errstate(all="ignore"):
            whole_numbers = np.rint(values.astype(np.float64) * over)
        if over and np.all(np.abs(whole_numbers) < 2**53):
            found += [rule | {"over": over} for rule in straight(levels, [int(one) for one in whole_numbers])]
    return found


def straight(levels: np.ndarray, values: list[int]) -> list[dict[str, Any]]:
    """The rule `first + step * level` through the first and the last of whole numbers, if it is in integers."""
    run = int(levels[-1] - levels[0])
    step, left = divmod(values[-1] - values[0], run) if run else (0, 0)
    first = values[0] - step * int(levels[0])
    return [{"first": first, "step": step}] if not left and max(abs(first), abs(step)) <= LARGEST else []


def by_rule(known: dict[str, Any], levels: np.ndarray, dtype: np.dtype | None) -> Any:
    """The values of levels by a rule."""
    first, step, over = (known.get(name, default) for name, default in (("first", 0), ("step", 1), ("over", None)))
    numbers = (first, step, 1 if over is None else over)
    if not all(isinstance(one, int) and abs(one) <= LARGEST for one in numbers) or over == 0:
        raise wrong("its form", "whole numbers", known)
    found = [first + step * level for level in levels.tolist()]
    if dtype is None:
        return [str(number) for number in found]
    if over is None:
        return found
    return np.array(found, np.float64).astype(dtype) / np.array(over, dtype)
