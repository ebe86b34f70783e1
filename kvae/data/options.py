"""The keys that all sources of data have, and constants that describe a source."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from kvae.data.signal import Signal
from kvae.options.found import by_name
from kvae.options.rules import NULL, Name, Rule, fraction, integer, number, one_of

LABEL = Rule("a label", lambda v: isinstance(v, str | int), "0")
SCALE = Rule("one of none, minmax, standard", lambda v: v in ("none", "minmax", "standard"), "minmax")

# A file per option.
PACKAGE = "kvae.data.sources"


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Where observations come from, and how they are prepared.

    Attributes:
        INK: Whether images are drawn as ink, with large values dark.
        IN_UNIT_RANGE: Whether the observations are known to lie in [0, 1].
        ONE_CLASS: Advice on what to type where one class is learnt, to detect the others (docs/results.md).
        IS_TABLE: Whether `data.path` is a table, with columns that have positions and perhaps names.
        IS_FOLDER: Whether `data.path` is a folder of images.
        IS_MIXED: Whether columns of any kinds are learnt, with text and missing values.
        HOW_TO_READ: Keys that change how the data is read, but not the data.
    """

    name: Name = ""
    limit: Annotated[int | None, integer(1, 1000) | NULL] = None
    normal_label: Annotated[str | int | bool | None, LABEL | NULL] = None
    scale: Annotated[str | float, SCALE | number(0, 255, above=True)] = "none"
    binarize: Annotated[str, one_of("none", "threshold", "dynamic")] = "none"

    INK: ClassVar[bool] = False
    IN_UNIT_RANGE: ClassVar[bool] = False
    ONE_CLASS: ClassVar[str] = "model.likelihood={better}"
    IS_TABLE: ClassVar[bool] = False
    IS_FOLDER: ClassVar[bool] = False
    IS_MIXED: ClassVar[bool] = False
    HOW_TO_READ: ClassVar[frozenset[str]] = frozenset()

    @property
    def called(self) -> str:
        """How messages call the data."""
        if self.path:
            return f"data.path={self.path}"
        return f"data={self.name}" if self.name else f"data._target_={getattr(self, '_target_', None)}"

    # Keys that only some sources have: these defaults let other code read them from any source.

    @property
    def path(self) -> str | None:
        """The file or folder that the data comes from."""
        return None

    @property
    def labels_in(self) -> str:
        """How messages call the source of the labels."""
        return self.path or self.called

    @property
    def shape(self) -> list[int] | None:
        """The shape of one observation, where a key gives it."""
        return None

    def signal_of(self, shape: tuple[int, ...]) -> Signal | None:
        """The signal that the keys describe, given the shape of one observation; None for rows of other kinds.

        Raises:
            InputError: For keys that do not go together, or do not fit the shape.
        """
        return None

    @property
    def memory(self) -> float:
        """GiB that the data may take in memory."""
        return float("inf")

    @property
    def test_fraction(self) -> float | None:
        """The share of rows that is held out; None for a source with held-out rows of its own."""
        return None

    @property
    def split(self) -> str:
        """Which rows are held out."""
        return "last"

    def changes(self, known: Mapping[str, Any]) -> str | None:
        """How values differ from those that a learnt run read with the keys `known`; None where they do not."""
        return None


@dataclass(frozen=True, kw_only=True)
class SplitConfig(DataConfig):
    """Keys of a source without held-out rows of its own."""

    test_fraction: Annotated[float | None, fraction(0.2) | NULL] = None
    split: Annotated[str, one_of("last", "spread")] = "last"


def options_for(values: dict[str, Any], typed: bool) -> type:
    """The dataclass with the keys of a source, from its file in `kvae/data/sources/` or from its `_target_`."""
    return by_name("data", PACKAGE, SplitConfig, values, typed, given=("config", "known"), entry="read")
