"""What tests of forms share: rows that know how they came, and the file that they come back as."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from kvae.data import InputSpec, Part, Scaling
from kvae.data.original import AsCame
from kvae.data.original.arrays import as_arrays
from kvae.uses.compression.form import Form, Restorer

PLAIN = Scaling()


def levels_of(n: int, lowest: float = 0.0, step: float = 1.0) -> SimpleNamespace:
    """What a form asks of a likelihood."""
    return SimpleNamespace(support=None, values=lambda: lowest + step * np.arange(n))


def part_of(raw: np.ndarray, x: np.ndarray | None = None) -> Part:
    """Rows of an array, in the model's units as they are."""
    return Part(np.float32(raw if x is None else x), came=AsCame(lambda: as_arrays(raw), range(len(raw))))


def restored(
    part: Part,
    folder: Path,
    likelihood: SimpleNamespace | None = None,
    scaling: Scaling = PLAIN,
    binarize: str = "none",
    at_once: int = 7,
) -> tuple[Path, Form, int]:
    """The file that rows come back as by way of plain JSON, their form, and how many bytes stand beside."""
    spec = InputSpec(part.x.shape[1:], scaling, binarize)
    form = Form.of(part, spec, likelihood or levels_of(256))
    pieces = list(form.pieces(part, spec, at_once))
    assert sum(len(levels) for levels, _ in pieces) == len(part)
    assert all(levels.dtype == np.int32 and levels.shape[1:] == part.x.shape[1:] for levels, _ in pieces)
    again = Form.from_json(json.loads(json.dumps(form.to_json())))
    with Restorer(again, folder / "x_decompress", len(part)) as restorer:
        for levels, beside in pieces:
            restorer.add(levels, beside)
        return restorer.finish(), form, sum(len(beside) for _, beside in pieces)


def saved(array: np.ndarray, folder: Path) -> bytes:
    """An array as NumPy saves it."""
    np.save(folder / "saved.npy", array)
    return (folder / "saved.npy").read_bytes()
