"""Whatever is written is read back equal."""

import json
import math
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from kvae.data.scaling import Scaling, learn_scaling
from kvae.data.tables import read_table
from kvae.runs import ModuleFolder
from kvae.runs.files import read_json, write_json
from kvae.runs.npy import open_plain_npz, read_npy
from kvae.training.checkpoint_file import TrainingState, read_state, write_state

FEW = settings(max_examples=60, deadline=None, derandomize=True)
SHAPES = hnp.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=6)
FLOATS = hnp.arrays(np.float32, SHAPES, elements=st.floats(width=32, allow_nan=False, allow_infinity=False))
NUMBERS = hnp.arrays(
    st.sampled_from(["<f4", ">f8", "<f2", "<i8", "|u1", "|b1"]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
)
NAMES = st.text("abcdefgh_0123456789", min_size=1, max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def folder():
    return Path(tempfile.mkdtemp(dir=ROOT.name))


ROOT = tempfile.TemporaryDirectory(prefix="kvae-")


@FEW
@given(FLOATS, st.sampled_from(["txt", "npy"]))
def test_rows(array, file_format):
    path = ModuleFolder(folder(), file_format).write_rows("z", array)
    flat = array.reshape(len(array), -1)
    again = np.load(path) if file_format == "npy" else np.loadtxt(path, np.float32, ndmin=2)
    np.testing.assert_array_equal(again, flat)
    np.testing.assert_array_equal(read_table(str(path)).x.astype(np.float32), flat)


@FEW
@given(st.dictionaries(NAMES, NUMBERS, min_size=1, max_size=4))
def test_arrays(arrays):
    path = folder() / "model.npz"
    ModuleFolder(path.parent).write_arrays(path, **arrays)
    with open_plain_npz(path) as again:
        assert sorted(again.names) == sorted(arrays)
        for name, array in arrays.items():
            assert again[name].dtype == array.dtype
            np.testing.assert_array_equal(again[name], array)


@FEW
@given(NUMBERS)
def test_one_array(array):
    path = folder() / "x.npy"
    np.save(path, array)
    for mmap in (False, True):
        again = read_npy(path, mmap)
        assert (again.dtype, again.shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(again, array)


@FEW
@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=20))
def test_a_log_of_exact_numbers(values):
    log = ModuleFolder(folder())
    rows = [{"round": number, "nmi": value} for number, value in enumerate(values)]
    log.write_log("rounds", rows, ["round", "nmi"], exact=True)
    assert log.read_log("rounds") == rows
    np.testing.assert_array_equal(np.loadtxt(log.path / "rounds.txt", ndmin=2)[:, 1], values)


@FEW
@given(JSON)
def test_json(value):
    path = folder() / "a.json"
    write_json(path, value)
    assert read_json(path) == value
    assert json.loads(path.read_text()) == value


LOSS = st.floats(allow_nan=False)
ROW = st.builds(
    lambda more, always: more | always,
    st.dictionaries(NAMES, LOSS, max_size=3),
    st.fixed_dictionaries({"iteration": st.integers(0, 10**9), "loss": LOSS}),
)
STOPPING = {"best": LOSS, "wait": st.integers(0, 9), "best_epoch": st.integers(0, 9)}


@FEW
@given(
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.booleans(),
    st.lists(ROW, max_size=5),
    st.lists(FLOATS, max_size=3),
    st.none() | st.fixed_dictionaries(STOPPING),
)
def test_a_training_state(iteration, steps, stopped, rows, weights, stopping):
    early = None if stopping is None else {**stopping, "best_weights": weights or None}
    state = TrainingState(iteration, stopped, rows, weights, early, steps, 7, weights[:1], True)
    path = folder() / "model.ckpt.npz"
    write_state(path, state)
    again = read_state(path)
    for name in ("iteration", "stopped", "rows", "steps", "log_every", "retried"):
        assert getattr(again, name) == getattr(state, name)
    for ours, theirs in ((state.weights, again.weights), (state.trackers, again.trackers)):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)
    assert (again.early_stopping is None) == (early is None)


@FEW
@given(
    hnp.arrays(np.float64, (7, 3), elements=st.floats(-1e6, 1e6)),
    st.sampled_from(["none", "minmax", "standard", 255.0]),
)
def test_scaling(x, scale):
    scaling = Scaling.from_json(json.loads(json.dumps(learn_scaling(scale, x).to_json())))
    again = scaling.invert(scaling.apply(x))
    tolerance = 1e-5 * max(1.0, float(np.abs(x).max()))
    assert np.all(np.abs(again - x) <= tolerance) and not math.isnan(float(again.sum()))
