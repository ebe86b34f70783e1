"""A step is traced once, and what comes of it does not depend on where the optimizer's variables were made."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kvae import VAE
from kvae.modules.nn.training import fit, network_of
from kvae.training.fit import Trainer


class Counted(keras.layers.Layer):
    """Counts how often it is called in training, which in a graph is how often it is traced."""

    calls = 0

    def call(self, h, training=False):
        self.calls += bool(training)
        return h


def counted(optimizer="adam"):
    keras.utils.set_random_seed(0)
    layer = Counted()
    x_in, z_in = keras.Input((6,)), keras.Input((2,))
    h = keras.layers.Dense(4, "relu")(layer(x_in))
    encoder = keras.Model(x_in, [keras.layers.Dense(2)(h), keras.layers.Dense(2)(h)])
    vae = VAE(encoder, keras.Model(z_in, keras.layers.Dense(6)(z_in)), seed=0)
    vae.compile(optimizer, jit_compile=False)
    return vae, layer


WAYS = {
    "blocks": lambda vae, x: vae.fit(x, batch_size=20, verbose=0),
    "batches": lambda vae, x: vae.fit(tf.data.Dataset.from_tensor_slices(x).batch(20), verbose=0),
    "one batch": lambda vae, x: [vae.train_on_batch(x) for _ in range(3)],
}


@pytest.mark.parametrize("way", WAYS)
def test_a_step_is_traced_once_with_the_result_of_twice(way, x, monkeypatch):
    vae, layer = counted()
    WAYS[way](vae, x)
    once = layer.calls
    monkeypatch.setattr(Trainer, "_built", lambda self, train: train)
    other, layer = counted()
    WAYS[way](other, x)
    assert layer.calls == 2 * once
    assert int(vae.optimizer.iterations) == 3
    for ours, theirs in zip(vae.variables, other.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(vae.optimizer.variables, other.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_train_step_of_ones_own_says_which_weights_its_optimizer_has(x):
    class Own(VAE):
        def train_step(self, data):
            with tf.GradientTape() as tape:
                loss = self.compute_loss(data)
            weights = self.decoder.trainable_weights
            self.optimizer.apply(tape.gradient(loss, weights), weights)
            return self.get_metrics_result()

    usual, _ = counted()
    vae = Own(usual.encoder, usual.decoder, seed=0)
    vae.compile("sgd", jit_compile=False)
    vae.fit(x, batch_size=20, verbose=0)
    assert len(vae.optimizer._trainable_variables) == len(usual.decoder.trainable_weights)


def test_a_network_of_a_module_is_traced_once(monkeypatch):
    network = network_of(3, 2, 4, "classes")
    layer, calls = network.layers[1], []
    call = layer.call
    monkeypatch.setattr(layer, "call", lambda h, **kwargs: calls.append(h) or call(h))
    x, y = np.ones((8, 3)), np.eye(2)[np.arange(8) % 2]
    losses = fit(network, x, y, "classes", itr=2, batch_size=4, learning_rate=0.1, seed=(0,))
    assert len(losses) == 2 and len(calls) == 1
