"""`data=table`: a table of the user with columns of any kinds, with text and missing values."""

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from kvae.data.options import SplitConfig
from kvae.data.sources.file import COLUMN, MISSING, SEPARATOR, THOUSANDS, signs_in
from kvae.data.spec import InputSpec
from kvae.data.table.columns_file import read_columns_file
from kvae.data.table.inferring import Wishes
from kvae.data.table.large import open_large_table
from kvae.data.table.whole import read_whole
from kvae.data.tables import Raw
from kvae.data.text import TextFormat
from kvae.errors import InputError
from kvae.options.rules import FLAG, NULL, Name, Rule, integer, list_of, number, one_of, text

INSIDE = "none, as the model itself scales the columns of a table"
NONE = Rule(INSIDE, lambda value: value == "none", "none")


@dataclass(frozen=True, kw_only=True)
class Options(SplitConfig):
    """The keys of `data=table`."""

    name: Name = "table"
    path: Annotated[str | None, text("x.csv") | NULL] = None
    columns: Annotated[list | None, list_of(COLUMN, "[age,sex]", "names or numbers of columns") | NULL] = None
    label_column: Annotated[str | int | float | None, COLUMN | NULL] = None
    learn_label: Annotated[bool, FLAG] = True
    id_column: Annotated[str | int | float | None, COLUMN | NULL] = None
    columns_file: Annotated[str | None, text("columns.yaml") | NULL] = None
    missing: Annotated[str, one_of("ignore", "learn")] = "ignore"
    unseen: Annotated[str, one_of("refuse", "other")] = "refuse"
    missing_signs: Annotated[str | int | float | list | None, MISSING | list_of(MISSING, "[-999,'-']") | NULL] = (
        None
    )
    header: Annotated[bool | None, FLAG | NULL] = None
    separator: Annotated[str | None, SEPARATOR | NULL] = None
    decimal: Annotated[str | None, one_of("point", "comma", ".", ",") | NULL] = None
    thousands: Annotated[str | None, THOUSANDS | NULL] = None
    encoding: Annotated[str | None, text("cp1252") | NULL] = None
    memory: Annotated[float, number(0, 4)] = 4.0
    shuffle_rows: Annotated[int, integer(1, 65536)] = 65536
    scale: Annotated[str | float, NONE] = "none"
    binarize: Annotated[str, NONE] = "none"
    split: Annotated[str, one_of("spread", "last")] = "spread"

    ONE_CLASS: ClassVar[str] = "data=table"
    IS_TABLE: ClassVar[bool] = True
    IS_MIXED: ClassVar[bool] = True
    # The learnt run keeps its spec of the columns, so that these keys need not be typed again.
    HOW_TO_READ: ClassVar[frozenset[str]] = frozenset(
        {
            "memory",
            "shuffle_rows",
            "id_column",
            "label_column",
            "learn_label",
            "separator",
            "encoding",
            "decimal",
            "thousands",
            "missing_signs",
            "unseen",
            "missing",
            "columns_file",
        }
    )

    @property
    def text(self) -> TextFormat:
        """The format of a text file as far as keys give it."""
        missing = signs_in(self.missing_signs)
        return TextFormat(self.header, self.separator, self.decimal, self.thousands, self.encoding, missing)

    @property
    def wishes(self) -> Wishes:
        """The keys about columns, with the columns file."""
        said = None if self.columns_file is None else read_columns_file(self.columns_file)
        label = self.label_column, self.learn_label, self.normal_label is not None
        return Wishes(self.columns, *label, self.id_column, self.missing, self.unseen, said)


def read(config: Options, known: InputSpec | None = None) -> Raw:
    """The table at `data.path` as rows of numbers, NaN for missing values; with `known`, the learnt columns.

    Raises:
        InputError: For anything wrong with the table, or a run that did not learn a table.
    """
    if config.path is None:
        raise InputError("data=table needs data.path. For example: data=table data.path=x.csv")
    if known is not None and known.table is None:
        raise InputError(
            "data=table needs a run that learnt a table, but this run learnt numbers. Type data=file, or choose "
            "another run with mode.run=FOLDER"
        )
    learnt = None if known is None else known.table
    wishes = config.wishes if learnt is None else replace(config, columns_file=None).wishes
    raw = open_large_table(config.path, wishes, config.text, config.memory, config.shuffle_rows, learnt)
    return read_whole(config.path, wishes, config.text, learnt) if raw is None else raw
