"""The rows that a run would learn: with `data.normal_label` only those with this label."""

from dataclasses import replace

from kvae.data import Part
from kvae.data.dataset import picked
from kvae.data.labels import is_label
from kvae.uses.opened import Chosen, Opened

Label = str | int | bool


def normal_part(learnt: Opened, part: Part) -> Part:
    """The rows of `part` with the run's `data.normal_label`; `part` itself without the key, labels or such rows.

    Raises:
        InputError: When rows cannot be picked from their file.
    """
    label = normal_label(learnt)
    if label is None or part.labels is None:
        return part
    normal = is_label(part.labels, label)
    return picked(part, normal, label) if normal.any() else part


def normal_ones(learnt: Opened, chosen: Chosen) -> Chosen:
    """`chosen` with such rows, and their messages.

    Raises:
        InputError: As `normal_part`.
    """
    part, messages = normal_part(learnt, chosen.part), chosen.messages
    if part is chosen.part:
        return chosen
    if messages is not None:
        label, labels = normal_label(learnt), chosen.part.labels
        assert label is not None and labels is not None
        messages = messages.rows(is_label(labels, label))
    return replace(chosen, part=part, messages=messages)


def normal_label(learnt: Opened) -> Label | None:
    """The run's `data.normal_label`; None where it learnt rows of every label."""
    found: Label | None = (learnt.plain.get("data") or {}).get("normal_label")
    return found
