"""Methods of a VAE after one of its layers has changed: they compute what the layers compute now."""

import keras
import numpy as np
import pytest

import kvae
from kvae.vae.traced import Traced

L = keras.layers
X = np.random.default_rng(0).normal(3.0, 2.0, (20, 6)).astype("float32")


class Keeper(L.Dense):
    """Sets attributes whenever it is called in Python, as layers do that keep attention scores."""

    def call(self, inputs, training=None):
        self.calls = getattr(self, "calls", 0) + 1
        self.kept = super().call(inputs, training=training)
        return self.kept


class Scaled(L.Layer):
    """A layer with a constant within a list."""

    def __init__(self):
        super().__init__()
        self.factors = [1.0]

    def call(self, inputs):
        return inputs * self.factors[0]


def make(hidden=None):
    keras.utils.set_random_seed(0)
    x, z = keras.Input((6,)), keras.Input((2,))
    h = (hidden or L.Dense(8, "tanh", name="h"))(L.Normalization(name="normalization")(x))
    decoder = keras.Model(z, L.Dense(6)(z))
    vae = kvae.VAE(keras.Model(x, [L.Dense(2)(h), L.Dense(2)(h)]), decoder, likelihood="gaussian", seed=0)
    vae.compile("adam", jit_compile=False)
    return vae


def adapt(vae):
    vae.encoder.get_layer("normalization").adapt(X)


def relu(vae):
    vae.encoder.get_layer("h").activation = keras.activations.relu


def lora(vae):
    layer = vae.encoder.get_layer("h")
    layer.enable_lora(2)
    layer.lora_kernel_b.assign(np.ones(layer.lora_kernel_b.shape))


def quantize(vae):
    vae.encoder.quantize("int8")


@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize`")
@pytest.mark.parametrize("change", [adapt, relu, lora, quantize])
def test_encode_computes_what_a_changed_encoder_computes(change):
    vae = make()
    before = vae.encode(X)[0]
    vae.elbo(X)
    change(vae)
    expected = [np.asarray(part) for part in vae.encoder(X, training=False)]
    assert np.abs(expected[0] - before).max() > 1e-4
    np.testing.assert_allclose(vae.encode(X)[0], expected[0], atol=1e-5)
    kl = 0.5 * (expected[0] ** 2 + np.exp(expected[1]) - 1 - expected[1]).sum(axis=1)
    np.testing.assert_allclose(vae.elbo_terms(X)[1], kl, rtol=1e-4)


def test_decode_computes_what_another_decoder_computes():
    vae, z = make(), np.ones((3, 2), "float32")
    vae.decode(z)
    vae.decoder.layers[-1].activation = keras.activations.relu
    np.testing.assert_allclose(vae.decode(z), np.asarray(vae.decoder(z)), atol=1e-6)


def test_compile_drops_the_functions_after_a_change_that_is_not_noticed():
    vae = make(Scaled())
    before = vae.encode(X)[0]
    vae.encoder.layers[-3].factors[0] = 5.0
    vae.compile("adam", jit_compile=False)
    assert np.abs(vae.encode(X)[0] - before).max() > 1e-3


@pytest.mark.parametrize("hidden", [lambda: L.Dense(8), lambda: Keeper(8)])
def test_functions_stay_while_layers_are_only_used(hidden):
    vae = make(hidden())
    vae.encode(X), vae.reconstruct(X)
    functions = dict(vae.__dict__["_inference_functions"].functions)
    vae.fit(X, epochs=1, verbose=0)
    vae.encoder(X)
    vae.encoder.trainable = False
    vae.predict(X, verbose=0)
    vae.encode(X), vae.reconstruct(X)
    kept = vae.__dict__["_inference_functions"].functions
    assert len(functions) == 2 and all(kept[name] is made for name, made in functions.items())


def test_another_layer_is_a_change():
    traced, (first, second) = Traced(), (L.Dense(1), L.Dense(1))
    traced.check([first])
    traced.functions["f"] = print
    traced.check([first])
    assert traced.functions
    traced.check([second])
    assert not traced.functions
