from dataclasses import replace

import keras
import numpy as np
import pytest

from kvae.config import compose
from kvae.errors import InputError
from kvae.modes.build import build_network, build_vae


def dense_layer(data_shape, latent_dim):
    """A decoder that is a bare layer."""
    return keras.layers.Dense(data_shape[0])


def dense_sigmoid(data_shape, latent_dim):
    """A decoder of probabilities, as most examples have it."""
    return keras.layers.Dense(data_shape[0], activation="sigmoid")


def no_layer(data_shape, latent_dim):
    return "a string"


def test_the_config_reaches_the_model():
    config = compose(
        "model=tiny", "model.KL_param=3", "model.likelihood=gaussian_learnt", "model.n_samples=2",
        "model.free_bits=0.1", "model.hidden_encoder_dim=[5,4]", "seed=7", "train.learning_rate=0.02",
        "train.global_clipnorm=0.5", "train.jit_compile=false",
    )  # fmt: skip
    vae = build_vae(config, (6,))
    assert (float(vae.KL_param), vae.n_samples, vae.free_bits, vae.seed) == (3.0, 2, 0.1, 7)
    assert not vae.iwae and build_vae(compose("model=tiny", "model.iwae=true", "model.n_samples=2"), (4,)).iwae
    assert vae.likelihood.learn_variance
    assert [vae.encoder.get_layer(f"hidden_{i}").units for i in (1, 2)] == [5, 4]
    assert float(vae.optimizer.learning_rate) == pytest.approx(0.02)
    assert vae.optimizer.global_clipnorm == 0.5
    assert vae.jit_compile is False


def test_initial_weights_come_from_the_seed():
    weights = [build_vae(compose("model=tiny", f"seed={seed}"), (6,)).get_weights() for seed in (0, 0, 1)]
    assert all(np.array_equal(a, b) for a, b in zip(weights[0], weights[1], strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(weights[0], weights[2], strict=True))


def test_the_guide_has_the_weights_of_784_400_20_400_784():
    vae = build_vae(compose("model=guide"), (28, 28, 1))
    assert sum(int(np.prod(w.shape)) for w in vae.trainable_weights) == 652_824


def with_decoder(name):
    config = compose("model=tiny")
    return replace(config, model=replace(config.model, decoder={"_target_": f"{__name__}.{name}"}))


def test_a_bare_layer_is_wrapped():
    config = with_decoder("dense_layer")
    assert build_network(config, "decoder", (6,)).output_shape == (None, 6)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["model.decoder._target_=kvae.layers.nothing"],
            "model.decoder._target_=kvae.layers.nothing is neither installed",
        ),
        (["model.encoder._target_=kvae.layers.mlp_decoder"], "model.encoder._target_=kvae.layers.mlp_decoder"),
        (["train.optimizer._target_=keras.layers.Flatten"], "train.optimizer._target_=keras.layers.Flatten"),
        (["model=conv"], r"model.encoder._target_=kvae.layers.conv_encoder failed.*\(6,\)"),
        (["+train.optimizer.speed=9"], "train.optimizer._target_=keras.optimizers.Adam failed.*speed"),
    ],
)
def test_what_cannot_be_built_is_one_clear_error(overrides, message):
    with pytest.raises(InputError, match=message):
        build_vae(
            compose("model=tiny", *overrides) if "model=conv" not in overrides else compose(*overrides), (6,)
        )


def test_a_decoder_of_probabilities_is_refused_under_bernoulli_alone():
    def config(likelihood):
        config = compose("model=tiny", f"model.likelihood={likelihood}")
        decoder = {"decoder": {"_target_": f"{__name__}.dense_sigmoid"}}
        return replace(config, model=replace(config.model, **decoder))

    with pytest.raises(InputError, match=r"model: `decoder` must give logits.*activation=None.*ends in sigmoid"):
        build_vae(config("bernoulli"), (6,))
    assert build_vae(config("gaussian"), (6,)).latent_dim == 2


def test_a_network_must_be_a_layer():
    config = with_decoder("no_layer")
    with pytest.raises(InputError, match=r"must give a Keras model or layer. Received: str"):
        build_network(config, "decoder", (6,))


def test_precision_is_that_of_the_networks_alone():
    vae = build_vae(compose("model=tiny", "train.precision=mixed_bfloat16"), (6,))
    assert vae.encoder.get_layer("hidden_1").compute_dtype == "bfloat16"
    assert vae.compute_dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"
