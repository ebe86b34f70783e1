"""`data.columns_file`: settings of single columns as YAML."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from kvae.data.kinds import all_kinds
from kvae.data.source_file import existing_file, one_line
from kvae.data.table.parts import PARTS, is_part
from kvae.errors import InputError
from kvae.likelihoods.columns.lookup import names
from kvae.process.visible import in_a_line
from kvae.runs.files import whole_file
from kvae.runs.version import NAME, VERSIONS, check_version, version_in
from kvae.table import MISSING, TableSpec

KEY = "data.columns_file"
HEAD = """\
# The columns of {source}. Edit this file and use it with data.columns_file={path}
# Columns that are not named here are recognised. The keys of a column are all optional:
#   kind: {kinds}
#   likelihood: its name, such as gaussian, or {{name: student_t, ...}}; default: that of the kind
#   categories: list of all categories; of an ordinal column from the lowest to the highest
#   missing: ignore or learn (also learn whether a value is missing)
#   format: format of dates in text, such as "%d.%m.%Y"
#   cyclic: parts of a date to learn as further columns: {parts}
#   leave_out: true (the column is not learnt)
# {version}: {number}
"""
MOST_CATEGORIES = 50
PLAIN = re.compile(r"[^\W\d_]([\w .()/+%-]*[\w.()/+%-])?")


@dataclass(frozen=True)
class Said:
    """The settings of one column; None or empty where a key is not given."""

    kind: str | None = None
    likelihood: dict[str, Any] | None = None
    categories: tuple[str, ...] | None = None
    missing: str | None = None
    format: str | None = None
    cyclic: tuple[str, ...] = ()
    leave_out: bool = False


def read_columns_file(path: str | Path) -> dict[str, Said]:
    """Read the settings of columns from a YAML file, by the columns' names.

    Raises:
        InputError: For anything wrong in the file, with key, value and what is allowed.
    """
    import yaml

    file = existing_file(str(path), KEY)
    try:
        # All values are read as text, so that `no` is a category and not false.
        text = file.read_text(encoding="utf-8-sig")
        check_version(file, version_in(text), VERSIONS["columns.yaml"])
        check_once(yaml.compose(text, yaml.BaseLoader), f"{KEY}={path}")
        found = yaml.load(text, yaml.BaseLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise InputError(f"{KEY}={path} cannot be read as YAML: {one_line(error)}") from error
    columns = found.get("columns") if isinstance(found, Mapping) else None
    if not isinstance(columns, Mapping) or set(found) != {"columns"}:
        raise InputError(
            f"{KEY}={path} must hold only the key `columns:`, and below it the settings of columns by name, such "
            f"as `age: {{kind: count}}`. Received: {described(found)}"
        )
    return {str(name): said_of(f"{KEY}={path}: columns.{name}", values) for name, values in columns.items()}


def check_once(node: Any, where: str) -> None:
    """Raise InputError where a key occurs twice in YAML: the second would silently win."""
    if not hasattr(node, "value") or isinstance(node.value, str):
        return
    pairs = [one for one in node.value if isinstance(one, tuple)]
    keys = [key.value for key, _ in pairs if isinstance(key.value, str)]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise InputError(f"{where} names {twice} twice. Name it once")
    for _, value in pairs:
        check_once(value, where)


def described(found: Any) -> str:
    """What a YAML file holds, for an error message."""
    if isinstance(found, Mapping):
        return f"the keys {', '.join(map(str, found))}"
    return "nothing" if not found else str(found)[:40]


def said_of(where: str, values: Any) -> Said:
    """The settings of one column, checked."""
    if not isinstance(values, Mapping):
        raise InputError(
            f"{where} must be keys and values, such as {{kind: count}}. Received: {str(values)[:40]!r}"
        )
    allowed = [field.name for field in fields(Said)]
    for key in values:
        if key not in allowed:
            close = difflib.get_close_matches(str(key), allowed, n=1)
            hint = f". Did you mean {close[0]}?" if close else ""
            raise InputError(f"{where} has the unknown key {key}. Allowed: {', '.join(allowed)}{hint}")
    given: dict[str, Any] = dict(values)
    for key, options in (("kind", tuple(all_kinds())), ("missing", MISSING), ("leave_out", ("true", "false"))):
        if key in given and given[key] not in options:
            raise InputError(f"{where}.{key} must be one of {', '.join(options)}. Received: {given[key]!r}")
    if "leave_out" in given:
        given["leave_out"] = given["leave_out"] == "true"
    if "format" in given and not (isinstance(given["format"], str) and "%" in given["format"]):
        raise InputError(f"{where}.format must be a format such as '%d.%m.%Y'. Received: {given['format']!r}")
    if given.get("cyclic") == []:
        given["cyclic"] = ()
    for key in ("categories", "cyclic"):
        if given.get(key, ()) != ():
            given[key] = texts(f"{where}.{key}", given[key])
    unknown = [part for part in given.get("cyclic", ()) if part not in PARTS]
    if unknown:
        raise InputError(f"{where}.cyclic must be a list of {', '.join(PARTS)}. Received: {unknown[0]}")
    if "likelihood" in given:
        given["likelihood"] = likelihood(f"{where}.likelihood", given["likelihood"])
    return Said(**given)


def texts(where: str, values: Any) -> tuple[str, ...]:
    """A list of distinct texts."""
    if not isinstance(values, list) or not values or not all(isinstance(one, str) for one in values):
        raise InputError(f"{where} must be a list, such as [low, medium, high]. Received: {str(values)[:40]!r}")
    twice = [one for one in values if values.count(one) > 1]
    if twice:
        raise InputError(f"{where} must name each once. Received twice: {twice[0]}")
    return tuple(values)


def likelihood(where: str, value: Any) -> dict[str, Any]:
    """The name and the keys of a likelihood; numbers in text become numbers."""
    values = {"name": value} if isinstance(value, str) else value
    if not isinstance(values, Mapping) or not isinstance(values.get("name"), str):
        raise InputError(f"{where} must be a name, or {{name: ...}} with keys. Received: {str(value)[:40]!r}")
    if values["name"] not in names():
        raise InputError(f"{where} must be one of {', '.join(names())}. Received: {values['name']!r}")
    return {str(key): as_number(one) for key, one in values.items()}


def as_number(value: Any) -> Any:
    """Text as a number where it is one."""
    for kind in (int, float):
        try:
            return kind(value)
        except (TypeError, ValueError):
            continue
    return value


def write_columns_file(
    path: str | Path,
    spec: TableSpec,
    source: str = "the table",
    x: Any = None,
    notes: Mapping[str, str] | None = None,
) -> None:
    """Write a columns file of a table, for the user to edit.

    Args:
        path: The file to write.
        spec: The columns.
        source: Name of the table in the comment.
        x: Rows `(n, n_columns)`, to count missing values; None leaves the counts out.
        notes: Notes about columns, by name: each is a comment line above its column.
    """
    import numpy as np

    gaps = {} if x is None else dict(zip(spec.names, np.isnan(x).sum(axis=0).tolist(), strict=True))
    kinds, parts = ", ".join(all_kinds()), ", ".join(PARTS)
    named = {"source": comment(source), "path": comment(path), "kinds": kinds, "parts": parts}
    head = HEAD.format(**named, version=NAME, number=VERSIONS["columns.yaml"])
    lines = [head + "columns:"]
    left_out = {one.name: one for one in spec.left_out}
    columns = {column.name: column for column in spec.columns}
    cyclic: dict[str, list[str]] = {}
    for column in spec.columns:
        if is_part(column):
            cyclic.setdefault(column.form["part_of"], []).append(column.form["part"])
    for name in spec.order or spec.names:
        if notes is not None and name in notes:
            lines.append(f"  # {comment(notes[name])}")
        if name in left_out:
            one = left_out[name]
            lines.append(f"  {quoted(name)}: {{leave_out: true}}  # {comment(f'{one.kind}: {one.why}')}")
            continue
        column, words = columns[name], []
        if column.categories is not None and len(column.categories) > MOST_CATEGORIES:
            words.append(f"{len(column.categories):,} categories")
        if gaps.get(name):
            words.append(f"{gaps[name]:,} missing")
        lines.append(f"  {quoted(name)}:{'  # ' if words else ''}{', '.join(words)}")
        lines += [f"    {key}: {value}" for key, value in written(column, cyclic.get(name, ()))]
    with whole_file(Path(path)) as file:
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def comment(text: Any) -> str:
    """Text on a single line, for a comment."""
    return in_a_line(" ".join(str(text).split()))


def written(column: Any, cyclic: Sequence[str]) -> list[tuple[str, str]]:
    """The keys of a column and their values, as YAML."""
    keys = dict(column.likelihood)
    name = keys.pop("name")
    pairs = [("kind", column.kind)]
    pairs.append(
        ("likelihood", f"{{name: {name}, {', '.join(f'{k}: {v}' for k, v in keys.items())}}}" if keys else name)
    )
    texts = column.categories
    if texts is not None and len(texts) <= MOST_CATEGORIES:
        pairs.append(("categories", f"[{', '.join(map(quoted, texts))}]"))
    pairs.append(("missing", column.missing))
    if "format" in column.form:
        pairs.append(("format", quoted(column.form["format"])))
    if column.kind == "date" or cyclic:
        pairs.append(("cyclic", f"[{', '.join(cyclic)}]"))
    return pairs


def quoted(text: str) -> str:
    """Text as a YAML value or key: unquoted where every reader of YAML reads it as text, else in double quotes."""
    import yaml

    if PLAIN.fullmatch(text) and yaml.safe_load(text) == text:
        return text
    return '"' + "".join(map(escaped, text)) + '"'


def escaped(sign: str) -> str:
    """A character within double quotes (YAML 1.2, section 5.7)."""
    if sign in '"\\':
        return f"\\{sign}"
    if sign.isprintable():
        return sign
    return f"\\x{ord(sign):02x}" if ord(sign) < 256 else f"\\U{ord(sign):08x}"
