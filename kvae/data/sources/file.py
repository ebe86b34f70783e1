"""`data=file`: a table or an array of the user, with a row per observation."""

import logging
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar

from kvae.data.labels import read_labels
from kvae.data.large import open_large
from kvae.data.options import SplitConfig
from kvae.data.signal import Signal
from kvae.data.spec import InputSpec
from kvae.data.tables import TEXTS, Raw, read_table
from kvae.data.text import TextFormat
from kvae.data.values import NoNumbersError
from kvae.errors import InputError
from kvae.options.quoting import shell
from kvae.options.rules import FLAG, NULL, Name, Rule, integer, is_number, list_of, number, one_of, text

log = logging.getLogger(__name__)

COLUMN = Rule(
    "a column's name or number", lambda v: isinstance(v, str) or (is_number(v) and math.isfinite(v)), "label"
)
SEPARATOR = Rule(
    "one of comma, semicolon, tab, space, pipe or another single sign",
    lambda v: isinstance(v, str) and (v in ("comma", "semicolon", "tab", "space", "pipe", "\\t") or len(v) == 1),
    "semicolon",
)
THOUSANDS = Rule(
    "one of comma, point, space, apostrophe",
    lambda v: isinstance(v, str) and v in ("comma", "point", "space", "apostrophe", ",", ".", " ", "'"),
    "point",
)
MISSING = Rule(
    "text or a finite number", lambda v: isinstance(v, str) or (is_number(v) and math.isfinite(v)), "-999"
)


@dataclass(frozen=True, kw_only=True)
class Options(SplitConfig):
    """The keys of `data=file`."""

    name: Name = "file"
    path: Annotated[str | None, text("x.csv") | NULL] = None
    key: Annotated[str | None, text("images") | NULL] = None
    columns: Annotated[list | None, list_of(COLUMN, "[0,1,2]", "names or numbers of columns") | NULL] = None
    label_column: Annotated[str | int | float | None, COLUMN | NULL] = None
    id_column: Annotated[str | int | float | None, COLUMN | NULL] = None
    labels: Annotated[str | None, text("labels.txt") | NULL] = None
    header: Annotated[bool | None, FLAG | NULL] = None
    separator: Annotated[str | None, SEPARATOR | NULL] = None
    decimal: Annotated[str | None, one_of("point", "comma", ".", ",") | NULL] = None
    thousands: Annotated[str | None, THOUSANDS | NULL] = None
    encoding: Annotated[str | None, text("cp1252") | NULL] = None
    missing_signs: Annotated[str | int | float | list | None, MISSING | list_of(MISSING, "[-999,'-']") | NULL] = (
        None
    )
    missing: Annotated[str | int | float | list | None, MISSING | list_of(MISSING, "[-999,'-']") | NULL] = None
    shape: Annotated[list | None, list_of(integer(1, 28), "[28,28]") | NULL] = None
    kind: Annotated[str | None, one_of("columns", "signal") | NULL] = None
    rate: Annotated[float | None, number(0, 250, above=True) | NULL] = None
    unit: Annotated[str | None, text("mV") | NULL] = None
    memory: Annotated[float, number(0, 4)] = 4.0
    shuffle_rows: Annotated[int, integer(1, 65536)] = 65536

    ONE_CLASS: ClassVar[str] = "data.scale=standard model.likelihood={better}"
    IS_TABLE: ClassVar[bool] = True
    HOW_TO_READ: ClassVar[frozenset[str]] = frozenset(
        {
            "memory",
            "shuffle_rows",
            "id_column",
            "label_column",
            "separator",
            "encoding",
            "decimal",
            "thousands",
            "missing_signs",
            "missing",
            "kind",
            "rate",
            "unit",
        }
    )

    @property
    def labels_in(self) -> str:
        return self.labels or super().labels_in

    def signal_of(self, shape: tuple[int, ...]) -> Signal | None:
        if self.kind != "signal":
            for name in ("rate", "unit"):
                if getattr(self, name) is not None:
                    raise InputError(
                        f"data.{name} is for data.kind=signal. Received: data.{name}={getattr(self, name)} "
                        f"and data.kind={self.kind or 'null'}"
                    )
            return None
        if len(shape) != 1:
            raise InputError(
                f"data.kind=signal is for rows of one signal, of shape [n]. Received: observations of shape "
                f"{list(shape)}. Type data.shape=[{math.prod(shape)}], or data.kind=null"
            )
        return Signal(shape[0], self.rate, self.unit)

    @property
    def text(self) -> TextFormat:
        """The format of a text file as far as keys give it, without `header`."""
        given = self.missing if self.missing_signs is None else self.missing_signs
        return TextFormat(None, self.separator, self.decimal, self.thousands, self.encoding, signs_in(given))


def signs_in(given: Any) -> tuple[str, ...] | None:
    """The signs of a missing value in a key that takes one sign or a list; None where the key is not given."""
    if given is None:
        return None
    return tuple(map(str, given if isinstance(given, list) else [given]))


def read(config: Options, known: InputSpec | None = None) -> Raw:
    """The table at `data.path`; with `known`, the columns that were learnt. Large data stays in its files.

    Raises:
        InputError: For keys that do not go together, and for anything wrong with the data.
    """
    if config.path is None:
        raise InputError("data=file needs data.path. For example: data=file data.path=x.csv")
    if config.labels is not None and config.label_column is not None:
        raise InputError(
            f"data.labels={config.labels} and data.label_column={config.label_column} both name labels. Type only "
            "one of them (data.columns chooses the columns to learn)"
        )
    if config.missing is not None and config.missing_signs is not None:
        raise InputError(
            f"data.missing={config.missing} and data.missing_signs={config.missing_signs} are two names of one "
            "key. Type only data.missing_signs"
        )
    try:
        raw = read_numbers(config, known)
    except NoNumbersError as error:
        typed = shell(f"data.path={config.path}")
        raise InputError(
            f"{error}, or learn the table with its text and missing values: data=table {typed}"
        ) from error
    return raw if config.labels is None else replace(raw, labels=read_labels(config.labels))


def read_numbers(config: Options, known: InputSpec | None) -> Raw:
    """As `read`, without the labels of `data.labels`."""
    assert config.path is not None
    fmt = with_learnt_signs(config, known)
    learnt = None if known is None else known.columns
    n_values = None if known is None else math.prod(known.shape)
    raw = open_large(
        config.path,
        config.columns,
        config.label_column,
        config.memory,
        config.shuffle_rows,
        learnt,
        config.id_column,
        n_values,
    )
    if raw is not None:
        return raw
    raw = read_table(
        config.path,
        config.key,
        config.columns,
        config.label_column,
        config.header,
        learnt,
        config.id_column,
        fmt,
        n_values,
    )
    return replace(raw, missing_signs=fmt.missing)


def with_learnt_signs(config: Options, known: InputSpec | None) -> TextFormat:
    """The format of a text file, with the signs of missing values and numbers of a learnt run, unless given."""
    if known is None or Path(str(config.path)).suffix.lower() not in TEXTS:
        return config.text
    fmt = config.text.as_learnt(known.missing_signs, known.text.signs)
    if fmt.missing != config.text.missing:
        signs = ", ".join(map(repr, fmt.missing or ()))
        log.info("data.path=%s is read with data.missing_signs of the learnt run: %s", config.path, signs)
    return fmt
