"""Weights of observations act as in Keras, whatever the batch size."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kvae import VAE

N, RATE, DECAY = 10, 0.5, 0.25
X = np.random.default_rng(0).normal(size=(N, 1)).astype(np.float32)
W = np.random.default_rng(1).exponential(size=N).astype(np.float32)
W[4] = 0.0  # not padding: it counts as a row


def bias_alone(run_eagerly=False):
    """A VAE whose only weight that matters is the bias b of its decoder: loss (x - b)^2 / 2 + DECAY b^2."""
    dense, frozen = keras.layers.Dense, {"kernel_initializer": "zeros", "trainable": False}
    x, z = keras.Input((1,)), keras.Input((1,))
    encoder = keras.Model(x, [dense(1, **frozen)(x), dense(1, **frozen)(x)])
    penalty = keras.regularizers.L2(DECAY)
    bias = dense(1, kernel_initializer="zeros", kernel_constraint=lambda k: 0 * k, bias_regularizer=penalty)
    vae = VAE(encoder, keras.Model(z, bias(z)), likelihood="gaussian", seed=0)
    vae.compile(keras.optimizers.SGD(RATE), jit_compile=False, run_eagerly=run_eagerly)
    return vae


def by_hand(batch_size, weights, epochs):
    """The bias after steps on batches in order, in float64; Keras divides by the rows, not by the weights."""
    b, w, x = 0.0, weights.astype(np.float64), X[:, 0].astype(np.float64)
    for _ in range(epochs):
        for start in range(0, N, batch_size):
            rows = slice(start, start + batch_size)
            b -= RATE * (np.mean(w[rows] * (b - x[rows])) + 2 * DECAY * b)
    return b


def batches(batch_size):
    given = tf.data.Dataset.from_tensor_slices({"x": X, "sample_weight": W})
    return given.batch(batch_size)


@pytest.mark.parametrize("batch_size", [1, 4, 10])
@pytest.mark.parametrize("way", ["resident", "streamed", "eager", "data set", "train_on_batch"])
def test_the_gradient_of_a_batch_is_divided_by_its_rows(monkeypatch, way, batch_size):
    if way == "streamed":
        monkeypatch.setattr("kvae.data.batches.sizes.RESIDENT_BYTES", 0)
    vae = bias_alone(run_eagerly=way == "eager")
    if way == "data set":
        vae.fit(batches(batch_size), epochs=2, verbose=0)
    elif way == "train_on_batch":
        for start in (*range(0, N, batch_size), *range(0, N, batch_size)):
            rows = slice(start, start + batch_size)
            vae.train_on_batch(X[rows], sample_weight=W[rows])
    else:
        vae.fit(X, sample_weight=W, batch_size=batch_size, epochs=2, shuffle=False, verbose=0)
    (bias,) = vae.decoder.layers[-1].bias.numpy()
    assert bias == pytest.approx(by_hand(batch_size, W, 2), rel=1e-4)


def test_without_weights_rows_that_pad_a_batch_do_not_count():
    vae = bias_alone()
    vae.fit(X, batch_size=4, epochs=2, shuffle=False, verbose=0)
    assert vae.decoder.layers[-1].bias.numpy()[0] == pytest.approx(by_hand(4, np.ones(N), 2), rel=1e-4)


def test_reported_losses_are_weighted_means():
    vae = bias_alone()
    vae.optimizer.learning_rate = 0.0
    found = vae.fit(X, sample_weight=W, batch_size=4, verbose=0).history
    expected = np.average(0.5 * (X[:, 0].astype(np.float64) ** 2 + np.log(2 * np.pi)), weights=W)
    assert found["loss"] == found["reconstruction"] == [pytest.approx(expected, rel=1e-5)]
    told = vae.evaluate(X, sample_weight=W, batch_size=4, verbose=0, return_dict=True)
    assert told["loss"] == pytest.approx(expected, rel=1e-5)
