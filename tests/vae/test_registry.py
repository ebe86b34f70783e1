"""`keras.saving.load_model` knows a `model.keras` wherever kvae has been imported."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from kvae.layers import GaussianLearnt, Sampling
from kvae.vae import registry

PROGRAM = """
import sys
import kvae
assert not {"keras", "tensorflow"} & set(sys.modules), "import kvae must stay light"
import importlib.util
assert importlib.util.find_spec("keras").origin.endswith("__init__.py")
import keras
assert "kvae.model" not in sys.modules
vae = keras.saving.load_model(sys.argv[1])
assert type(vae) is kvae.VAE
print(float(vae.likelihood.log_var.numpy()), *vae.encode([[0.0, 1, 0, 1, 0, 1]])[0][0])
"""


@pytest.fixture
def path(make_vae, tmp_path):
    vae = make_vae(likelihood="gaussian_learnt")
    vae.likelihood.log_var.assign(0.5)
    vae.save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


@pytest.mark.slow
def test_keras_that_is_imported_after_kvae(make_vae, path):
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(path)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    log_var, *z_mean = map(float, done.stdout.split())
    assert log_var == 0.5
    np.testing.assert_allclose(z_mean, make_vae().encode([[0.0, 1, 0, 1, 0, 1]])[0][0], rtol=1e-5)


@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")  # which has not begun
def test_keras_that_was_imported_before(path, monkeypatch):
    names = [name for name in keras.saving.get_custom_objects() if name.startswith("kvae>")]
    for name in names:
        monkeypatch.delitem(keras.saving.get_custom_objects(), name)
    registry.announce()
    for name in names:  # the stand-ins go when the test is over
        monkeypatch.setitem(keras.saving.get_custom_objects(), name, keras.saving.get_custom_objects()[name])
    vae = keras.saving.load_model(path)
    assert type(vae.likelihood) is GaussianLearnt and type(vae.sampling) is Sampling


def test_every_registered_class_is_announced():
    import kvae.model  # noqa: F401

    registered = {
        name.removeprefix("kvae>"): kind.__module__
        for name, kind in keras.saving.get_custom_objects().items()
        if name.startswith("kvae>")
    }
    assert registered == registry.modules()
