import numpy as np
import pytest

from kvae import VAE
from kvae.data import InputSpec, Part
from kvae.data.scaling import Scaling
from kvae.metrics.own import ARGUMENTS
from kvae.networks.mlp import mlp_decoder, mlp_encoder
from kvae.uses.evaluation import arrays


@pytest.fixture(scope="module")
def vae():
    networks = mlp_encoder((3,), latent_dim=2), mlp_decoder((3,), latent_dim=2)
    vae = VAE(*networks, likelihood="gaussian", seed=0)
    vae.compile("adam", jit_compile=False)
    return vae


def test_arrays_of_rows_in_the_datas_own_units(vae, monkeypatch):
    rng = np.random.default_rng(0)
    x, labels, mu = rng.random((50, 3), np.float32), np.arange(50), rng.random((50, 2), np.float32)
    spec = InputSpec((3,), Scaling("standard", np.full(3, 5.0), np.full(3, 2.0)), "none")
    monkeypatch.setattr(arrays, "NUMBERS", 12)
    found = arrays.arrays_of(vae, Part(x, labels), spec, mu)
    assert found.keys() == ARGUMENTS.keys()
    rows = found["labels"]
    assert rows.tolist() == [0, 16, 32, 49]
    np.testing.assert_allclose(found["x"], x[rows] * 2 + 5, rtol=1e-6)
    np.testing.assert_array_equal(found["prior_mu"], mu[rows])
    z_mean, z_log_var = vae.encode(x[rows])
    np.testing.assert_allclose(found["z_mean"], z_mean, rtol=1e-5)
    np.testing.assert_allclose(found["z_log_var"], z_log_var, rtol=1e-5)
    np.testing.assert_allclose(found["x_hat"], vae.decode(z_mean) * 2 + 5, rtol=1e-5)


def test_without_labels_and_messages(vae):
    found = arrays.arrays_of(vae, Part(np.zeros((5, 3), np.float32)), InputSpec((3,), Scaling(), "none"))
    assert found.keys() == ARGUMENTS.keys() - {"labels"}
    assert found["x"].shape == (5, 3) and not found["prior_mu"].any()
