"""From the data as it came to levels and back: every type to the bit, what is refused, what the header holds."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from kvae.data import InputSpec, Part, Scaling
from kvae.data.original import AsCame
from kvae.data.original.arrays import as_arrays
from kvae.uses.compression.form import Form, Restorer

TYPES = ("b1", "i1", "u1", "<i2", ">i2", "<u2", ">u2", "<i4", ">i4", "<u4", "<i8", ">i8", "<u8", ">u8")
FLOATS = ("<f2", ">f2", "<f4", ">f4", "<f8", ">f8")
PLAIN = Scaling()


def levels_of(n: int, lowest: float = 0.0, step: float = 1.0) -> SimpleNamespace:
    """What a form asks of a likelihood."""
    return SimpleNamespace(support=None, values=lambda: lowest + step * np.arange(n))


def part_of(raw: np.ndarray, x: np.ndarray | None = None) -> Part:
    return Part(np.float32(raw if x is None else x), came=AsCame(lambda: as_arrays(raw), range(len(raw))))


def restored(part: Part, folder: Path, n_values: int = 256, scaling: Scaling = PLAIN, at_once: int = 7) -> Path:
    """The file that the rows come back as, by way of plain JSON."""
    spec = InputSpec(part.x.shape[1:], scaling, "none")
    form = Form.of(part, spec, levels_of(n_values))
    pieces = list(form.pieces(part, spec, at_once))
    again = Form.from_json(json.loads(json.dumps(form.to_json())))
    with Restorer(again, folder / "x_decompress", len(part)) as restorer:
        for levels, beside in pieces:
            restorer.add(levels, beside)
        return restorer.finish()


def saved(array: np.ndarray, folder: Path) -> bytes:
    np.save(folder / "saved.npy", array)
    return (folder / "saved.npy").read_bytes()


@pytest.mark.parametrize("dtype", [*TYPES, *FLOATS])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_type_comes_back_as_numpy_saves_it(tmp_path, dtype, order):
    rng = np.random.default_rng(0)
    raw = np.asarray(rng.integers(0, 2 if dtype == "b1" else 100, (20, 3, 4)).astype(dtype), order=order)
    path = restored(part_of(raw), tmp_path)
    assert path.read_bytes() == saved(raw, tmp_path)
