"""Converts observations that are passed to a learnt run to the model's units, and results back to their form."""

import logging
import math
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kvae.data import InputSpec, Part, load_data
from kvae.data.checks import IN_UNIT
from kvae.data.columns import in_order
from kvae.data.frames import frame_numbers, in_memory, is_frame
from kvae.data.later import what_is_odd
from kvae.data.observations import as_numbers, as_observations
from kvae.data.original import AsCame
from kvae.data.original.arrays import as_arrays
from kvae.data.original.frames import as_frame
from kvae.data.parts import drawn, prepared
from kvae.data.sources import at_path
from kvae.data.stored import Rows
from kvae.data.table import encode, in_form_of
from kvae.likelihoods.support import check_values
from kvae.likelihoods.table_support import ColumnSupports
from kvae.table import TableSpec

log = logging.getLogger(__name__)

# Keys of the learnt data that concern only its own rows and columns, and do not apply to other data.
OF_THE_LEARNT = {
    "name", "_target_", "path", "columns", "label_column", "id_column", "labels", "normal_label", "test_fraction",
    "limit", "columns_file", "learn_label",
}  # fmt: skip


def in_model_units(x: Any, spec: InputSpec, learnt: dict[str, Any], seed: int) -> Rows:
    """Observations as a learnt model takes them, `(n, *spec.shape)`; rows of large files are streamed.

    Args:
        x: An array, a DataFrame, or the path of a file or of a folder of images.
        spec: What the model expects.
        learnt: The keys of the group `data` with which the model learnt.
        seed: Seed of the draws of binary observations.

    Raises:
        ValueError: For what the model cannot take: other columns, other shapes, values that are not finite.
    """
    if isinstance(x, str | Path):
        part = load_data(as_other_data(learnt, Path(x), spec), seed, spec).everything
        say_what_is_odd(part.own, spec, f"data.path={x}")
        return part.x
    if spec.table is not None:
        return rows_of_table(x, spec.table, str(learnt.get("unseen") or "refuse"))
    if is_frame(x):
        x = columns_of(x, spec, learnt.get("label_column"))
    return drawn(prepared(Part(observed(x, spec)), spec), spec, (seed, 1)).x


def observed(x: Any, spec: InputSpec) -> np.ndarray:
    """Observations in the data's own units as an array `(n, *spec.shape)`.

    Raises:
        ValueError: As `in_model_units`, and for values that cannot be made binary.
    """
    array = as_observations("x", x, spec.shape)
    if spec.needs_unit_range:
        how = f"after its own scaling ({spec.scaling.kind}) the run makes them binary"
        allowed = replace(IN_UNIT, mend=f"{how}. Convert `x` to the units of the learnt run")
        check_values("x", spec.scaling.apply(array), allowed)
    say_what_is_odd(array, spec, "`x`")
    return array


def say_what_is_odd(x: Any, spec: InputSpec, source: str) -> None:
    """Warn of rows in the data's own units that the run clips, or that seem to be in other units."""
    if isinstance(x, np.ndarray) and (odd := what_is_odd(x, spec, source)) is not None:
        log.warning("warning: %s", odd)


def rows_of_table(x: Any, table: TableSpec, unseen: str = "refuse") -> np.ndarray:
    """Rows of a table of mixed kinds as a model takes them, `(n, n_columns)` float32, NaN for a gap.

    Args:
        x: A DataFrame with the table's text and gaps, its columns by name; or an array `(n, n_columns)` of numbers
            in the order of `table`, categories by their numbers, NaN where a value is missing.
        table: What the columns mean.
        unseen: How categories that were not learnt are treated; see `kvae.data.table.encode`.

    Raises:
        ValueError: For columns that are missing, values that a column cannot have, and no rows.
    """
    if is_frame(x):
        rows = encode(x, table, unseen, "`x`")
        if not len(rows):
            raise ValueError("`x` must have at least one row. Received: none")
        return rows
    try:
        numbers, _ = as_numbers("x", x)
    except ValueError as error:
        raise ValueError(f"{error}. Pass a table with text as a DataFrame with its column names") from error
    if numbers.ndim != 2 or numbers.shape[1] != len(table.columns) or not len(numbers):
        raise ValueError(
            f"`x` must be a DataFrame with the table's columns, or numbers of shape (n, {len(table.columns)}), "
            f"categories by their numbers. Received: shape {numbers.shape}"
        )
    numbers = numbers.astype(np.float32)
    check_values("x", numbers, ColumnSupports.of_columns(table.columns), table.names)
    return numbers


def with_rows_as_came(x: Any, spec: InputSpec, learnt: dict[str, Any], seed: int) -> Part:
    """As `in_model_units`, and keep the form of the rows, `came`, so that they can be restored.

    Raises:
        ValueError: As `in_model_units`, and for columns or arrays of types that cannot be restored.
    """
    if isinstance(x, str | Path):
        return load_data(as_other_data(learnt, Path(x), spec), seed, spec, as_came=True).everything
    if is_frame(x):
        places, _ = places_in(x, spec, learnt.get("label_column"))
        numbers: Any = numbers_at(x, places, spec)
        came = as_frame(x, places)
    else:
        numbers, _ = as_numbers("x", x)
        check_type(x, numbers)
        came = as_arrays(numbers)
    part = prepared(Part(observed(numbers, spec)), spec)
    return drawn(replace(part, came=AsCame(lambda: came, range(len(part)))), spec, (seed, 1))


def check_type(x: Any, numbers: np.ndarray) -> None:
    """Raise ValueError for an array whose type differs from that of the numbers that were read from it."""
    given = getattr(x, "dtype", None)
    if isinstance(given, np.dtype) and given != numbers.dtype:
        raise ValueError(
            "`x` must hold integers, booleans or floats of up to 64 bits, to be restored as it is: pass "
            f"x.astype({numbers.dtype.name!r}), which can be restored. Received: an array of type {given}"
        )


def as_other_data(learnt: dict[str, Any], path: Path, spec: InputSpec) -> Any:
    """The group `data` of a run, changed for a file or folder that is not split and has no labels."""
    keys = {key: value for key, value in learnt.items() if key not in OF_THE_LEARNT}
    return at_path(path, keys, mixed=spec.table is not None)


def columns_of(frame: Any, spec: InputSpec, label_column: Any = None) -> np.ndarray:
    """The columns of a DataFrame that a model learnt, `(n, *spec.shape)`; warns of others, which are ignored."""
    places, words = places_in(frame, spec, label_column)
    for word in words:
        warnings.warn(word, stacklevel=5)
    return numbers_at(frame, places, spec)


def places_in(frame: Any, spec: InputSpec, label_column: Any = None) -> tuple[list[int], tuple[str, ...]]:
    """Indices in a DataFrame of the columns that a model learnt, in its order, and messages about other columns.

    Raises:
        ValueError: When some are missing, or named twice, or, where the model knows no names, when their number
            differs; and for a table that is not in memory.
    """
    table = in_memory("x", frame)
    n_values = math.prod(spec.shape)
    # The label may be learnt too. Without names it is a number, which is also the name of a column in pandas.
    learnt = str(label_column) in spec.columns if spec.columns else len(table.columns) == n_values
    labels = set() if learnt else {str(label_column)}
    places = [i for i, name in enumerate(table.columns) if str(name) not in labels]
    names = [str(table.columns[i]) for i in places]
    if spec.columns is None and len(names) != n_values:
        raise ValueError(
            f"`x` must have {n_values} columns, the values of an observation of {spec.shape}. "
            f"Received: {len(names)}"
        )
    order, words = in_order("`x`", names, len(names), spec.columns, "kvae.open_run(FOLDER)")
    return [places[i] for i in order], words


def numbers_at(frame: Any, places: list[int], spec: InputSpec) -> np.ndarray:
    """The columns of a DataFrame with these indices, `(n, *spec.shape)`."""
    import narwhals as nw

    table = nw.from_native(frame, eager_only=True)
    numbers, _ = frame_numbers("x", nw.to_native(table[:, places]))
    return numbers.reshape(-1, *spec.shape)


def in_their_form(came: Any, x: Any, spec: InputSpec) -> Any:
    """Observations `x` as a DataFrame like `came`, if that is a DataFrame and columns have names; else unchanged.

    `x` are numbers `(n, *shape)`, or already a DataFrame of polars. The result keeps the index of `came`.
    """
    columns = spec.columns
    if columns is None or not is_frame(came):
        return x
    import narwhals as nw

    table = nw.from_native(came, eager_only=True)
    if spec.table is None:
        values = x.reshape(len(x), -1)
        named = {name: values[:, i] for i, name in enumerate(columns)}
        made = nw.from_dict(named, backend=nw.get_native_namespace(table)).to_native()
    else:
        made = in_form_of(x, came, spec.table)
    index = nw.maybe_get_index(table)
    if index is not None:
        made.index = index
    return made
