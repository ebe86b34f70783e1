"""Read only the columns of a table, to find the learnt run that fits it."""

from dataclasses import dataclass, replace
from typing import Any

from kvae.data.columns import Wanted, choose, known_as, listed
from kvae.data.index import NAMELESS
from kvae.data.large import is_pattern, matching
from kvae.data.parquet import index_places, scan_parquet
from kvae.data.raw_table import name_all
from kvae.data.source_file import existing_file
from kvae.data.spec import InputSpec
from kvae.data.table.parts import is_part
from kvae.data.tables import TEXTS
from kvae.data.text.encoding import find_encoding
from kvae.data.text.layout import find_layout
from kvae.errors import InputError
from kvae.runs.npy import read_header


@dataclass(frozen=True)
class Columns:
    """Columns of a table: their names, None without names; their number; positions of those that name rows."""

    names: tuple[str, ...] | None
    n: int
    index: tuple[int, ...] = ()

    def unlike(self, config: Any, spec: InputSpec) -> str | None:
        """How the columns differ from those of a learnt run, for a message; None where the run can take them."""
        if config.IS_MIXED or spec.table is not None:
            return self.unlike_table(config, spec)
        wanted = Wanted(config.columns, config.label_column, config.id_column, spec.columns)
        size = 1
        for length in spec.shape:
            size *= length
        try:
            choice = choose("", self.names, self.n, wanted, self.index)
        except InputError:
            choice = None
        if choice is not None and len(choice.features) == size:
            return None
        here = f"{self.n} without names" if self.names is None else listed(self.names)
        there = f"{size} without names" if spec.columns is None else listed(spec.columns)
        if self.names is not None and spec.columns is not None and set(spec.columns) - set(self.names):
            here = listed([name for name in self.names if name not in set(spec.columns)]) or "none of them"
            there = listed([name for name in spec.columns if name not in set(self.names)])
        return f"columns {there} (there) {here} (here)"

    def unlike_table(self, config: Any, spec: InputSpec) -> str | None:
        """As `unlike`, where the run learnt, or the config reads, columns of any kinds."""
        if spec.table is None or not config.IS_MIXED:
            kinds = {True: "of any kinds", False: "of numbers"}
            return f"columns {kinds[spec.table is not None]} (there) {kinds[config.IS_MIXED]} (here)"
        here = set(map(known_as, self.names or ())) | {known_as(config.label_column)}
        lacking = [column.name for column in spec.table.columns if not is_part(column)]
        lacking = [name for name in lacking if self.names is not None and known_as(name) not in here]
        return f"columns {listed(lacking)} (there) not in {config.path} (here)" if lacking else None


def peek(config: Any) -> Columns | None:
    """The columns of the table that the config names; None for other data, and where they cannot be read."""
    if not config.IS_TABLE or config.path is None:
        return None
    try:
        file = matching(config.path)[0] if is_pattern(config.path) else existing_file(config.path)
        ending = file.suffix.lower()
        if ending == ".npy":
            with file.open("rb") as stream:
                shape = read_header(stream)[0]
            return Columns(None, shape[1]) if len(shape) == 2 else None
        if ending == ".parquet":
            names = scan_parquet(file).collect_schema().names()
            index = index_places(file, names)
        elif ending in TEXTS:
            fmt = replace(config.text, header=config.header)
            layout = find_layout(file, find_encoding(file, fmt.encoding)[0], fmt)
            if layout.names is None:
                return Columns(None, layout.width)
            names = list(name_all(layout.names))
            index = (0,) if layout.row_names else ()
        else:
            return None
    except Exception:  # polars and others raise many kinds; the reader of the whole file reports what is wrong
        return None
    nameless = (i for i, name in enumerate(names) if NAMELESS.fullmatch(name))
    return Columns(tuple(names), len(names), tuple(dict.fromkeys([*index, *nameless])))
