"""Which value of the data's own each level stands for: learnt from rows, kept as JSON."""

from collections import Counter
from typing import Any

import numpy as np

from kvae.data.original.arrays import number_type
from kvae.runs.forms import Form, anything, list_of, record, whole, wrong

# Values that new levels are learnt from at a time: the most frequent of them is a level's own.
AT_ONCE = 65_536
# Up to so large levels are looked up directly.
DIRECT = 2**22
# More levels than any coder has; each takes memory as soon as it is named.
MOST_LEVELS = 2**20
# Of a rule's numbers: those of 64 bits.
LARGEST = 2**64

FORM: Form = record({"type": anything}, {"levels": list_of(whole), "values": list_of(anything)})


class LevelMap:
    """Levels, and for each the value of the data that it stands for: a number of some type, or text.

    Values that fall on a level that has another one already are `exceptions`: -0.0 beside 0.0, 1.50 beside 1.5.

    Args:
        dtype: Type of the numbers; None of text.
        levels: Ascending, `(k,)`.
        values: `(k,)`, of that type, or of objects.
        rule: What gives the values of other levels, as `by_rule` takes it; None where there are no others.
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
        """Where levels `(n,)` stand in the map; -1 of those that do not."""
        if self.lookup is None and (not len(self.levels) or self.levels[-1] < DIRECT):  # not before it is used:
            # somebody else's header may have any number of maps
            self.lookup = np.full(int(self.levels[-1]) + 2 if len(self.levels) else 1, -1, np.int64)
            self.lookup[self.levels] = np.arange(len(self.levels))
        if self.lookup is not None:
            return self.lookup[np.minimum(levels, len(self.lookup) - 1)]
        found = np.searchsorted(self.levels, levels)
        found[found == len(self.levels)] = 0
        return np.where(self.levels[found] == levels, found, -1)

    def learn(self, levels: np.ndarray, values: np.ndarray) -> None:
        """Take up levels `(n,)` that are not known yet, each with its most frequent value where it comes first."""
        while (new := np.flatnonzero(self.places(levels) < 0)[:AT_ONCE]).size:
            pairs = Counter(zip(levels[new].tolist(), bits(values[new]).tolist(), strict=True))
            best: dict[int, Any] = {}
            for (level, value), _ in sorted(pairs.items(), key=lambda pair: pair[1]):
                best[level] = value
            found = np.array(list(best.values()), dtype=bits(values[:0]).dtype)
            found = found if self.dtype is None else found.view(self.dtype)
            self.take(np.array(list(best), np.int64), found)

    def value_of(self, levels: np.ndarray) -> np.ndarray:
        """The value that each level `(n,)` stands for.

        Raises:
            ValueError: For a level that the map does not know.
        """
        places = self.places(levels)
        if self.rule is not None and places.size and places.min() < 0:
            new = np.unique(levels[places < 0])
            self.take(new, as_values(by_rule(self.rule, new, self.dtype), self.dtype))
            places = self.places(levels)
        if places.size and places.min() < 0:
            raise ValueError(f"level {levels[places < 0][0]} stands for no value of the data")
        return self.values[places]

    def exceptions(self, levels: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Places of the values `(n,)` that are not those that their levels stand for."""
        return np.flatnonzero(bits(self.value_of(levels)) != bits(values))

    def merged(self, other: "LevelMap") -> "LevelMap | None":
        """One map for two; None where a level stands for different values, or types differ."""
        if self.dtype != other.dtype:
            return None
        both = LevelMap(self.dtype, self.levels, self.values)
        both.learn(other.levels, other.values)
        return None if len(both.exceptions(other.levels, other.values)) else both

    def to_json(self) -> dict[str, Any]:
        """As plain values: a rule where there is one, such as `first + step * level`, or else a list."""
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
    """Numbers by their bits, so that 0.0 and -0.0 differ; text as it is."""
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
    """What `spans` was given."""
    if len(found) % 2 or sum(found[1::2]) > MOST_LEVELS:
        raise wrong("its form", "runs of levels", found)
    runs = [np.arange(first, first + count) for first, count in zip(found[::2], found[1::2], strict=True)]
    return np.concatenate([np.empty(0, np.int64), *runs])


def rules(known: LevelMap) -> list[dict[str, Any]]:
    """Rules that the values may follow."""
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
    """`first + step * level` through the first and the last of whole numbers."""
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
