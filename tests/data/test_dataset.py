import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from kvae.data import InputSpec, Scaling, load_data
from kvae.data.checks import check_support
from kvae.data.dataset import held_out_rows
from kvae.data.sources import at_path, digits, file, mnist
from kvae.data.stored import StoredRows
from kvae.errors import InputError
from kvae.layers import Bernoulli


def file_config(tmp_path, array, **options):
    np.save(tmp_path / "x.npy", array)
    return file.Options(path=str(tmp_path / "x.npy"), **options)


def test_digits_hold_the_last_fifth_out():
    data = load_data(digits.Options(test_fraction=0.2), seed=0)
    assert data.train.x.shape == (1437, 8, 8, 1)
    assert data.test.x.shape == (360, 8, 8, 1)
    from sklearn.datasets import load_digits

    np.testing.assert_array_equal(data.test.labels, load_digits().target[1437:])
    np.testing.assert_array_equal(data.everything.x[..., 0] * 16, load_digits().images)


@pytest.mark.parametrize("n", [2, 5, 10, 97])
@pytest.mark.parametrize("how", ["last", "spread"])
def test_held_out_rows_are_as_many_as_asked(n, how):
    for n_test in range(1, n):
        held_out = held_out_rows(n, n_test, how)
        assert held_out.sum() == n_test
    if how == "spread":
        assert np.ptp(np.diff(np.flatnonzero(held_out_rows(100, 20, how)))) == 0


def test_split_and_limit(tmp_path):
    x = np.arange(40.0).reshape(20, 2)
    last = load_data(file_config(tmp_path, x, test_fraction=0.2, limit=10), seed=0)
    np.testing.assert_array_equal(last.train.x, x[:8])
    np.testing.assert_array_equal(last.test.x, x[8:10])
    spread = load_data(file_config(tmp_path, x, test_fraction=0.2, split="spread"), seed=0)
    np.testing.assert_array_equal(spread.test.x, x[[4, 9, 14, 19]])
    for data in (last, spread):
        np.testing.assert_array_equal(data.everything.x, x[: len(data.everything)])
    assert load_data(file_config(tmp_path, x, test_fraction=0.0), seed=0).test is None


def test_one_row_can_be_recognised_though_not_learnt(tmp_path):
    spec = InputSpec((3,), Scaling(), "none")
    data = load_data(file_config(tmp_path, np.ones((1, 3)), test_fraction=0.2), 0, spec)
    assert data.test is None
    np.testing.assert_array_equal(data.everything.x, [[1, 1, 1]])


def test_labels_stay_with_their_rows(tmp_path):
    x = np.column_stack([np.arange(11.0), np.arange(11.0) * 2])
    config = file_config(tmp_path, x, test_fraction=0.3, split="spread", label_column=0)
    data = load_data(config, seed=0)
    for part in (data.train, data.test, data.everything):
        np.testing.assert_array_equal(part.x[:, 0], part.labels * 2)
    np.testing.assert_array_equal(data.everything.labels, np.arange(11.0))


def test_the_scaling_is_learnt_on_the_learning_rows_alone(tmp_path):
    x = np.array([[0.0], [1.0], [2.0], [4.0], [100.0]])
    data = load_data(file_config(tmp_path, x, test_fraction=0.2, scale="minmax"), seed=0)
    np.testing.assert_allclose(data.train.x[:, 0], [0, 0.25, 0.5, 1])
    np.testing.assert_array_equal(data.test.x[:, 0], [1.0])


def test_a_spec_of_a_learnt_run_is_applied_and_checked(tmp_path):
    spec = InputSpec((2,), Scaling("divisor", 0.0, 4.0), "threshold")
    config = file_config(tmp_path, np.array([[1.0, 3.0]]), scale="standard")
    np.testing.assert_array_equal(load_data(config, 0, spec).train.x, [[0.0, 1.0]])
    assert InputSpec.from_json(spec.to_json()).to_json() == spec.to_json()
    with pytest.raises(InputError, match=r"of shape \(3,\), as the learnt run had. Received: \(2,\)"):
        load_data(config, 0, InputSpec((3,), Scaling(), "none"))


@pytest.mark.parametrize(
    ("keys", "expected", "advice"),
    [
        ({}, (3,), "Choose the columns with data.columns, or another run"),
        ({}, (3, 4, 1), "Type data.shape=[3,4], or choose another run"),
        ({}, (2, 2, 3), "Type data.shape=[2,2,3], or choose another run"),
        ({"shape": [3, 4]}, (12,), "Type data.shape=[12], or choose another run"),
        ({"shape": [3, 4]}, (4, 3, 1), "Received: (3, 4, 1). Choose another run"),
        ({"name": "images"}, (8, 9, 3), "Type data.height=8 data.width=9 data.channels=3, or choose another run"),
        ({"name": "images"}, (784,), "Received: (28, 28, 1). Choose another run"),
    ],
)
def test_another_shape_than_the_learnt_one_is_refused_with_the_keys_that_change_it(
    tmp_path, keys, expected, advice
):
    config = file_config(tmp_path, np.zeros((3, 12)), **{k: v for k, v in keys.items() if k != "name"})
    if "name" in keys:
        Image.new("L", (28, 28)).save(tmp_path / "a.png")
        config = at_path(tmp_path, {})
    with pytest.raises(InputError, match=re.escape(advice)):
        load_data(config, 0, InputSpec(expected, Scaling(), "none"))


def test_shapes(tmp_path):
    x = np.zeros((3, 12))
    assert load_data(file_config(tmp_path, x, shape=[3, 4]), 0).spec.shape == (3, 4, 1)
    assert load_data(file_config(tmp_path, x, shape=[2, 2, 3]), 0).spec.shape == (2, 2, 3)
    assert load_data(file_config(tmp_path, x.reshape(3, 4, 3)), 0).spec.shape == (4, 3, 1)
    with pytest.raises(InputError, match=r"data.shape=\[5\] asks for 5 columns. Received: 12"):
        load_data(file_config(tmp_path, x, shape=[5]), 0)


def test_binarize(tmp_path):
    x = np.random.default_rng(0).random((1000, 4)).astype(np.float32)
    cut = load_data(file_config(tmp_path, x, binarize="threshold", test_fraction=0.5), 0)
    np.testing.assert_array_equal(cut.train.x, x[:500] > 0.5)
    drawn = [load_data(file_config(tmp_path, x, binarize="dynamic", test_fraction=0.5), s) for s in (0, 0, 1)]
    np.testing.assert_array_equal(drawn[0].train.x, x[:500])  # the pipeline draws them anew each time
    config = file_config(tmp_path, x, binarize="dynamic", test_fraction=0.5)
    recognised = load_data(config, 0, drawn[0].spec)
    np.testing.assert_array_equal(recognised.train.x, drawn[0].drawn_train(0).x)
    assert set(np.unique(recognised.train.x)) == {0.0, 1.0}
    assert set(np.unique(drawn[0].test.x)) == {0.0, 1.0}
    np.testing.assert_array_equal(drawn[0].test.x, drawn[1].test.x)
    assert not np.array_equal(drawn[0].test.x, drawn[2].test.x)
    se = np.sqrt((x[500:] * (1 - x[500:])).mean() / x[500:].size)
    assert abs(drawn[0].test.x.mean() - x[500:].mean()) < 5 * se


def bad(row, column, value):
    x = np.zeros((4, 3))
    x[row, column] = value
    return x


@pytest.mark.parametrize(
    ("array", "options", "message"),
    [
        (bad(2, 1, np.nan), {}, "finite numbers. Received: nan in row 2, column 1"),
        (bad(0, 2, -np.inf), {}, "Received: -inf in row 0, column 2"),
        (np.zeros((3, 2), complex), {}, "real numbers. Received: an array of type complex128"),
        (np.array([["a", "b"]]), {}, "real numbers. Received: an array of type <U1"),
        (np.zeros((0, 3)), {}, r"holds no data. Received: an array of shape \(0, 3\)"),
        (np.zeros((3, 0)), {}, r"holds no data. Received: an array of shape \(3, 0\)"),
        (np.zeros(3), {}, r"rows and columns. Received: an array of shape \(3,\)"),
        (np.zeros((1, 3)), {"test_fraction": 0.2}, "of 1 rows leaves none to learn from"),
    ],
)
def test_bad_arrays(tmp_path, array, options, message):
    with pytest.raises(InputError, match=message):
        load_data(file_config(tmp_path, array, **options), seed=0)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, ">f8"])
def test_any_real_numbers_will_do(tmp_path, dtype):
    data = load_data(file_config(tmp_path, np.eye(3).astype(dtype)), seed=0)
    assert data.train.x.dtype == np.float32
    np.testing.assert_array_equal(data.train.x, np.eye(3))


def test_labels_must_be_one_per_row(tmp_path):
    (tmp_path / "labels.txt").write_text("1\n2\n")
    config = file_config(tmp_path, np.zeros((3, 2)), labels=str(tmp_path / "labels.txt"))
    with pytest.raises(
        InputError, match=r"labels.txt must give one label per row, 3 in all. Received: shape \(2,\)"
    ):
        load_data(config, seed=0)


@pytest.mark.parametrize(("first", "is_named"), [("kind\n", True), ("", False), ("kind\nunit\n", False)])
def test_a_line_too_many_above_labels_is_named(tmp_path, first, is_named):
    (tmp_path / "l.csv").write_text(f"{first}1\n2\n")
    config = file_config(tmp_path, np.zeros((2 if first else 1, 2)), labels=str(tmp_path / "l.csv"))
    named = r"Received: shape \(\d,\)" + is_named * (
        ", with the first line 'kind' as a label. Remove this line if it is a header"
    )
    for limit in (None, 1):  # labels must not move by a row where only the first rows are read
        with pytest.raises(InputError, match=f"must give one label per row, . in all. {named}$"):
            load_data(replace(config, limit=limit), seed=0)


def test_labels_of_the_first_rows_are_enough_for_these(tmp_path):
    (tmp_path / "l.csv").write_text("5\n6\n")
    config = file_config(tmp_path, np.zeros((3, 2)), labels=str(tmp_path / "l.csv"), limit=2)
    assert load_data(config, seed=0).everything.labels.tolist() == [5, 6]


def test_a_path_is_needed():
    with pytest.raises(InputError, match=r"data=file needs data.path"):
        load_data(file.Options(), seed=0)


def test_mnist_has_held_out_images_of_its_own(tmp_path):
    x, y = np.zeros((4, 2, 2), np.uint8), np.zeros(4)
    np.savez(tmp_path / "mnist.npz", x_train=x, y_train=y, x_test=x[:3], y_test=y[:3])
    config = mnist.Options(path=str(tmp_path / "mnist.npz"), limit=2)
    data = load_data(config, seed=0)
    assert (len(data.train), len(data.test)) == (2, 2)


def test_bernoulli_needs_the_unit_range():
    config = file.Options(path="x.npy")
    check_support(np.array([[0.0, 1.0]]), Bernoulli.support, config)
    check_support(np.array([[0.0, 7.0]]), None, config)
    with pytest.raises(
        InputError, match=r"Received: 7 in row 1, column 0 of data.path=x.npy. Type data.scale=minmax"
    ):
        check_support(np.array([[0.0, 1.0], [7.0, 0.0]]), Bernoulli.support, config)


@pytest.mark.parametrize("scale", ["none", "minmax", "standard", 2.0])
@pytest.mark.parametrize("binarize", ["none", "threshold"])
def test_streamed_data_is_the_data_in_memory(tmp_path, scale, binarize):
    x = np.random.default_rng(0).random((20, 3)).astype(np.float32)
    options = {"test_fraction": 0.25, "scale": scale, "binarize": binarize, "limit": 18}
    here = load_data(file_config(tmp_path, x, **options), seed=0)
    there = load_data(file_config(tmp_path, x, memory=0.0, **options), seed=0)
    assert isinstance(there.train.x, StoredRows)
    for name in ("train", "test", "everything"):
        np.testing.assert_allclose(getattr(there, name).x[:], getattr(here, name).x, rtol=1e-6)
    assert there.spec.shape == here.spec.shape
    np.testing.assert_allclose(there.spec.scaling.divisor, here.spec.scaling.divisor)


@pytest.mark.parametrize(("key", "value"), [("binarize", "dynamic"), ("split", "spread")])
def test_what_needs_the_data_in_memory_is_refused_for_streamed_data(tmp_path, key, value):
    options = {"memory": 0.0, "test_fraction": 0.2, key: value}
    with pytest.raises(InputError, match=rf"data.{key}={value} needs the data in memory: it takes 2.2e-07 GiB"):
        load_data(file_config(tmp_path, np.ones((20, 3)), **options), seed=0)


@pytest.mark.parametrize("label", [1, "1"])
def test_one_label_alone_is_learnt_and_all_are_recognised(tmp_path, label):
    rows = np.column_stack([np.arange(20.0), np.arange(20) % 3])
    np.savetxt(tmp_path / "x.txt", rows)
    config = file.Options(path=str(tmp_path / "x.txt"), label_column=1, test_fraction=0.2, normal_label=label)
    data = load_data(config, 0)
    assert data.train.x.ravel().tolist() == [1, 4, 7, 10, 13] and data.test.x.ravel().tolist() == [16, 19]
    everything = load_data(config, 0, data.spec)
    assert len(everything.train) == 16 and len(everything.test) == 4


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"normal_label": 7}, "data.normal_label=7: no learning row has this label. The labels are: 0, 1, 2"),
        ({"normal_label": 1, "label_column": None}, "data.normal_label=1 needs labels"),
    ],
)
def test_a_label_that_nothing_has(tmp_path, keys, text):
    np.savetxt(tmp_path / "x.txt", np.column_stack([np.arange(20), np.arange(20) % 3]), fmt="%d")
    config = file.Options(**{"path": str(tmp_path / "x.txt"), "label_column": 1, "test_fraction": 0.2, **keys})
    with pytest.raises(InputError) as caught:
        load_data(config, 0)
    assert text in str(caught.value)
