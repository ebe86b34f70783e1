"""Means in the model's units as numbers of the type that came: every type, tables of text, and forged forms."""

import json

import numpy as np
import polars as pl
import pytest
from PIL import Image

from kvae.config import compose
from kvae.data import InputSpec, Part, Scaling, load_data
from kvae.data.original import AsCame
from kvae.data.original.arrays import as_arrays
from kvae.data.sources import at_path
from kvae.uses.compression.form import Restorer
from kvae.uses.compression.lossy_form import LossyForm
from kvae.uses.compression.style import Style, as_type

INTEGERS = ("i1", "u1", "<i2", ">i2", "<u4", "<i8", "<u8")
FLOATS = ("<f2", ">f4", "<f4", "<f8")


def again(form):
    """A form by way of plain JSON, as a header has it."""
    return LossyForm.from_json(json.loads(json.dumps(form.to_json())))


def of_array(raw, scaling=None, binarize="none"):
    scaling = scaling or Scaling()
    part = Part(scaling.apply(raw), came=AsCame(lambda: as_arrays(raw), range(len(raw))))
    spec = InputSpec(raw.shape[1:], scaling, binarize)
    return LossyForm.of(part, spec), part, spec


def table(tmp_path, text, **keys):
    path = tmp_path / "mine.csv"
    path.write_text(text)
    data = load_data(at_path(path, keys), 0, as_came=True)
    return LossyForm.of(data.train, data.spec), data.train, data.spec


def back(tmp_path, form, part, spec, at_once=2, change=lambda x: x):
    """The file that the rows come back as, where the means are the rows themselves."""
    pieces = list(form.pieces(part, spec, at_once))
    with Restorer(again(form), tmp_path / "x_decompress", len(part)) as restorer:
        for x, beside in pieces:
            restorer.add(change(x), beside)
        return restorer.finish()


@pytest.mark.parametrize("dtype", [*INTEGERS, *FLOATS, "b1"])
def test_numbers_come_back_in_their_type(tmp_path, dtype):
    raw = np.random.default_rng(0).integers(0, 2 if dtype == "b1" else 120, (9, 3, 4)).astype(dtype)
    form, part, spec = of_array(raw)
    found = np.load(back(tmp_path, form, part, spec, change=lambda x: x + np.float32(0.3)))
    assert found.dtype == raw.dtype and found.shape == raw.shape
    wanted = raw if raw.dtype.kind != "f" else (raw.astype("f4") + np.float32(0.3)).astype(dtype)
    assert np.array_equal(found, wanted)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_are_rounded_and_kept_within_their_type(dtype):
    ends = np.iinfo(dtype)
    found = as_type(np.array([0.5, 1.5, 2.4, -1e300, 1e300]), np.dtype(dtype))
    assert found[:3].tolist() == [0, 2, 2] and found.dtype == np.dtype(dtype)
    assert found[3] == ends.min and ends.max * (1 - 1e-15) <= int(found[4]) <= ends.max


def test_floats_that_are_too_large_are_the_largest():
    assert as_type(np.array([-1e300, 1e5]), np.dtype("f2")).tolist() == [-65504.0, 65504.0]


def test_bytes_come_back_from_the_models_unit(tmp_path):
    raw = np.random.default_rng(0).integers(0, 256, (20, 4, 4, 1), dtype=np.uint8)
    form, part, spec = of_array(raw, Scaling("minmax", 0.0, 255.0))
    assert np.array_equal(np.load(back(tmp_path, form, part, spec)), raw)
    assert np.array_equal(form.restored(part.x), raw)
    assert form.raw_bytes == raw.nbytes
    found = np.load(back(tmp_path, form, part, spec, change=lambda x: x + 0.4 / 255))
    assert np.array_equal(found, raw)


def test_columns_have_their_own_scale(tmp_path):
    raw = np.random.default_rng(0).normal(size=(20, 3)) * [1.0, 1e6, 1e-6]
    scaling = Scaling("standard", raw.mean(axis=0), raw.std(axis=0))
    form, part, spec = of_array(raw, scaling)
    found = np.load(back(tmp_path, form, part, spec))
    assert found.dtype == np.float64
    assert np.abs((found - raw) / raw.std(axis=0)).max() < 1e-6
    (given,) = form.originals(part, spec, 100)
    assert np.array_equal(given, raw)


def test_of_binary_observations_the_probability_comes_back_in_the_datas_units(tmp_path):
    raw = np.random.default_rng(0).integers(0, 256, (10, 5), dtype=np.uint8)
    form, part, spec = of_array(raw, Scaling("minmax", 0.0, 255.0), "threshold")
    part = Part((part.x > 0.5).astype(np.float32), came=part.came)
    found = np.load(back(tmp_path, form, part, spec, change=lambda x: 0.8 * x + 0.1))
    assert np.array_equal(np.unique(found), [26, 230]) and found.dtype == np.uint8
    (given,) = form.originals(part, spec, 100)
    assert np.array_equal(given, 255 * part.x)
    assert "probability of a 1" in form.words[1]


def test_fields_of_text_have_the_decimals_of_their_column(tmp_path):
    text = "name,age,height,score,member\nann,31,1.75,1e-3,true\nbob,4,0.9,250,false\ncy,-5,12.5,3,true\n"
    form, part, spec = table(tmp_path, text, label_column="name")
    assert back(tmp_path, form, part, spec).read_text() == (
        "name,age,height,score,member\nann,31,1.75,0.001,true\nbob,4,0.90,250,false\ncy,-5,12.50,3,true\n"
    )
    close = back(tmp_path, form, part, spec, change=lambda x: x - np.float32(0.3)).read_text().splitlines()
    assert close[1] == "ann,31,1.45,-0.299,true"
    assert np.allclose(form.restored(part.x), part.x)


def test_decimal_commas_stay(tmp_path):
    text = "a;b\n1,5;2\n-0,25;30\n1,0;7\n"
    form, part, spec = table(tmp_path, text)
    assert back(tmp_path, form, part, spec).read_text() == "a;b\n1,50;2\n-0,25;30\n1,00;7\n"
    assert np.allclose(form.restored(part.x), [[1.5, 2], [-0.25, 30], [1.0, 7]])


def test_what_parts_and_quotes_fields_stays(tmp_path):
    """Columns between spaces, and commas in quotes between commas."""
    form, part, spec = table(tmp_path, "1 2.5   30\n4  5 6.25\n 7 8 9\n")
    assert back(tmp_path, form, part, spec).read_text() == "1 2.5 30.00\n4 5.0 6.25\n7 8.0 9.00\n"
    form, part, spec = table(tmp_path, 'a,b\n"1,5",2\n"-0,25",30\n7,7\n')
    assert back(tmp_path, form, part, spec).read_text() == 'a,b\n"1,50",2\n"-0,25",30\n"7,00",7\n'
    assert np.allclose(form.restored(part.x), [[1.5, 2], [-0.25, 30], [7, 7]])


def test_no_zero_has_a_sign():
    assert Style(None, 1)(np.array([-0.01, -0.06, 0.0])).tolist() == ["0.0", "-0.1", "0.0"]


def test_a_style_learns_from_all_rows():
    one, other = (Style.of(np.array(texts, object), np.zeros(1)) for texts in (["1"], ["2.25"]))
    assert one.joined(other) == other.joined(one) == Style(None, 2)
    assert one.joined(Style.of(np.array(["1e5"], object), np.zeros(1))).decimals is None
    words = Style.of(np.array(["True", "False"], object), np.zeros(2))
    assert words(np.array([0.4, 0.6])).tolist() == ["False", "True"]
    assert words.joined(words) == words and words.joined(one).decimals is None


def test_typed_tables_come_back_as_tables(tmp_path):
    frame = pl.DataFrame(
        {"n": [1, 2, 3], "f": [0.5, 1.5, 2.5], "b": [True, False, True], "who": ["x", "y", "z"]},
        schema={"n": pl.Int16, "f": pl.Float32, "b": pl.Boolean, "who": pl.String},
    )
    frame.write_parquet(tmp_path / "mine.parquet")
    data = load_data(at_path(tmp_path / "mine.parquet", {"columns": ["n", "f", "b"]}), 0, as_came=True)
    form = LossyForm.of(data.train, data.spec)
    found = pl.read_parquet(back(tmp_path, form, data.train, data.spec, change=lambda x: x + np.float32(0.25)))
    assert found.schema == frame.schema
    assert found.to_dict(as_series=False) == {
        "n": [1, 2, 3], "f": [0.75, 1.75, 2.75], "b": [True, False, True], "who": ["x", "y", "z"],
    }  # fmt: skip


@pytest.mark.parametrize(("source", "highest"), [("digits", 16), ("mnist", 255)])
@pytest.mark.parametrize("scale", ["none", "minmax"])
def test_bundled_images_come_back_in_the_units_of_their_files(tmp_path, source, highest, scale):
    """Sources give observations in [0, 1] of what lies in files as whole numbers."""
    keys = []
    if source == "mnist":
        images = np.random.default_rng(0).integers(0, 256, (6, 28, 28), dtype=np.uint8)
        images[0, 0, :2] = 0, 255
        labels = np.arange(6)
        np.savez(tmp_path / "mnist.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
        keys = [f"data.path={tmp_path / 'mnist.npz'}"]
    data = load_data(compose(f"data={source}", f"data.scale={scale}", *keys).data, 0, as_came=True)
    form = LossyForm.of(data.test, data.spec)
    (original,) = form.originals(data.test, data.spec, 10_000)
    assert original.max() == highest and form.unit == highest
    assert np.allclose(form.restored(data.test.x), original, atol=1e-4)


def test_folders_of_images_come_back_as_bytes(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 8), dtype=np.uint8)
    for i, image in enumerate(pixels):
        Image.fromarray(image).save(tmp_path / f"{i}.png")
    keys = [f"data.path={tmp_path}", "data.height=8", "data.width=8", "data.channels=1", "data.test_fraction=0"]
    data = load_data(compose("data=images", *keys).data, 0, as_came=True)
    form = LossyForm.of(data.train, data.spec)
    assert np.array_equal(form.restored(data.train.x)[..., 0], pixels)


@pytest.mark.parametrize(
    "change",
    [
        {"styles": [{"type": "<c8"}]},
        {"styles": [{"type": "O"}]},
        {"styles": [{"decimals": 99, "sign": "."}]},
        {"styles": [{"decimals": 2, "sign": "x"}]},
        {"styles": [{"words": ["a"]}]},
        {"styles": "x"},
        {"scaling": {}},
        {"scaling": {"kind": "minmax", "offset": 0, "divisor": 0}},
    ],
)
def test_forged_forms_are_refused(change):
    form, _, _ = of_array(np.zeros((2, 3), np.uint8))
    with pytest.raises(ValueError, match=r"its form|its scaling"):
        LossyForm.from_json(form.to_json() | change)


def test_a_source_that_does_not_say_its_unit_is_refused():
    raw = np.arange(24, dtype=np.uint8).reshape(4, 6)
    part = Part(np.float32(raw / 255), came=AsCame(lambda: as_arrays(raw), range(4)))
    with pytest.raises(ValueError, match=r"AsCame.unit. Received: 1, and 0.00392157 converted from the model"):
        LossyForm.of(part, InputSpec((6,), Scaling(), "none"))


def test_another_number_of_columns_is_refused(tmp_path):
    form, part, _ = table(tmp_path, "a,b\n1,2\n3,4\n")
    with pytest.raises(ValueError, match="its form has 2 columns, and its rows 3"):
        form.values_of(np.zeros((2, 3)), [])
    with pytest.raises(ValueError, match="rows lack their original form"):
        LossyForm.of(Part(part.x), InputSpec((2,), Scaling(), "none"))
