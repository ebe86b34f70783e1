"""One of several kinds of data of the same objects: pairs, masks, turned and cut images."""

import importlib
import re

import numpy as np
import pytest

from kvae.data import load_data
from kvae.data.modality import Modality, rotated
from kvae.data.sources.file import Options
from kvae.errors import InputError

KEY = "network.modules.images."
IMAGES = np.random.default_rng(0).integers(0, 256, (10, 4, 6), dtype=np.uint8)
LABELS = np.arange(10) % 3


@pytest.fixture
def npz(tmp_path):
    arrays = {
        "images": IMAGES,
        "labels": LABELS,
        "has": np.arange(10) % 4 != 1,
        "which": np.array([3, 3, -1, 0, 9, 1, 2, 4, 5, 6, 7, 8]),
        "halves": np.arange(10) / 2,
        "twos": np.full(10, 2),
        "none": np.zeros(10, int),
    }
    np.savez(tmp_path / "pairs.npz", **arrays)
    return tmp_path / "pairs.npz"


def load(npz, spec=None, keys=None, **modality):
    options = {
        "path": str(npz),
        "key": "images",
        "label_column": "labels",
        "scale": "minmax",
        "test_fraction": 0.2,
    } | (keys or {})
    return load_data(Options(**options), 0, spec, modality=Modality(KEY, **modality))


def test_a_mask_says_which_rows_have_it(npz):
    data = load(npz, mask="has", keys={"scale": "standard"})
    has = np.arange(10) % 4 != 1
    x = np.concatenate([data.train.x, data.test.x])
    assert np.isnan(x[~has]).all() and np.isfinite(x[has]).all() and x.dtype == np.float32
    # The scale is learnt from the learning rows that are there, and from no stand-in.
    there = IMAGES[:8][has[:8]].astype(float)
    np.testing.assert_allclose(data.spec.scaling.offset, there.mean())
    np.testing.assert_allclose(x[has][..., 0], (IMAGES[has] - there.mean()) / there.std(), rtol=1e-5)
    np.testing.assert_array_equal(data.held_out, np.arange(10) >= 8)
    np.testing.assert_array_equal(np.isnan(data.everything.x).all(axis=(1, 2, 3)), ~has)
    again = load(npz, data.spec, mask="has", keys={"scale": "standard"})
    np.testing.assert_array_equal(again.train.x, data.train.x)


def test_an_index_pairs_rows_and_a_mask_is_of_the_networks_rows(npz, tmp_path):
    data = load(npz, index="which", keys={"test_fraction": 0.0, "scale": "none"})
    rows = np.load(npz)["which"]
    np.testing.assert_array_equal(data.train.x[rows >= 0][..., 0], IMAGES[rows[rows >= 0]])
    assert np.isnan(data.train.x[2]).all()
    assert data.train.labels.tolist() == ["0", "0", "", "0", "0", "1", "2", "1", "2", "0", "1", "2"]
    np.savetxt(tmp_path / "mask.txt", np.arange(12) != 5)
    data = load(npz, index="which", mask=str(tmp_path / "mask.txt"), keys={"test_fraction": 0.0})
    assert np.isnan(data.train.x).all(axis=(1, 2, 3)).nonzero()[0].tolist() == [2, 5]


@pytest.mark.parametrize("binarize", ["threshold", "dynamic"])
def test_binary_rows_that_are_missing_stay_missing(npz, binarize):
    data = load(npz, mask="has", keys={"binarize": binarize})
    x = data.drawn_train(0).x
    missing = np.isnan(x).all(axis=(1, 2, 3))
    np.testing.assert_array_equal(missing, np.arange(8) % 4 == 1)
    assert set(np.unique(x[~missing])) == {0.0, 1.0}
    np.testing.assert_array_equal(np.isnan(data.test.x).all(axis=(1, 2, 3)), [False, True])


def test_images_are_cut_and_turned(npz):
    whole = {"scale": "none", "test_fraction": 0.0}
    data = load(npz, crop=[1, 2, 3, 4], keys=whole)
    np.testing.assert_array_equal(data.train.x[..., 0], IMAGES[:, 1:4, 2:6])
    assert data.spec.shape == (3, 4, 1)
    square = np.arange(9.0).reshape(1, 3, 3)
    assert rotated(square, 90)[0].tolist() == [[2, 5, 8], [1, 4, 7], [0, 3, 6]]  # counter-clockwise
    assert (
        rotated(square, -90)[0].tolist() == rotated(square, 270)[0].tolist() == [[6, 3, 0], [7, 4, 1], [8, 5, 2]]
    )
    # A spot to the right of the centre goes up, and above it.
    image = np.zeros((1, 41, 41, 1))
    image[0, 20, 30] = 1
    for degrees, (row, column) in {30: (15, 28.66), 45: (12.93, 27.07), 90: (10, 20), 180: (20, 10)}.items():
        turned = rotated(image, degrees)[0, :, :, 0]
        rows, columns = np.indices(turned.shape)
        centre = (rows * turned).sum() / turned.sum(), (columns * turned).sum() / turned.sum()
        np.testing.assert_allclose(centre, (row, column), atol=0.3)
    turned = load(npz, rotate=30, keys=whole)
    assert turned.spec.shape == (4, 6, 1) and 0 <= turned.train.x.min() < turned.train.x.max() <= 255


def test_rows_of_numbers_have_the_shape_that_is_said(tmp_path):
    np.save(tmp_path / "x.npy", IMAGES.reshape(10, 24))
    keys = {"key": None, "label_column": None, "scale": "none", "shape": [4, 6], "test_fraction": 0.0}
    data = load(tmp_path / "x.npy", crop=[0, 0, 2, 6], keys=keys)
    np.testing.assert_array_equal(data.train.x[..., 0], IMAGES[:, :2])
    with pytest.raises(
        InputError, match=r"images.crop is for images.* observations of shape \[24\]. .* set \S*images.shape"
    ):
        load(tmp_path / "x.npy", crop=[0, 0, 2, 6], keys=keys | {"shape": None})


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"mask": "hs"}, "images.mask must name an array .*which holds images, labels, has, .* Received: hs"),
        ({"mask": "which"}, "images.mask=which must have a number for each of the 10 rows. Received: 12"),
        (
            {"mask": "halves"},
            r"mask=halves must hold one whole number per row, shape \(n,\). Received: shape \(10,\), f",
        ),
        ({"mask": "twos"}, "mask=twos must hold 1 where a row has .* Received: 2 in row 0"),
        ({"mask": "none"}, "network.modules.images.mask: no row has this kind of data"),
        ({"mask": "images"}, r"Received: shape \(10, 4, 6\), uint8"),
        ({"index": "labls"}, "images.index must name an array"),
        (
            {"crop": [2, 0, 3, 6]},
            r"images.crop must lie within images of 4 x 6 pixels, .* Received: \[2, 0, 3, 6\]",
        ),
    ],
)
def test_mistakes_are_said_with_the_key(npz, keys, text):
    with pytest.raises(InputError, match=text) as caught:
        load(npz, **keys)
    assert re.match(r"network\.modules\.images\.", str(caught.value))


def test_an_index_beyond_the_rows_is_refused(npz):
    arrays = dict(np.load(npz)) | {"far": np.array([0, 10, 2])}
    np.savez(npz, **arrays)
    with pytest.raises(InputError, match=r"index=far must hold numbers of the 10 rows, .* Received: 10 in row 1"):
        load(npz, index="far")


def test_a_table_of_any_columns_lacks_cells_and_no_rows(tmp_path):
    (tmp_path / "x.csv").write_text("name,size\n" + "ann,1.5\nbob,2.5\n" * 10)
    (tmp_path / "has.txt").write_text("1\n" * 20)
    options = importlib.import_module("kvae.data.sources.table").Options(path=str(tmp_path / "x.csv"))
    with pytest.raises(
        InputError, match=r"images.mask is for arrays: .* learnt as they are. Received: mask=\S+has.txt"
    ):
        load_data(options, 0, modality=Modality(KEY, mask=str(tmp_path / "has.txt")))
