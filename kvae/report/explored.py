"""Reading what a run kept for the explorer of its report; checked, as the file may come from somebody else."""

import logging
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from kvae.errors import InputError
from kvae.runs import ModuleFolder, RunFolder
from kvae.runs.files import relative
from kvae.runs.forms import finite, flag, list_of, mapping, optional, parse_json, positive, record, text, whole
from kvae.runs.npy import UNREADABLE, open_plain_npz
from kvae.runs.plain import is_plain

log = logging.getLogger(__name__)

VERSION = 1
# The folder of the VAE in a run of one VAE.
ONLY = "module001_vae"
# Files with larger class numbers are left out.
MANY_CLASSES = 10_000
KINDS = {"float32": "f4", "float64": "f8", "int32": "i4", "uint8": "u1"}
# Rows, and the categories of them and of their reconstructions.
MANY_ROWS = 10_000
NAMES, CATEGORIES = list_of(text, MANY_ROWS), list_of(text, 2 * MANY_ROWS)
FORM = record(
    {}, {"categories": CATEGORIES, "decimals": whole, "date": record({"origin": finite, "step": finite})}
)
WHERE = record({"output": positive, "at": whole, "n": positive})
HEADER = record(
    {
        "version": positive,
        "mode": text,
        "score": text,
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
        "columns": optional(list_of(text)),
        "ids": optional(NAMES),
        "program": optional(mapping),
        "why": text,
    },
    {"labels": NAMES, "forms": optional(list_of(FORM)), "probabilities": list_of(optional(WHERE))},
)


@dataclass(frozen=True)
class Explored:
    """What a module of a run kept for the explorer.

    Attributes:
        header: Plain values.
        arrays: Arrays by name, all of types in `KINDS`.
        classes: Names of classes, by the name of the array with the class numbers; from other files of the run.
        module: The folder of the module that has these codes.
    """

    header: dict[str, Any]
    arrays: dict[str, np.ndarray]
    classes: dict[str, list[str]] = field(default_factory=dict)
    module: str = ONLY


def explored_in(folder: RunFolder) -> Explored | None:
    """What the first module with something to explore kept; None without one, or if it cannot be read."""
    for module in folder.modules():
        if is_plain(module.explorer):
            try:
                return with_classes(read(module), folder, module)
            except UNREADABLE as error:
                reason = " ".join(str(error).split())[:200]
                log.warning(
                    "warning: %s cannot be read (%s): the report is made without its explorer",
                    relative(module.explorer),
                    reason,
                )
                return None
    return None


def with_classes(explored: Explored, folder: RunFolder, own: ModuleFolder) -> Explored:
    """Add the classes that modules above gave the rows, and which rows are anomalies."""
    n, mode, rows = explored.header["n"], explored.header["mode"], explored.arrays["rows"]
    arrays, classes = dict(explored.arrays), {}
    for module in folder.modules():
        if (values := numbers_of(module, f"class_{mode}", n, rows)) is not None:
            name = f"class ({module.path.name})"
            arrays[name], classes[name] = values, [str(i) for i in range(values.max() + 1)]
    flagged = numbers_of(own, f"anomaly_{mode}", n, rows)
    if flagged is not None and flagged.max() <= 1:
        arrays["flagged"], classes["flagged"] = flagged, ["no", "yes"]
    return replace(explored, arrays=arrays, classes=classes, module=own.path.name)


def numbers_of(module: ModuleFolder, name: str, n: int, rows: np.ndarray) -> np.ndarray | None:
    """The classes of some rows, int32, from a module's file with a class per row; None without such a file."""
    if not any(is_plain(module.path / f"{name}.{ending}") for ending in ("txt", "csv", "npy")):
        return None
    try:
        if is_plain(module.path / f"{name}.csv"):
            values = np.array([row[-1] for row in module.read_table(name)[1]], np.float64)[rows]
        else:
            values = np.concatenate([part[:, -1] for _, part in module.rows_in(name, n)])[rows]
    except (*UNREADABLE, InputError, IndexError):
        return None
    known = np.isfinite(values).all() and values.min() >= 0 and values.max() < MANY_CLASSES
    return values.astype(np.int32) if known else None


def read(module: ModuleFolder) -> Explored:
    """Read what a module kept.

    Raises:
        ValueError, OSError, ...: Those of `UNREADABLE`, for a file that is damaged, or of another version.
    """
    with open_plain_npz(module.explorer) as archive:
        header = parse_json(str(archive["header"]).encode())
        version = header.get("version") if isinstance(header, dict) else None
        if version != VERSION:
            raise ValueError(f"its format version is {version!r}, but this kvae reads {VERSION}")
        arrays = {name: archive[name] for name in archive.names if name != "header"}
    return checked(HEADER(header, ""), arrays)


def checked(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> Explored:
    """The header and arrays, if they are consistent.

    Raises:
        ValueError, KeyError: When they are not.
    """
    n, d = arrays["z"].shape
    plane, shape = header["plane"], header["shape"]
    by_row: dict[str, tuple[int, ...]] = dict.fromkeys(("rows", "label", "label_value", "score"), (n,))
    by_row |= dict.fromkeys(("x", "x_hat"), (n, *header["thumbnail"]))
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
        raise ValueError("its plane does not fit its codes")
    if header["ids"] is not None and len(header["ids"]) != n:
        raise ValueError("it does not have an id for each row")
    labels = known.get("label")
    if labels is not None and not (labels.min() >= -1 and labels.max() < len(header.get("labels", []))):
        raise ValueError("its labels have no names")
    return Explored(header, known)
