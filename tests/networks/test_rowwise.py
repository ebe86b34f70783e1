"""Layers and activations over the axis of the batch, which see every row, however the axis is written."""

import keras
import numpy as np
import pytest
from keras import layers as L

import kvae
from kvae.networks.rowwise import rows_are_independent, within_rows

OVER_ROWS = {
    "softmax": lambda: [L.Softmax(axis=-2)],
    "several axes": lambda: [L.Softmax(axis=(-2, -1))],
    "unit norm": lambda: [L.UnitNormalization(axis=-2)],
    "softmax of three axes": lambda: [L.Reshape((6, 1)), L.Softmax(axis=-3), L.Flatten()],
    "activation": lambda: [L.Dense(6, activation=L.Softmax(axis=0))],
    "activation from the end": lambda: [L.Dense(6, activation=L.Softmax(axis=-2))],
    "activation layer": lambda: [L.Activation(L.UnitNormalization(axis=0))],
    "function over all axes": lambda: [L.Dense(6, activation=keras.ops.flip)],
}
WITHIN_ROWS = {
    "last": lambda: [L.Softmax(), L.UnitNormalization(), L.LayerNormalization()],
    "second of three": lambda: [
        L.Reshape((6, 1)),
        L.Softmax(axis=-2),
        L.UnitNormalization(axis=[-2, -1]),
        L.Flatten(),
    ],
    "positive": lambda: [L.Softmax(axis=1), L.LayerNormalization(axis=1)],
    "functions": lambda: [L.Dense(6, "softmax"), L.Dense(6, keras.ops.silu), L.Activation("log_softmax")],
    "layers": lambda: [L.Dense(6, activation=L.LeakyReLU()), L.Dense(6, activation=L.Softmax())],
}


def model(layers):
    keras.utils.set_random_seed(0)
    x = keras.Input((6,))
    h = L.Dense(6)(x)
    for layer in layers:
        h = layer(h)
    return keras.Model(x, [L.Dense(2)(L.Rescaling(20.0)(h)), L.Dense(2)(h)])


@pytest.mark.parametrize("name", OVER_ROWS)
def test_an_axis_of_the_batch_is_noticed(name):
    assert not rows_are_independent(model(OVER_ROWS[name]()), training=False)


@pytest.mark.parametrize("name", WITHIN_ROWS)
def test_other_axes_are_within_rows(name):
    assert rows_are_independent(model(WITHIN_ROWS[name]()), training=True)


def test_a_layer_in_place_of_an_activation_counts_as_in_its_mode():
    encoder = model([L.Dense(6, activation=L.Dropout(0.5))])
    assert rows_are_independent(encoder, training=False) and not rows_are_independent(encoder, training=True)


def test_axes_from_the_end_without_known_ranks():
    assert within_rows(-1, set()) and not within_rows(-2, set()) and within_rows((), set())


@pytest.mark.parametrize("name", ["softmax", "activation"])
def test_padding_does_not_leak_into_codes(name):
    encoder, z = model(OVER_ROWS[name]()), keras.Input((2,))
    vae = kvae.VAE(encoder, keras.Model(z, L.Dense(6)(z)), likelihood="gaussian", seed=0)
    vae.jit_compile = False
    x = np.random.default_rng(0).normal(size=(5, 6)).astype("float32")  # which would be padded to 8 rows
    np.testing.assert_allclose(vae.encode(x)[0], np.asarray(encoder(x)[0]), atol=1e-5)
