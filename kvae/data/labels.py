"""Labels: text or numbers, one per row; a missing label is no class of its own."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from kvae.data.source_file import existing_file, one_line
from kvae.errors import InputError
from kvae.runs.npy import UNREADABLE, read_npy

NONE = ""
PLAIN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")  # Python also reads 1_0 and other scripts
DECIMALS = re.compile(r"[+-]?[0-9]+\.[0-9]*")


def has_label(labels: np.ndarray) -> np.ndarray:
    """Which of the labels `(n,)` are not missing, as booleans: empty text and NaN are missing."""
    if labels.dtype.kind in "US":
        return labels != labels.dtype.type()
    return ~np.isnan(labels) if labels.dtype.kind == "f" else np.ones(len(labels), bool)


def tidy_labels(values: Any) -> np.ndarray:
    """Labels `(n,)` as numbers where all are numbers, else as text; missing ones become NaN or empty text.

    Texts of which two would be the same number, such as 01 and 1, stay text.

    Args:
        values: Text or numbers in an array or a list; None, NaN and empty text are missing values. Whole numbers
            with missing values among them become text, for an array of integers has no NaN.
    """
    labels = np.asarray(values)
    if labels.dtype.kind in "biu" or labels.ndim != 1:
        return labels
    if labels.dtype.kind in "US":
        labels = np.char.strip(labels.astype(str))
    there = np.array([value is not None and value == value and value != NONE for value in labels.tolist()], bool)
    present = as_numbers(np.array(labels[there].tolist()) if labels.dtype == object else labels[there])
    whole = present.dtype.kind == "f" and bool(
        np.all(np.isfinite(present)) and np.all(present == np.round(present))
    )
    if there.all():
        return present if len(present) else labels.astype(str)
    if present.dtype.kind == "f" and not whole and len(present):
        found = np.full(len(labels), np.nan)
    else:
        present = label_names(present)
        found = np.full(len(labels), NONE, present.dtype if len(present) else "U1")
    found[there] = present
    return found


def as_numbers(labels: np.ndarray) -> np.ndarray:
    """Text labels as integers or floats where they all are, and where different ones stay different.

    Labels that differ only in zeros at the end of decimals, as 1 and 1.0, are the same.
    """
    if labels.dtype.kind not in "USO":
        return labels
    texts = labels.astype(str)
    different = {text.strip() for text in texts.tolist()}
    if not all(map(PLAIN.fullmatch, different)):
        return texts
    different = {text.rstrip("0").rstrip(".") if DECIMALS.fullmatch(text) else text for text in different}
    for dtype in (np.int64, np.float64):
        try:
            numbers = texts.astype(dtype)
        except (ValueError, OverflowError):
            continue
        kept = np.all(np.isfinite(numbers)) and len(np.unique(numbers)) == len(different)
        return numbers if kept else texts
    return texts


def label_names(labels: np.ndarray) -> np.ndarray:
    """Labels `(n,)` as users type them: whole numbers without a point, also where the file has floats."""
    there = has_label(labels)
    whole = labels.dtype.kind == "f" and there.any() and np.all(np.abs(labels[there]) < 2**53)
    if whole and np.all(labels[there] == np.round(labels[there])):
        names = np.full(len(labels), NONE, "U24")
        names[there] = labels[there].astype(np.int64).astype(str)
        return names
    if labels.dtype.kind == "b":
        labels = labels.astype(np.int64)
    return labels.astype(str)


def is_label(labels: np.ndarray, label: str | int | bool) -> np.ndarray:
    """Which of the labels `(n,)` are the one that a user typed, booleans `(n,)`.

    `true` and `false` are the labels 1 and 0, or such words.
    """
    names, wanted = label_names(labels), str(label)
    if isinstance(label, bool) or labels.dtype.kind == "b":
        number = {"true": "1", "false": "0"}.get(wanted.lower(), wanted)
        return (names == number) | (np.char.lower(names) == wanted.lower())
    return names == wanted


def read_labels(path: str) -> np.ndarray:
    """Labels `(n,)` from the file `data.labels`: text or numbers, one per row. An empty line is a missing label.

    Raises:
        InputError: For a file that cannot be read, or an array that is not `(n,)`.
    """
    file = existing_file(path, "data.labels")
    try:
        labels = read_npy(file) if file.suffix.lower() == ".npy" else read_lines(file)
    except UNREADABLE as error:
        raise InputError(f"data.labels={path} cannot be read: {one_line(error)}") from error
    if labels.ndim != 1:
        raise InputError(f"data.labels={path} must hold one label per row. Received: shape {labels.shape}")
    return tidy_labels(labels)


def read_lines(file: Path) -> np.ndarray:
    """Lines of text, stripped, also of quotes; a line end after the last line adds no empty line."""
    lines = file.read_text(encoding="utf-8-sig").split("\n")
    lines = [line.strip() for line in (lines[:-1] if lines[-1] == "" else lines)]
    return np.array([line[1:-1] if len(line) > 1 and line[0] == line[-1] == '"' else line for line in lines])
