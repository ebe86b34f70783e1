"""Checks of the data before training: each raises InputError with what is wrong."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from kvae.data.columns import listed
from kvae.data.gaps import known_rows, of_known
from kvae.data.options import DataConfig
from kvae.data.scaling import Scaling
from kvae.data.spec import InputSpec
from kvae.data.stored import Rows, StoredRows
from kvae.data.tables import Raw
from kvae.errors import InputError
from kvae.likelihoods.support import FINITE, Support, suits
from kvae.options.quoting import shell

CHUNK = 65_536
LARGEST = float(np.finfo(np.float32).max)
# What `data.binarize` takes: probabilities of a 1.
IN_UNIT = Support(0.0, 1.0, scale="minmax")


def chunks(x: Rows) -> Iterator[tuple[int, np.ndarray]]:
    """Rows flattened, in pieces of bounded size, each with the number of its first row: for data on disk."""
    for start in range(0, len(x), CHUNK):
        yield start, np.asarray(x[start : start + CHUNK]).reshape(min(CHUNK, len(x) - start), -1)


def check_stored(raw: Raw, config: DataConfig) -> None:
    """Raise InputError for keys that need the data in memory, where the data stays in its file."""
    if not isinstance(raw.x, StoredRows):
        return
    spread_is_fine = raw.x.gathers or config.test_fraction in (None, 0)
    for key, value, allowed in (("split", "spread", "last"), ("binarize", "dynamic", "threshold")):
        if getattr(config, key) == value and not (key == "split" and spread_is_fine):
            raise InputError(
                f"data.{key}={value} needs the data in memory: it takes {size_in_gib(raw.x):.2g} GiB, "
                f"data.memory={config.memory:g}. Raise data.memory, or type data.{key}={allowed}"
            )


def size_in_gib(x: StoredRows) -> float:
    """The size of rows in memory as float32, in GiB."""
    return 4 * math.prod(x.shape) / 2**30


def check_axes(x: Rows, config: DataConfig) -> None:
    """Raise InputError unless `x` has rows and columns."""
    if len(x.shape) < 2:
        raise InputError(f"{config.called} must have rows and columns. Received: an array of shape {x.shape}")


def check_type(x: Rows, config: DataConfig) -> None:
    """Raise InputError unless the type of `x` is one of real numbers, and `x` is not empty."""
    if x.dtype.kind not in "biuf":
        raise InputError(f"{config.called} must hold real numbers. Received: an array of type {x.dtype}")
    if 0 in x.shape:
        raise InputError(f"{config.called} holds no data. Received: an array of shape {x.shape}")


def check_numbers(
    x: Rows,
    config: DataConfig,
    columns: Sequence[str] | None = None,
    lines: Sequence[int] | np.ndarray | None = None,
    gaps: bool = False,
) -> None:
    """Raise InputError unless `x` holds finite real numbers that float32 can hold.

    Args:
        x: The observations.
        config: The group `data`.
        columns: Names of the columns, for the message.
        lines: The line of each row in a text file, for the message.
        gaps: Whether NaN is allowed, for missing values.
    """
    check_type(x, config)
    if x.dtype.kind != "f" or (isinstance(x, StoredRows) and x.unit):
        return
    first: tuple[int, int, float] | None = None
    counts: np.ndarray | Any = 0
    for start, rows in chunks(x):
        if suits(rows, FINITE):
            continue
        bad = np.isinf(rows) if gaps else ~np.isfinite(rows)
        if bad.any():
            counts = counts + bad.sum(axis=0)
            row, column = np.argwhere(bad)[0]
            first = first or (start + int(row), int(column), rows[row, column])
            continue
        bad = np.abs(rows) > LARGEST if rows.dtype.itemsize > 4 else bad
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise InputError(
                f"{config.called} must hold numbers up to {LARGEST:.2g}, the largest of float32. Received: "
                f"{rows[row, column]:g} in {place(start + int(row), int(column), columns, lines)}"
            )
    if first is not None:
        row, column, value = first
        raise InputError(
            f"{config.called} must hold finite numbers. Received: {value} in {place(row, column, columns, lines)}"
            f"{others(counts, columns)}. Remove or fill {'it' if counts.sum() == 1 else 'them'} first"
            f"{table_instead(config) if np.isnan(value) else ''}"
        )


def table_instead(config: DataConfig) -> str:
    """What to type to learn a table with its missing values; empty for other data."""
    if not (config.IS_TABLE and str(config.path).lower().endswith((".txt", ".csv", ".tsv", ".parquet"))):
        return ""
    return f", or learn with the gaps: data=table {shell(f'data.path={config.path}')}"


def check_mixed(config: DataConfig, known: InputSpec | None) -> None:
    """Raise InputError where a run that learnt a table of any kinds is given data of numbers alone."""
    if known is not None and known.table is not None and not (config.IS_MIXED or hasattr(config, "_target_")):
        raise InputError(
            "the run learnt a table with columns of any kinds: type data=table data.path=x.csv. "
            f"Received: {config.called}"
        )


def place(row: int, column: int, columns: Sequence[str] | None, lines: Sequence[int] | np.ndarray | None) -> str:
    """The position of a value, for messages."""
    more = [] if columns is None else [f"named {columns[column]!r}"]
    more += [] if lines is None else [f"line {lines[row]} of the file"]
    return f"row {row}, column {column} (counted from 0{''.join(f'; {one}' for one in more)})"


def others(counts: np.ndarray, columns: Sequence[str] | None) -> str:
    """The counts of missing or infinite values by column, for messages; empty when there is only one."""
    if counts.sum() == 1:
        return ""
    bad = np.flatnonzero(counts).tolist()
    shown = listed([f"{i if columns is None else repr(columns[i])} {counts[i]:,}" for i in bad])
    return f", and {counts.sum() - 1:,} more. By column: {shown}"


def check_labels(raw: Raw, path: str | None, limit: int | None = None) -> None:
    """Raise InputError unless there is a label per row, or at least per row of the first `limit`."""
    pairs = ((raw.x, raw.labels), (raw.x_test, raw.labels_test))
    for x, labels in pairs:
        if x is None or labels is None:
            continue
        if limit is not None and limit <= len(labels) < len(x):
            continue
        if labels.ndim != 1 or len(labels) != len(x):
            first, is_text = "", labels.dtype.kind in "US"
            if is_text and labels.shape == (len(x) + 1,) and str(path).lower().endswith((".txt", ".csv", ".tsv")):
                first = f", with the first line {str(labels[0])!r} as a label. Remove this line if it is a header"
            raise InputError(
                f"{path} must give one label per row, {len(x)} in all. Received: shape {labels.shape}{first}"
            )


def check_binary(x: Rows, spec: InputSpec, config: DataConfig, learnt: bool) -> None:
    """Raise InputError where rows, in the data's own units, are to be made binary, but are no probabilities.

    `learnt` says whether the scaling is that of a learnt run.
    """
    if not spec.needs_unit_range:
        return
    scale = spec.scaling.apply
    scaled = x.then(scale, spec.scaling.kind == "none") if isinstance(x, StoredRows) else scale(x)
    check_support(scaled, IN_UNIT, config, spec.scaling if learnt else None, f"data.binarize={spec.binarize}")


def check_support(
    x: Rows, support: Support | None, config: DataConfig, learnt: Scaling | None = None, whose: str | None = None
) -> None:
    """Raise InputError, with keys that help, when `x` is outside the support of the model's likelihood.

    `learnt` is the scaling of a learnt run, if there is one: then the key `data.scale` has no effect. `whose` is
    the key that needs the support; None for that of the likelihood.
    """
    if support is None or (isinstance(x, StoredRows) and x.unit and support.holds_unit_range):
        return
    for start, rows in chunks(x):
        if suits(rows, support):
            continue
        bad = support.outside(rows)
        if bad.any():
            bad &= known_rows(rows)[:, None]  # rows of NaN lack this kind of data
        if bad.any():
            row, column = np.argwhere(bad)[0]
            received = f"{rows[row, column]:g} in row {start + row}, column {column} of {config.called}"
            if learnt is not None:
                raise InputError(
                    f"the learnt run needs {support.of('data', 'within')} after its own scaling ({learnt.kind}). "
                    f"Received: {received}. Convert the data to the units of the learnt run"
                    + (f", or learn with model.likelihood={support.instead}" if support.instead else "")
                )
            typed = ", or ".join(what_mends(of_known(x, known_rows(x)), support, config))
            raise InputError(
                f"{whose or f'model.likelihood={support.name}'} needs {support.of('data', 'within')}. "
                f"Received: {received}" + (f". Type {typed}" if typed else "")
            )


def what_mends(x: Rows, support: Support, config: DataConfig) -> list[str]:
    """What to type for data outside a support: a scaling, a wider range of counts, or another likelihood."""
    found = []
    if support.scale and support.scale != str(config.scale):
        found.append(f"data.scale={support.scale}{divisor_for(x, config) if support.scale == 'minmax' else ''}")
    if support.step:
        found += what_makes_counts(x, support, config)
    return [*found, f"model.likelihood={support.instead}"] if support.instead else found


def what_makes_counts(x: Rows, support: Support, config: DataConfig) -> list[str]:
    """As `what_mends`, for a support with steps: a divisor for data in [0, 1], or a range for larger counts."""
    least, most = (float(of([of(rows) for _, rows in chunks(x)])) for of in (np.min, np.max))
    if support.width is None or least < support.lowest:
        return []
    if config.scale == "none" and most <= 1:
        shares = not any(support.outside(rows * support.width).any() for _, rows in chunks(x))
        return [f"data.scale={1 / support.width:.17g}"] if shares else []
    if support.wider is None or most <= support.highest or most != int(most):
        return []
    key, more = support.wider
    return [f"model.likelihood.{key}={int(most) + more}"]


def divisor_for(x: Rows, config: DataConfig) -> str:
    """The divisor that brings pixels of 8 or 16 bits to [0, 1], for messages; empty where none is known."""
    if isinstance(x, StoredRows):
        most = {"|u1": 255, "<u2": 65535, ">u2": 65535}.get(x.source.dtype.str)
    else:
        factor = 1.0 if isinstance(config.scale, str) else config.scale
        high = float(x.max()) * factor
        most = next((most for most in (255, 65535) if high <= most), None) if float(x.min()) >= 0 else None
    known = most is not None and config.scale != "standard"
    return f" (or a divisor, data.scale={most})" if known else ""
