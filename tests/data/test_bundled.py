import numpy as np
import pytest

from kvae.config import compose
from kvae.data import load_data
from kvae.data.options import options_for
from kvae.data.sources import digits, mnist, read_raw
from kvae.errors import InputError


@pytest.fixture
def small(tmp_path):
    """A small file in Keras's layout."""
    rng = np.random.default_rng(0)
    arrays = {
        "x_train": rng.integers(0, 256, (6, 28, 28), np.uint8),
        "y_train": np.arange(6),
        "x_test": rng.integers(0, 256, (2, 28, 28), np.uint8),
        "y_test": np.arange(2),
    }
    np.savez(tmp_path / "mnist.npz", **arrays)
    return tmp_path / "mnist.npz", arrays


def test_digits():
    raw = digits.read(digits.Options())
    assert raw.x.shape == (1797, 8, 8)
    assert (raw.x.min(), raw.x.max()) == (0.0, 1.0)
    assert set(raw.labels) == set(range(10))


def test_mnist_from_a_local_file(small):
    path, arrays = small
    raw = mnist.read(mnist.Options(path=str(path)))
    np.testing.assert_allclose(raw.x, arrays["x_train"] / 255.0, rtol=1e-6)
    np.testing.assert_allclose(raw.x_test, arrays["x_test"] / 255.0, rtol=1e-6)
    np.testing.assert_array_equal(raw.labels, range(6))
    np.testing.assert_array_equal(raw.labels_test, [0, 1])


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_keras_s_own_copy_has_its_test_images_held_out(small, monkeypatch, name):
    import importlib

    _, arrays = small
    pairs = (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
    monkeypatch.setattr(importlib.import_module(f"keras.datasets.{name}"), "load_data", lambda: pairs)
    data = load_data(compose(f"data={name}").data, 0)
    for part, which in ((data.train, "train"), (data.test, "test")):
        np.testing.assert_allclose(part.x[..., 0], arrays[f"x_{which}"] / 255.0, rtol=1e-6)
        np.testing.assert_array_equal(part.labels, arrays[f"y_{which}"])


def test_another_layout_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", images=np.zeros(3))
    with pytest.raises(
        InputError, match=r"must hold the arrays x_train, y_train, x_test, y_test. It holds: images"
    ):
        mnist.read(mnist.Options(path=str(tmp_path / "other.npz")))
    (tmp_path / "torn.npz").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(InputError, match=r"cannot be read as \.npz"):
        mnist.read(mnist.Options(path=str(tmp_path / "torn.npz")))


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_no_network_is_one_clear_error(monkeypatch, name):
    import importlib

    def fails(*args, **kwargs):
        raise Exception("URL fetch failure on somewhere: None -- unknown host")

    monkeypatch.setattr(importlib.import_module(f"keras.datasets.{name}"), "load_data", fails)
    with pytest.raises(InputError, match=rf"without a network .*data\.path=PATH/{name}\.npz"):
        read_raw(options_for({"name": name}, typed=True)())
