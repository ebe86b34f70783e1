"""The format of a text file as the keys of the group `data` give it, and names of signs."""

from dataclasses import dataclass, replace

# Names of signs that have a meaning for the shell or Hydra.
SIGNS = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "space": " ",
    "pipe": "|",
    "point": ".",
    "apostrophe": "'",
}
WORDS = {sign: word for word, sign in SIGNS.items()}


def sign(typed: str | None) -> str | None:
    """The sign that was typed as itself or by its name."""
    return None if typed is None else SIGNS.get(typed, "\t" if typed == "\\t" else typed)


def typed(key: str, character: str) -> str:
    """What to type to set a key to a sign."""
    return f"{key}={WORDS.get(character, character)}"


@dataclass(frozen=True)
class TextFormat:
    """The format of a text file as far as keys give it; None is detected.

    Attributes:
        header: Whether the first line names the columns.
        separator: The sign between fields, or its name in `SIGNS`.
        decimal, thousands: The decimal sign, and the sign between thousands, or their names.
        encoding: The encoding, by its name in Python.
        missing: Signs of a missing value besides an empty field, in place of the default ones.
        learnt: The decimal sign and the sign between thousands of a learnt table, which count where no others are
            given and all numbers of the file can be read with them.
    """

    header: bool | None = None
    separator: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    encoding: str | None = None
    missing: tuple[str, ...] | None = None
    learnt: tuple[str, str | None] | None = None

    def given(self) -> list[str]:
        """The keys that are given, except `header`: they apply to text files only."""
        names = {name: name for name in ("separator", "decimal", "thousands", "encoding")}
        names["missing"] = "missing_signs"
        return [f"data.{key}" for name, key in names.items() if getattr(self, name) is not None]

    def as_learnt(self, missing: tuple[str, ...] | None, signs: tuple[str, str | None]) -> "TextFormat":
        """With the signs of missing values, and the `signs` of numbers, of a learnt file, unless given."""
        fmt = self if missing is None or self.missing is not None else replace(self, missing=missing)
        given = (self.decimal, self.thousands) != (None, None)
        return fmt if given or signs == (".", None) else replace(fmt, learnt=signs)
