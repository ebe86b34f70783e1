"""The explorer of a report in HTML: the kept data in the form that the page reads, and the scripts."""

import base64
import json
import zlib
from collections.abc import Mapping
from string import Template
from typing import Any

import numpy as np

from kvae.report.explored import KINDS, ONLY, Explored
from kvae.report.resources import resource
from kvae.report.text import plural, shown, visible

# In the order of their dependencies.
SCRIPTS = (
    *("numbers", "functions", "operations", "convolutions", "decoder"),
    *("colours", "plane", "pictures", "chart", "rows", "sliders", "explorer"),
)
# Numeric labels with more classes are coloured as numbers.
FEW_CLASSES = 10
# The most columns by which points can be coloured.
MANY_COLUMNS = 200


def section(explored: Explored | None) -> str:
    """The explorer in HTML; empty without one."""
    if explored is None:
        return ""
    facts = facts_of(explored)
    packed, facts["arrays"] = packed_arrays(explored.arrays)
    return Template(resource("explorer.html")).substitute(
        about=shown(about(explored)), facts=as_json(facts), numbers=base64.b64encode(packed).decode("ascii")
    )


def script(explored: Explored | None) -> str:
    """The script of the page; empty without an explorer."""
    if explored is None:
        return ""
    parts = "\n".join(resource(f"scripts/{name}.js") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}}})();\n'


def style(explored: Explored | None) -> str:
    """The style of the explorer; empty without one."""
    return "" if explored is None else resource("explorer.css")


def about(explored: Explored) -> str:
    """The sentence above the explorer: how many observations it shows, and of which mode."""
    n, total = len(explored.arrays["z"]), explored.header["n"]
    which = plural(n, "observation") if n == total else f"{n:,} evenly spaced ones of {total:,} observations"
    whose = "" if explored.module == ONLY else f" of {explored.module}, the first VAE of the network"
    text = f"{which} of mode={explored.header['mode']}, at their posterior means{whose}."
    if "score" in explored.arrays:
        text += f" Score: {explored.header['score']}; the larger, the more unusual."
    return text


def facts_of(explored: Explored) -> dict[str, Any]:
    """The plain values that the page needs in addition to arrays."""
    from kvae.plots.style import PALETTE

    names = ("shape", "thumbnail", "low", "high", "dark_is_high", "plane", "columns", "ids", "why")
    header = explored.header
    facts = {name: visible(header[name]) for name in names} | {"program": header["program"]}
    facts["forms"] = visible(header.get("forms"))
    facts["probabilities"] = header.get("probabilities", [])
    facts["is_image"] = len(facts["thumbnail"]) == 3
    return facts | {"palette": list(PALETTE), "colourings": colourings(explored)}


def colourings(explored: Explored) -> list[dict[str, Any]]:
    """The choices for colouring points: a name, an array, and for classes the names of its values."""
    found: list[dict[str, Any]] = []
    header, arrays = explored.header, explored.arrays
    if "label" in arrays:
        is_number = "label_value" in arrays and len(header["labels"]) > FEW_CLASSES
        by = {"array": "label_value"} if is_number else {"array": "label", "names": visible(header["labels"])}
        found.append({"name": "label", **by})
    if "score" in arrays:
        found.append({"name": "score", "array": "score", "unit": "nats"})
    found += [{"name": name, "array": name, "names": names} for name, names in explored.classes.items()]
    if header["columns"] and len(header["thumbnail"]) == 1:
        names = visible(header["columns"])[:MANY_COLUMNS]
        forms = visible(header.get("forms") or [{}] * len(names))
        for i, (name, form) in enumerate(zip(names, forms, strict=False)):
            classes = {"names": form["categories"]} if "categories" in form else {}
            found.append({"name": name, "array": "x", "column": i, **classes})
    return found


def packed_arrays(arrays: Mapping[str, np.ndarray]) -> tuple[bytes, dict[str, Any]]:
    """Arrays, joined and compressed, and for each its type, its shape and its offset before compression."""
    content, where = bytearray(), {}
    for name, array in arrays.items():
        content += b"\0" * (-len(content) % 8)
        where[name] = {"kind": KINDS[array.dtype.name], "at": len(content), "shape": list(array.shape)}
        content += np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
    return zlib.compress(bytes(content), 6), where


def as_json(values: Any) -> str:
    """Plain values as JSON that cannot close the HTML element around it."""
    return json.dumps(values, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
