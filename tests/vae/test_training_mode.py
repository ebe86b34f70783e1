"""Layers that act in one way while they train and in another afterwards, beside plain Keras on the same rows."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L

from kvae import VAE
from kvae.networks.forward import in_mode
from kvae.networks.rowwise import rows_are_independent
from tests.vae.plain_vae import PlainVAE, states

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")  # of a block's rows, which are traced


class Seen(L.Layer):
    """Counts the rows that it sees while it trains, and those that it sees afterwards."""

    def build(self, _):
        self.rows = self.add_weight(shape=(2,), initializer="zeros", trainable=False, name="rows")

    def call(self, h, training=True):  # the default that Keras's own `predict` overrides
        n = float(h.shape[0] or 0)  # 0 where the network is put together
        self.rows.assign_add([n, 0.0] if training else [0.0, n])
        return h


def networks(*make):
    """An encoder and a decoder for vectors of six, with layers of each kind in both."""
    keras.utils.set_random_seed(0)
    models = []
    for n_in, n_out, heads in ((6, 2, 2), (2, 6, 1)):
        inputs = keras.Input((n_in,))
        h = L.Dense(8, "relu")(inputs)
        for layer in make:
            h = layer()(h)
        outputs = [L.Dense(n_out)(h) for _ in range(heads)]
        models.append(keras.Model(inputs, outputs if heads > 1 else outputs[0]))
    return models


def learnt(kind, x, *make, batch_size=25, n_samples=1, jit_compile=False, epochs=1, **options):
    """What two networks hold after training, and the model."""
    encoder, decoder = networks(*make)
    model = kind(encoder, decoder, seed=0, n_samples=n_samples)
    model.compile(keras.optimizers.SGD(0.1), jit_compile=jit_compile)
    model.fit(x, batch_size=batch_size, epochs=epochs, shuffle=False, verbose=0, **options)
    return states(encoder, decoder), model


def assert_same(first, second, atol=1e-5):
    for a, b in zip(first, second, strict=True):
        np.testing.assert_allclose(a, b, atol=atol)


def normalization():
    return L.BatchNormalization(momentum=0.5)


NESTED = "dropout in a model in a model"
STATEFUL = {
    "batch normalization": [normalization],
    "dropout and noise": [lambda: L.Dropout(0.4), lambda: L.GaussianNoise(0.5)],
    NESTED: [lambda: keras.Sequential([keras.Sequential([L.Dropout(0.5), normalization()])])],
    "spectral normalization": [lambda: L.SpectralNormalization(L.Dense(4))],
    "a layer of one's own": [Seen],
}


# Traced; from the first test that asks for `eager` on, nothing is.


def test_blocks_show_batch_normalization_no_rows_that_fill_a_batch_up(x):
    ours, vae = learnt(VAE, x, normalization)  # two batches of 25 and one of 10, in a traced block
    assert not vae.padding
    assert_same(ours, learnt(PlainVAE, x, normalization)[0])


def test_xla_learns_moving_statistics_from_the_rows_of_every_batch(x):
    _, vae = learnt(VAE, x, Seen, normalization, jit_compile=True, epochs=3)
    seen, bn = vae.encoder.layers[2], vae.encoder.layers[3]
    np.testing.assert_array_equal(seen.rows, [3 * len(x), 0])
    h = np.maximum(x @ np.asarray(vae.encoder.layers[1].kernel) + np.asarray(vae.encoder.layers[1].bias), 0)
    # Weights moved a little meanwhile: what the statistics are of is plain, and not 0 and 1.
    np.testing.assert_allclose(bn.moving_mean, h.mean(0), atol=0.1)
    np.testing.assert_allclose(bn.moving_variance, h.var(0), atol=0.1)


KINDS = [(name, 1) for name in STATEFUL if name != NESTED]


@pytest.mark.parametrize(
    ("name", "n_samples"),
    [*KINDS, ("batch normalization", 3), pytest.param(NESTED, 1, marks=pytest.mark.slow)],
)
def test_layers_learn_what_they_learn_in_plain_keras(eager, x, name, n_samples):
    ours, theirs = (learnt(kind, x, *STATEFUL[name], n_samples=n_samples)[0] for kind in (VAE, PlainVAE))
    assert_same(ours, theirs)


def test_inference_trains_nothing_and_draws_nothing(eager, x):
    vae = learnt(VAE, x, Seen, normalization, lambda: L.Dropout(0.2))[1]
    before = states(vae.encoder, vae.decoder)
    for call in (vae.encode, vae.reconstruct, vae.elbo, vae.predict, vae.evaluate):
        options = {"verbose": 0} if call in (vae.predict, vae.evaluate) else {}
        first, second = call(x, **options), call(x, **options)
        assert_same(tf.nest.flatten(first), tf.nest.flatten(second), atol=0)
    vae.log_prob(x, n_samples=3)
    after = states(vae.encoder, vae.decoder)
    names = [variable.name for network in (vae.encoder, vae.decoder) for variable in network.variables]
    counters = [i for i, name in enumerate(names) if name == "rows"]
    assert len(counters) == 2
    for i, (a, b) in enumerate(zip(before, after, strict=True)):
        if i in counters:  # of the rows of training and those of inference
            assert a[0] == b[0] and a[1] < b[1]
        else:
            np.testing.assert_array_equal(a, b)


def test_a_layer_that_mixes_rows_sees_no_others_when_it_infers(eager, x):
    class Centred(L.Layer):
        def call(self, h):
            return h - keras.ops.mean(h, axis=0)

    vae = learnt(VAE, x, Centred)[1]
    np.testing.assert_allclose(vae.encode(x[:9])[0], vae.predict(x[:9], verbose=0)["z_mean"], atol=1e-6)


def test_a_call_in_training_mode_is_one(eager, x):
    vae = learnt(VAE, x, lambda: L.Dropout(0.5))[1]
    quiet, drawn = vae(x)["z_mean"], vae(x, training=True)["z_mean"]
    assert float(tf.reduce_max(tf.abs(quiet - drawn))) > 0.01
    np.testing.assert_array_equal(quiet, vae(x, training=False)["z_mean"])


def test_what_is_called_first_says_in_which_mode_and_errors_keep_their_words():
    dropout = L.Dropout(0.5)
    assert float(tf.reduce_sum(in_mode(dropout, False)(tf.ones((50, 2))))) == 100.0
    assert float(tf.reduce_min(in_mode(lambda h: dropout(h), True)(tf.ones((50, 2))))) == 0.0

    def fail():
        raise ValueError("as it is")

    with pytest.raises(ValueError, match=r"^as it is$"):
        in_mode(fail, True)()


@pytest.mark.parametrize(
    ("layer", "training", "inference"),
    [
        (lambda: L.Dense(3), True, True),
        (lambda: L.Dense(3, kernel_regularizer="l2"), True, True),
        (lambda: L.Dense(3, activity_regularizer="l2"), False, True),
        (lambda: L.Dense(3, activation=lambda h: h - keras.ops.mean(h, axis=0)), False, False),
        (normalization, False, True),
        (lambda: L.Dropout(0.1), False, True),
        (lambda: L.Softmax(axis=0), False, False),
        (lambda: lambda h: h - keras.ops.mean(h, axis=0), False, False),
        (lambda: keras.Sequential([L.Dense(3), L.ReLU()]), True, True),
        (lambda: keras.Sequential([L.Dense(3), normalization()]), False, True),
        (Seen, False, False),
    ],
)
def test_layers_that_are_known_to_treat_rows_apart(layer, training, inference):
    inputs = keras.Input((6,))
    model = keras.Model(inputs, L.Dense(2)(layer()(inputs)))
    assert (rows_are_independent(model, training=True), rows_are_independent(model, training=False)) == (
        training,
        inference,
    )
