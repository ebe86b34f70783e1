"""From the data as it came to levels and back: every type to the bit, what is refused, what the header holds."""

import json

import numpy as np
import pytest
from forms import levels_of, part_of, restored, saved

from kvae.data import InputSpec, Part, Scaling, load_data
from kvae.data.original.arrays import as_arrays
from kvae.data.sources import digits, file, images, mnist
from kvae.errors import InputError
from kvae.uses.compression.form import Form, Restorer

TYPES = ("b1", "i1", "u1", "<i2", ">i2", "<u2", ">u2", "<i4", ">i4", "<u4", "<i8", ">i8", "<u8", ">u8")
FLOATS = ("<f2", ">f2", "<f4", ">f4", "<f8", ">f8")


@pytest.mark.parametrize("dtype", [*TYPES, *FLOATS])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_type_comes_back_as_numpy_saves_it(tmp_path, dtype, order):
    rng = np.random.default_rng(0)
    raw = np.asarray(rng.integers(0, 2 if dtype == "b1" else 100, (20, 3, 4)).astype(dtype), order=order)
    path, form, n_beside = restored(part_of(raw), tmp_path)
    assert path.read_bytes() == saved(raw, tmp_path)
    assert n_beside == 0 and form.raw_bytes == raw.nbytes
    assert len(json.dumps(form.to_json())) < 160, "a rule takes the place of a list"


@pytest.mark.parametrize("shape", [(0, 3), (1, 3), (5, 1), (4, 2, 2, 1)])
def test_few_rows_and_constants_come_back(tmp_path, shape):
    raw = np.full(shape, 7, np.uint8)
    assert restored(part_of(raw), tmp_path)[0].read_bytes() == saved(raw, tmp_path)


@pytest.mark.parametrize("dtype", ["<f4", ">f8"])
def test_zeros_of_both_signs_and_rounded_numbers_come_back_from_beside(tmp_path, dtype):
    raw = np.random.default_rng(0).integers(0, 5, (50, 6)).astype(dtype)
    raw[3, 2], raw[7, 0] = -0.0, np.nextafter(np.array(3, dtype), np.array(9, dtype))
    path, form, n_beside = restored(part_of(raw), tmp_path)
    back = np.load(path)
    assert back.tobytes() == raw.tobytes() and np.signbit(back[3, 2])
    assert form.kept_apart == 2 and 0 < n_beside < 100
    assert form.words[0].startswith(
        "2 values are stored separately, because another value has the same level: such as"
    )


def test_pixels_as_shares_of_255_take_a_few_bytes(tmp_path):
    for raw in (np.arange(256, dtype=np.uint8) / 255, np.arange(256, dtype=np.float32) / 255):
        raw = raw.reshape(1, 16, 16)
        path, form, _ = restored(part_of(raw), tmp_path, levels_of(256, step=1 / 255))
        assert path.read_bytes() == saved(raw, tmp_path)
        assert len(json.dumps(form.to_json())) < 160


def test_each_column_has_its_own_map_where_each_has_its_own_scaling(tmp_path):
    raw = np.stack([np.arange(11) * 7, np.arange(11)[::-1] * 100 + 5], axis=1).astype(np.int16)
    scaling = Scaling("minmax", np.array([0.0, 5.0]), np.array([70.0, 1000.0]))
    x = scaling.apply(raw)
    path, form, n_beside = restored(part_of(raw, x), tmp_path, levels_of(11, step=0.1), scaling)
    assert path.read_bytes() == saved(raw, tmp_path) and n_beside == 0
    assert [one["step"] for one in form.to_json()["maps"]] == [7, 100]


def test_rows_that_scaling_clips_come_back(tmp_path):
    raw = np.array([[0], [10], [13]], np.int8)
    scaling = Scaling("minmax", 0.0, 10.0)
    path, form, _ = restored(part_of(raw, scaling.apply(raw)), tmp_path, levels_of(11, step=0.1), scaling)
    np.testing.assert_array_equal(np.load(path), raw)
    assert form.kept_apart == 1


def test_binary_observations_are_what_the_model_sees(tmp_path):
    data = load_data(digits.Options(binarize="dynamic", test_fraction=0.2), 3, as_came=True)
    path, form, _ = restored(data.test, tmp_path, levels_of(2), binarize="dynamic")
    back = np.load(path)
    assert (back.dtype, back.shape) == (np.uint8, (360, 8, 8))
    np.testing.assert_array_equal(back[..., None], data.test.x)
    assert "data.binarize=dynamic" in form.words[0] and "bytes 0 and 1" in form.words[0]


@pytest.mark.parametrize("split", ["last", "spread"])
def test_digits_come_back_as_scikit_learn_gives_them(tmp_path, split):
    from sklearn.datasets import load_digits

    data = load_data(digits.Options(test_fraction=0.2, split=split), 0, as_came=True)
    path, form, _ = restored(data.test, tmp_path, levels_of(17, step=1 / 16))
    images = load_digits().images
    assert np.load(path).tobytes() == images[data.held_out].tobytes()
    whole = restored(data.everything, tmp_path, levels_of(17, step=1 / 16))[0]
    assert np.load(whole).tobytes() == images.tobytes()
    assert len(json.dumps(form.to_json())) < 130


@pytest.mark.parametrize("limit", [None, 4])
def test_held_out_images_of_a_source_are_its_own(tmp_path, limit):
    rng = np.random.default_rng(0)
    arrays = {"x_train": rng.integers(0, 256, (9, 28, 28)).astype(np.uint8), "y_train": np.arange(9)}
    arrays |= {"x_test": rng.integers(0, 256, (5, 28, 28)).astype(np.uint8), "y_test": np.arange(5)}
    np.savez(tmp_path / "m.npz", **arrays)
    data = load_data(mnist.Options(path=str(tmp_path / "m.npz"), limit=limit), 0, as_came=True)
    for part, names in (
        (data.train, ["x_train"]),
        (data.test, ["x_test"]),
        (data.everything, ["x_train", "x_test"]),
    ):
        path = restored(part, tmp_path, levels_of(256, step=1 / 255), at_once=3)[0]
        expected = np.concatenate([arrays[name][:limit] for name in names])
        assert path.read_bytes() == saved(expected, tmp_path)


@pytest.mark.parametrize("memory", [4.0, 0.0])
def test_images_come_back_as_pixels_with_their_names_beside(tmp_path, memory):
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (6, 4, 5), dtype=np.uint8)
    for i, image in enumerate(pixels):
        (tmp_path / "in" / f"c{i % 2}").mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(tmp_path / "in" / f"c{i % 2}" / f"\N{SNOWMAN} {i}.png")
    options = images.Options(path=str(tmp_path / "in"), height=4, width=5, memory=memory, test_fraction=0.4)
    part = load_data(options, 0, as_came=True).test
    path, form, n_beside = restored(part, tmp_path, levels_of(256, step=1 / 255), at_once=2)
    np.testing.assert_array_equal(np.load(path), pixels[[1, 3, 5], ..., None])
    names = (tmp_path / "x_decompress_names.txt").read_text(encoding="utf-8")
    assert names.splitlines() == part.ids.tolist() == [f"c1/\N{SNOWMAN} {i}.png" for i in (1, 3, 5)]
    assert n_beside and "files are not restored" in form.words[0]


def test_columns_that_are_not_learnt_come_back_from_beside(tmp_path):
    rng = np.random.default_rng(0)
    table = np.where(np.arange(5) < 3, rng.integers(0, 9, (40, 5)), rng.normal(size=(40, 5)))
    np.save(tmp_path / "x.npy", table)
    config = file.Options(path=str(tmp_path / "x.npy"), columns=[2, 0], label_column=1, id_column=3)
    part = load_data(config, 0, as_came=True).train
    path, form, n_beside = restored(part, tmp_path)
    assert path.read_bytes() == (tmp_path / "x.npy").read_bytes()
    assert n_beside > 40 * 8 and form.head["features"] == [2, 0]


@pytest.mark.parametrize("name", ["x.npy", "part*.npy"])
def test_rows_in_files_are_streamed_both_ways(tmp_path, name):
    raw = np.random.default_rng(0).integers(0, 256, (30, 4)).astype(np.uint8)
    np.save(tmp_path / "x.npy", raw)
    for i, rows in enumerate(np.split(raw, [7, 19])):
        np.save(tmp_path / f"part{i}.npy", rows)
    config = file.Options(path=str(tmp_path / name), memory=0.0, test_fraction=0.5, limit=28)
    data = load_data(config, 0, as_came=True)
    assert not isinstance(data.test.x, np.ndarray)
    for part, expected in ((data.test, raw[14:28]), (data.everything, raw[:28])):
        assert restored(part, tmp_path, at_once=6)[0].read_bytes() == saved(expected, tmp_path)


def test_rows_are_not_kept_as_they_came_unless_they_are_asked_for(tmp_path):
    data = load_data(digits.Options(test_fraction=0.2), 0)
    assert data.train.came is None and data.test.came is None and data.everything.came is None
    with pytest.raises(ValueError, match="as_came=True"):
        Form.of(data.test, data.spec, levels_of(17, step=1 / 16))


def test_values_that_a_likelihood_does_not_have_are_refused():
    x = np.zeros((100, 2, 2, 1), np.float32)
    x[70, 1, 0, 0] = 0.25
    spec = InputSpec((2, 2, 1), Scaling(), "none")
    likelihood = levels_of(2)
    with pytest.raises(InputError, match=r"\(0, 1, in the .*0\.25 in row 70, at \(1, 0, 0\)\. Learn with data\.b"):
        Form.of(part_of(x), spec, likelihood)


def test_numbers_of_no_common_type_are_refused():
    for dtype in ("c8", "g", "U3"):
        with pytest.raises(InputError, match=f"up to 64 bits. Received: an array of type {np.dtype(dtype)}"):
            as_arrays(np.zeros((3, 2), dtype))
    with pytest.raises(InputError, match="float32 of the learning rows, float64 of the held-out rows"):
        as_arrays(np.zeros((3, 2), "f4"), np.zeros((3, 2)))


def test_data_that_changes_between_the_passes_is_refused():
    raw = np.zeros((4, 2), np.uint8)
    spec, part = InputSpec((2,), Scaling(), "none"), part_of(raw)
    form = Form.of(part, spec, levels_of(9))
    changed = Part(np.full((4, 2), 3, np.float32), came=part.came)
    with pytest.raises(InputError, match="changed while it was read: level 3"):
        list(form.pieces(changed, spec, 2))


def test_nothing_is_left_behind_without_finish(tmp_path):
    raw = np.arange(8, dtype=np.uint8).reshape(4, 2)
    spec, part = InputSpec((2,), Scaling(), "none"), part_of(raw)
    form = Form.of(part, spec, levels_of(9))
    (piece,) = form.pieces(part, spec, 4)
    with Restorer(form, tmp_path / "x_decompress", 4) as restorer:
        restorer.add(*piece)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="more than its 4 rows"), Restorer(form, tmp_path / "x", 4) as restorer:
        restorer.add(*piece)
        restorer.add(*piece)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("order", ["C", "F"])
def test_rows_that_are_lost_are_left_out(tmp_path, order):
    raw = np.asarray(np.arange(24, dtype=np.int32).reshape(12, 2), order=order)
    spec, part = InputSpec((2,), Scaling(), "none"), part_of(raw)
    form = Form.of(part, spec, levels_of(30))
    with Restorer(form, tmp_path / "x_decompress", 12) as restorer:
        for place, piece in enumerate(form.pieces(part, spec, 5)):
            if place != 1:
                restorer.add(*piece)
        path = restorer.finish()
    assert path.read_bytes() == saved(np.asarray(raw[[0, 1, 2, 3, 4, 10, 11]], order=order), tmp_path)


def test_the_same_in_memory():
    raw = np.asfortranarray(np.arange(24, dtype=">u2").reshape(12, 2))
    spec, part = InputSpec((2,), Scaling(), "none"), part_of(raw)
    form = Form.of(part, spec, levels_of(30))
    back = Form.from_json(form.to_json()).result(form.pieces(part, spec, 5))
    assert back.dtype == raw.dtype and back.flags.f_contiguous and back.tobytes() == raw.tobytes()


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "pickle"},
        {"head": {"type": "|O", "shape": [2]}},
        {"head": {"type": "|u1", "shape": [-2]}},
        {"head": {"type": "|u1", "shape": [2], "features": [5]}},
        {"head": {"shape": [2]}},
        {"maps": 3},
        {"maps": []},
        {"head": {"type": "|u1", "shape": [2**20, 2**20], "fortran": True}},
        {"maps": [{"type": "|u1", "levels": [0, 2], "values": [1]}]},
        {"maps": [{"type": "|u1", "levels": [0], "values": [1]}]},
        {"maps": [{"type": "|u1", "first": 0.5}]},
        {"maps": [{"type": "|u1", "first": 250, "step": 10**30}]},
        {"maps": [{"type": "<f8", "first": 10**400, "step": 1, "over": 1}]},
    ],
)
def test_a_forged_form_is_refused_and_leaves_nothing(tmp_path, change):
    part = part_of(np.arange(8, dtype=np.uint8).reshape(4, 2))
    spec = InputSpec((2,), Scaling(), "none")
    form = Form.of(part, spec, levels_of(9))
    (piece,) = form.pieces(part, spec, 4)
    forged = json.loads(json.dumps(form.to_json() | change))
    with (
        pytest.raises(ValueError, match=r"form|level|rows"),
        Restorer(Form.from_json(forged), tmp_path / "x", 4) as restorer,
    ):
        restorer.add(*piece)
    assert list(tmp_path.iterdir()) == []
