"""The explorer of a report: what a run kept for it, as the page takes it, and the scripts that show it."""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Any

import numpy as np

from kvae.report.resources import resource
from kvae.report.text import plural, shown, visible
from kvae.runs import ModuleFolder, RunFolder
from kvae.runs.forms import finite, flag, list_of, mapping, optional, parse_json, positive, record, text, whole
from kvae.runs.npy import UNREADABLE, open_plain_npz
from kvae.runs.plain import is_plain

VERSION = 1
# Numbers of more classes are coloured by their size.
FEW_CLASSES = 10
# Points can be coloured by so many columns.
MANY_COLUMNS = 200
# In the order in which they use each other.
SCRIPTS = (
    *("numbers", "functions", "operations", "convolutions", "decoder"),
    *("colours", "plane", "pictures", "chart", "rows", "sliders", "explorer"),
)
KINDS = {"float32": "f4", "float64": "f8", "int32": "i4", "uint8": "u1"}
NAMES = list_of(text, 10_000)
FORM = record({}, {"categories": NAMES, "decimals": whole, "date": record({"origin": finite, "step": finite})})
WHERE = record({"output": positive, "at": whole, "n": positive})
HEADER = record(
    {
        "version": positive,
        "mode": text,
        "n": positive,
        "shape": list_of(positive, 10),
        "thumbnail": list_of(positive, 10),
        "low": finite,
        "high": finite,
        "dark_is_high": flag,
        "plane": record(
            {
                "mean": list_of(finite, 100_000),
                "axes": list_of(list_of(finite, 100_000), 2),
                "names": list_of(text, 2),
                "by_row": flag,
            }
        ),
        "columns": optional(NAMES),
        "ids": optional(NAMES),
        "program": optional(mapping),
        "why": text,
    },
    {"labels": NAMES, "forms": optional(list_of(FORM, 10_000)), "probabilities": list_of(optional(WHERE), 10_000)},
)


@dataclass(frozen=True)
class Explored:
    """What a module of a run kept for the explorer.

    Attributes:
        header: Plain values.
        arrays: Arrays by name; all have the types that the page knows.
    """

    header: dict[str, Any]
    arrays: dict[str, np.ndarray]


def explored_in(folder: RunFolder) -> Explored | None:
    """What the lowest module of a run that can be explored kept; None where none did, or its file is damaged."""
    for module in folder.modules():
        if is_plain(module.explorer):
            return read(module)
    return None


def read(module: ModuleFolder) -> Explored | None:
    """What a module kept; None of a file that is damaged, or of another version."""
    try:
        with open_plain_npz(module.explorer) as archive:
            header = HEADER(parse_json(str(archive["header"]).encode()), "")
            arrays = {name: archive[name] for name in archive.names if name != "header"}
        return checked(header, arrays) if header["version"] == VERSION else None
    except UNREADABLE:
        return None


def checked(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> Explored:
    """What was read, if its parts fit each other.

    Raises:
        ValueError, KeyError: When they do not.
    """
    n, d = arrays["z"].shape
    plane, shape = header["plane"], header["shape"]
    by_row = {"rows": (n,), "x": (n, *header["thumbnail"]), "label": (n,), "label_value": (n,), "score": (n,)}
    others = {"z": (n, d), "kl": (d,), "offset": (np.prod(shape),), "divisor": (np.prod(shape),)}
    if header["program"] is not None:
        checks = len(arrays["check_z"])
        others |= {
            "weights": (len(arrays["weights"]),),
            "check_z": (checks, d),
            "check_x": (checks, np.prod(shape)),
        }
    known = {name: arrays[name] for name in (by_row | others) if name in arrays}
    for name, array in known.items():
        if array.shape != (by_row | others)[name] or array.dtype.name not in KINDS:
            raise ValueError(f"its {name} is {array.dtype.name} of shape {array.shape}")
    if not all(name in known for name in ("rows", "x", "z")) or n == 0 or not np.isfinite(known["z"]).all():
        raise ValueError("it has no observations, or codes that are not finite")
    if len(plane["mean"]) != d or [len(axis) for axis in plane["axes"]] != [d, d] or len(plane["names"]) != 2:
        raise ValueError("its plane is not that of its codes")
    if header["ids"] is not None and len(header["ids"]) != n:
        raise ValueError("its ids are not those of its rows")
    labels = known.get("label")
    if labels is not None and not (labels.min() >= -1 and labels.max() < len(header.get("labels", []))):
        raise ValueError("its labels have no names")
    return Explored(header, known)


def section(explored: Explored | None) -> str:
    """The explorer in HTML; nothing where there is none."""
    if explored is None:
        return ""
    facts = facts_of(explored)
    packed, facts["arrays"] = packed_arrays(explored.arrays)
    return Template(resource("explorer.html")).substitute(
        about=shown(about(explored)), facts=as_json(facts), numbers=base64.b64encode(packed).decode("ascii")
    )


def script(explored: Explored | None) -> str:
    """The script of the page; empty where there is nothing to explore."""
    if explored is None:
        return ""
    parts = "\n".join(resource(f"scripts/{name}.js") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}}})();\n'


def style(explored: Explored | None) -> str:
    """What the explorer adds to the style of the page."""
    return "" if explored is None else resource("explorer.css")


def about(explored: Explored) -> str:
    """How many observations there are, in a sentence."""
    n, total = len(explored.arrays["z"]), explored.header["n"]
    which = plural(n, "observation") if n == total else f"{n:,} of {total:,} observations, evenly spread,"
    text = f"{which} of mode={explored.header['mode']}, at their posterior means."
    if "score" in explored.arrays:
        text += " The score is the negative ELBO at the mean, as of mode=detect: the larger, the more unusual."
    return text


def facts_of(explored: Explored) -> dict[str, Any]:
    """What the page needs beside arrays."""
    from kvae.plots.style import PALETTE

    names = ("shape", "thumbnail", "low", "high", "dark_is_high", "plane", "columns", "ids", "why")
    header = explored.header
    facts = {name: visible(header[name]) for name in names} | {"program": header["program"]}
    facts["forms"] = visible(header.get("forms"))
    facts["probabilities"] = header.get("probabilities", [])
    facts["is_image"] = len(facts["thumbnail"]) == 3
    return facts | {"palette": list(PALETTE), "colourings": colourings(explored)}


def colourings(explored: Explored) -> list[dict[str, Any]]:
    """What points can be coloured by: the name, the array, and the names of its values where it has classes."""
    found: list[dict[str, Any]] = []
    header, arrays = explored.header, explored.arrays
    if "label" in arrays:
        is_number = "label_value" in arrays and len(header["labels"]) > FEW_CLASSES
        by = {"array": "label_value"} if is_number else {"array": "label", "names": visible(header["labels"])}
        found.append({"name": "label", **by})
    if "score" in arrays:
        found.append({"name": "score", "array": "score", "unit": "nats"})
    if header["columns"] and len(header["thumbnail"]) == 1:
        names = visible(header["columns"])[:MANY_COLUMNS]
        forms = visible(header.get("forms") or [{}] * len(names))
        for i, (name, form) in enumerate(zip(names, forms, strict=False)):
            classes = {"names": form["categories"]} if "categories" in form else {}
            found.append({"name": name, "array": "x", "column": i, **classes})
    return found


def packed_arrays(arrays: Mapping[str, np.ndarray]) -> tuple[bytes, dict[str, Any]]:
    """Arrays one behind the other, compressed, and of each its kind, shape, and where it begins before that."""
    content, where = bytearray(), {}
    for name, array in arrays.items():
        content += b"\0" * (-len(content) % 8)
        where[name] = {"kind": KINDS[array.dtype.name], "at": len(content), "shape": list(array.shape)}
        content += np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
    return zlib.compress(bytes(content), 6), where


def as_json(values: Any) -> str:
    """Plain values as JSON that ends no element of the page that it stands in."""
    return json.dumps(values, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
