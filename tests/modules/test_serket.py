"""Serket's parameters: their names, their order and their defaults, and that each of them does what it says."""

import inspect

import numpy as np
import pytest

import kvae.modules as srk
from kvae.config import compose

VAE = {
    "latent_dim": inspect.Parameter.empty,
    "weight_stddev": 0.1,
    "itr": 5000,
    "name": "vae",
    "hidden_encoder_dim": 100,
    "hidden_decoder_dim": 100,
    "batch_size": None,
    "KL_param": 1,
    "mode": "learn",
}
GMM = {"K": inspect.Parameter.empty, "itr": 100, "name": "gmm", "category": None, "mode": "learn"}


@pytest.mark.parametrize(("module", "expected"), [(srk.VAE, VAE), (srk.GMM, GMM)])
def test_serkets_names_stand_in_serkets_order_with_serkets_defaults(module, expected):
    found = inspect.signature(module).parameters.values()
    by_place = {one.name: one.default for one in found if one.kind is one.POSITIONAL_OR_KEYWORD}
    assert list(by_place.items()) == list(expected.items())


def test_the_command_line_has_the_same_defaults():
    config = compose()
    model = config.model
    assert (model.weight_stddev, model.hidden_encoder_dim, model.hidden_decoder_dim) == (0.1, 100, 100)
    assert (model.KL_param, config.train.itr, config.train.batch_size) == (1, 5000, None)
    assert (config.run.name, config.mode.name) == ("vae", "learn")


def test_every_parameter_reaches_the_network():
    vae = srk.VAE(
        3, 0.5, hidden_encoder_dim=[200, 4], hidden_decoder_dim=[5, 300], KL_param=2.5,
        likelihood="gaussian_learnt", learning_rate=0.02, seed=7, name="mine",
    )  # fmt: skip
    model = vae.build((6,))
    assert [model.encoder.get_layer(f"hidden_{i}").units for i in (1, 2)] == [200, 4]
    assert [model.decoder.get_layer(f"hidden_{i}").units for i in (1, 2)] == [5, 300]
    for kernel in (model.encoder.get_layer("hidden_1").kernel, model.decoder.get_layer("hidden_2").kernel):
        assert np.std(kernel) == pytest.approx(0.5, rel=0.1)
    assert (model.latent_dim, float(model.KL_param), model.seed, model.name) == (3, 2.5, 7, "mine")
    assert model.likelihood.learn_variance
    assert float(model.optimizer.learning_rate) == pytest.approx(0.02)


def test_the_seed_decides_the_weights():
    first, again, other = (srk.VAE(2, seed=seed).build((6,)).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_batch_size_and_itr_decide_the_steps(x, tmp_path):
    for batch_size, steps in ((None, 3), (20, 9)):
        vae = srk.VAE(2, itr=3, batch_size=batch_size, hidden_encoder_dim=4, hidden_decoder_dim=4)
        vae.model = vae.build((6,))
        vae.model.compile(vae.model.optimizer, run_eagerly=True)
        vae.connect(srk.Observation(x, folder=tmp_path / str(batch_size)))
        vae.update(write=False)
        assert int(vae.model.optimizer.iterations.numpy()) == steps
