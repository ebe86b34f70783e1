"""Keys of the group `data` where a learnt run is used: those left out, those that differ, those without effect."""

import logging
from dataclasses import replace
from typing import Any

from kvae.data.peek import peek
from kvae.options.schema import Config
from kvae.runs import RunFolder, differences, has_content, is_path_of, recorded, select
from kvae.runs.learnt import LEARNT_WITH
from kvae.table import TableSpec

log = logging.getLogger(__name__)

# As `LEARNT_WITH`, for data of numbers alone.
NUMBERS_LEARNT_WITH = {"data.scale": (None, "none"), "data.binarize": (None, "none")}


def as_learnt(config: Config, learnt: RunFolder) -> Config:
    """The config, whose `data.header` and `data.columns` are those of the run where they are left out.

    Only where its file is the one that the run learnt. A learnt table knows its columns, whatever is typed.
    """
    data, theirs = config.data, data_of(learnt)
    names = ("header",) if data.IS_MIXED else ("header", "columns")
    keys = {
        name: theirs[name]
        for name in names
        if theirs.get(name) is not None and hasattr(data, name) and getattr(data, name) is None
    }
    if not keys or theirs.get("name") != data.name or not is_path_of(learnt, data.path):
        return config
    return replace(config, data=replace(data, **keys))


def other_keys(config: Config, learnt: RunFolder) -> list[str]:
    """How keys of the data differ from those of a run in more than how it is read, one text per difference."""
    data, ours, theirs = config.data, select(config.plain, "data") or {}, data_of(learnt)
    same = data.HOW_TO_READ | {"path"}
    if getattr(data, "normal_label", None) is not None:  # the labels then choose the rows
        same -= {"label_column"}
    if data.IS_MIXED or ours.get("columns") is None:
        same |= {"columns"}
    header = ours.get("header")
    if header is None or (theirs.get("header") is None and names_are_seen(config) == header):
        same |= {"header"}
    ours, theirs = (
        {key: value for key, value in one.items() if key not in same and value is not None}
        for one in (ours, theirs)  # runs of earlier versions lack the newest keys
    )
    return [] if ours == theirs else differences({"data": ours}, {"data": theirs}, ["data"]) or ["data"]


def names_are_seen(config: Config) -> bool | None:
    """Whether a line is taken for the names of columns where `data.header` is left out; None: unknown."""
    columns = peek(replace(config.data, header=None))
    return None if columns is None else columns.names is not None


def say_learnt_rows(config: Config, learnt: RunFolder) -> None:
    """Warn where data counts as other data, but its rows were learnt: with other keys, or from another place."""
    path, known = config.data.path, recorded(learnt)
    if path is None:
        return
    if is_path_of(learnt, path):
        log.warning(
            "warning: these rows were learnt: data.path=%s is the file that %s learnt, with other keys: %s. Type "
            "the same ones, so that its held-out rows are known",
            *(path, learnt.path, ", ".join(other_keys(config, learnt))),
        )
    elif known is not None and known["size"] is not None and has_content(path, known):
        log.warning(
            "warning: these rows were learnt: data.path=%s is a copy of the file that %s learnt, data.path=%s",
            *(path, learnt.path, data_of(learnt).get("path")),
        )


def data_of(learnt: RunFolder) -> dict[str, Any]:
    """The group `data` of a run's config."""
    return select(learnt.read_config(), "data") or {}


def warn_of_keys_without_effect(config: Config, learnt: RunFolder, table: TableSpec | None) -> None:
    """Warn of keys that differ from those of the run, which uses its own: columns of a table, or how to scale."""
    if (table is not None) != config.data.IS_MIXED:
        return
    names = set() if table is None else {column.name for column in table.columns}
    for key, off in (NUMBERS_LEARNT_WITH if table is None else LEARNT_WITH).items():
        value, theirs = select(config.plain, key), select(learnt.read_config(), key)
        if value in (*off, theirs) or (key == "data.columns" and set(value) == names):
            continue
        log.warning(
            "warning: %s=%s has no effect: %s learnt with %s=%s. Leave it out, or type mode=learn",
            *(key, value, learnt.path, key, "null" if theirs is None else theirs),
        )
