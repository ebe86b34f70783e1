"""How lossy compression writes numbers, the same on every machine: their type or, in tables of text, decimals.

Numbers are rounded to an integer of the type's range, or to a float of the type; a boolean is true from 0.5 on.
Fields of text get as many decimals as the longest field of their column has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kvae.data.original.arrays import number_type
from kvae.data.original.fields import objects, string
from kvae.data.text.numbers import BOOLEANS
from kvae.runs.forms import Form as Check
from kvae.runs.forms import anything, flag, list_of, optional, record, text, whole

PLAIN = re.compile(r"[+-]?[0-9]*([.,][0-9]*)?")
MOST_DECIMALS = 9


@dataclass(frozen=True)
class Style:
    """How numbers are written.

    Attributes:
        dtype: Their type; None for text.
        decimals: Of text: digits after the decimal sign; None: seven significant digits, where fields are not
            plain decimals.
        sign: Of text: the decimal sign.
        words: Of text: the words for 0 and 1, where a column has no other fields.
        before: Of text: a space if all fields begin with one, since it may separate the fields of a row.
        quoted: Of text: whether to put fields in quotes, as some of the original ones are.
    """

    dtype: np.dtype | None = None
    decimals: int | None = 0
    sign: str = "."
    words: tuple[str, ...] = ()
    before: str = ""
    quoted: bool = False

    @classmethod
    def of(cls, values: np.ndarray, numbers: np.ndarray) -> Style:
        """The style of original values; `numbers` are what they were read as."""
        if values.dtype != object:
            return cls(values.dtype)
        given = [str(value) for value in values]
        texts = [one.strip().strip('"').strip() for one in given]
        style = cls(
            before=" " if given and all(one[:1].isspace() for one in given) else "",
            quoted=any('"' in one for one in given),
        )
        if texts and all(one.casefold() in BOOLEANS for one in texts):
            known = {BOOLEANS[one.casefold()]: one for one in texts}
            return replace(style, words=(known.get("0", "false"), known.get("1", "true")))
        if not all(PLAIN.fullmatch(one) for one in texts):
            return replace(style, decimals=None)
        with_comma = [(one, number) for one, number in zip(texts, numbers.tolist(), strict=True) if "," in one]
        comma = bool(with_comma) and all(is_near(one, number) for one, number in with_comma)
        if with_comma and not comma:
            return replace(style, decimals=None)
        longest = max((len(one.replace(",", ".").partition(".")[2]) for one in texts), default=0)
        return replace(style, decimals=min(longest, MOST_DECIMALS), sign="," if comma else ".")

    def joined(self, other: Style) -> Style:
        """A style for both."""
        if self.dtype is not None:
            return self
        both = replace(self, before=min(self.before, other.before), quoted=self.quoted or other.quoted)
        if self.words == other.words != ():
            return both
        if self.words or other.words or self.decimals is None or other.decimals is None:
            return replace(both, decimals=None, words=())
        sign = "," if "," in (self.sign, other.sign) else "."
        return replace(both, decimals=max(self.decimals, other.decimals), sign=sign)

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        """Numbers `(n,)` in this style: an array of their type, or of text."""
        if self.dtype is not None:
            return as_type(numbers, self.dtype)
        if self.words:
            texts = [self.words[number >= 0.5] for number in numbers.tolist()]
        else:
            kind = ".7g" if self.decimals is None else f".{self.decimals}f"
            texts = [format(number, kind) for number in numbers.tolist()]
            texts = [one.lstrip("-") if not one.strip("-0.") else one for one in texts]  # no -0
            texts = [one.replace(".", self.sign) for one in texts]
        mark = '"' if self.quoted else ""
        return objects([f"{self.before}{mark}{one}{mark}" for one in texts])

    def numbers(self, written: np.ndarray) -> np.ndarray:
        """Read written values as float64."""
        if self.dtype is not None:
            return written.astype(np.float64)
        texts = [one.strip().strip('"') for one in written]
        if self.words:
            return np.array([float(one == self.words[1]) for one in texts])
        return np.array([float(one.replace(self.sign, ".")) for one in texts], np.float64)

    def to_json(self) -> dict[str, Any]:
        if self.dtype is not None:
            return {"type": self.dtype.str}
        found: dict[str, Any] = (
            {"words": list(self.words)} if self.words else {"decimals": self.decimals, "sign": self.sign}
        )
        found |= {"before": self.before} if self.before else {}
        return found | ({"quoted": True} if self.quoted else {})

    @classmethod
    def from_json(cls, found: Any) -> Style:
        """The inverse of `to_json`; raises ValueError for anything else."""
        known = STYLE(found, "its form")
        if "type" in known:
            return cls(number_type(known["type"], "its form"))
        words, sign = tuple(known.get("words", ())), known.get("sign", ".")
        decimals = known.get("decimals", 0)
        before, quoted = known.get("before", ""), known.get("quoted", False)
        fits = len(words) in (0, 2) and sign in (".", ",") and (decimals or 0) <= MOST_DECIMALS
        if not fits or before not in ("", " "):
            raise ValueError(f"its form has an unknown style of numbers: {found}")
        return cls(None, decimals, sign, words, before, quoted)


STYLE: Check = record(
    {},
    {
        "type": anything, "words": list_of(string, 2), "decimals": optional(whole), "sign": text,
        "before": text, "quoted": flag,
    },
)  # fmt: skip


def is_near(written: str, number: float) -> bool:
    """Whether a field, with a comma as decimal sign, is the number that it was read as."""
    try:
        return abs(float(written.replace(",", ".")) - number) <= 1e-4 * max(1.0, abs(number))
    except ValueError:
        return False


def as_type(numbers: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Convert float64 numbers to the nearest ones of another type."""
    if dtype.kind == "b":
        return numbers >= 0.5
    if dtype.kind in "iu":
        ends = np.iinfo(dtype)
        highest = float(ends.max) if dtype.itemsize < 8 else float(np.nextafter(float(ends.max), 0.0))
        return np.clip(np.rint(numbers), float(ends.min), highest).astype(dtype)
    most = float(np.finfo(dtype).max)
    return np.clip(numbers, -most, most).astype(dtype)
