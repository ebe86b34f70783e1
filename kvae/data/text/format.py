"""How a text file writes its table: what the keys of the group `data` say, and their words."""

from dataclasses import dataclass

# Signs that a shell or Hydra would take for their own, by words.
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
    """A sign, typed as itself or by its word."""
    return None if typed is None else SIGNS.get(typed, "\t" if typed == "\\t" else typed)


def typed(key: str, character: str) -> str:
    """What to type for a key that takes a sign."""
    return f"{key}={WORDS.get(character, character)}"


@dataclass(frozen=True)
class TextFormat:
    """What is known beforehand of a text file; None is to be found out.

    Attributes:
        header: Whether the first line names the columns.
        separator: Between fields: a sign, or its word in `SIGNS`.
        decimal, thousands: Signs in numbers, likewise.
        encoding: Of the file, as Python names it.
        missing: Signs of a missing value besides an empty field, in place of the usual ones.
    """

    header: bool | None = None
    separator: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    encoding: str | None = None
    missing: tuple[str, ...] | None = None

    def given(self) -> list[str]:
        """The keys that are given, `header` apart: those that make no sense for a file that is no text."""
        names = {name: name for name in ("separator", "decimal", "thousands", "encoding")}
        names["missing"] = "missing_signs"
        return [f"data.{key}" for name, key in names.items() if getattr(self, name) is not None]
