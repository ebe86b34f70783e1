"""Losses of a VAE on one device, and mirrored on three, as JSON. Devices must be made before TensorFlow begins."""

import contextlib
import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

from kvae import VAE
from kvae.layers import mlp_decoder, mlp_encoder
from kvae.training import devices

CPU = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(CPU, [tf.config.LogicalDeviceConfiguration()] * 3)
RNG = np.random.default_rng(0)
X = RNG.random((61, 6)).astype(np.float32)
MESSAGE = {"x": X, "prior_mu": RNG.normal(size=(61, 2)).astype(np.float32)}
WEIGHT = np.where(np.arange(61) < 5, 0.0, RNG.random(61)).astype(np.float32)


def make_vae(strategy, jit_compile, optimizer, **keywords):
    keras.utils.set_random_seed(0)
    with contextlib.nullcontext() if strategy is None else strategy.scope():
        vae = VAE(mlp_encoder((6,), 2, 8), mlp_decoder((6,), 2, 8), seed=0, **keywords)
        vae.compile(optimizer(), jit_compile=jit_compile)
        vae.kl_capacity.assign(0.3)
    return vae


def losses(strategy):
    """Histories and weights of arrays, weighed rows and messages, and a data set of batches."""
    found = {}
    vae = make_vae(strategy, True, lambda: keras.optimizers.Adam(0.01), n_samples=2)
    history = vae.fit(X, batch_size=25, epochs=2, validation_data=X[:20], verbose=0).history
    found["compiled"] = [history, weights(vae), vae.encode(X[:3])[0].tolist()]
    vae = make_vae(strategy, False, lambda: keras.optimizers.SGD(0.5, global_clipnorm=0.1), free_bits=0.1)
    history = vae.fit(MESSAGE, batch_size=25, epochs=2, sample_weight=WEIGHT, shuffle=False, verbose=0).history
    found["weighed, clipped, free bits"] = [history, weights(vae), vae.evaluate(MESSAGE, verbose=0)]
    vae = make_vae(strategy, False, lambda: keras.optimizers.Adam(0.01))
    batches = tf.data.Dataset.from_tensor_slices(X).batch(20)
    found["whole, then batches"] = [vae.fit(X, batch_size=61, epochs=2, verbose=0).history]
    found["whole, then batches"] += [vae.fit(batches, epochs=2, verbose=0).history, weights(vae)]
    return found


def losses_of_layers(strategy):
    """What is learnt with layers that add losses and keep statistics, from a short last batch too."""
    keras.utils.set_random_seed(0)
    with contextlib.nullcontext() if strategy is None else strategy.scope():
        models = []
        for n_in, heads in ((6, [2, 2]), (2, [6])):
            inputs = keras.Input((n_in,))
            h = keras.layers.Dense(8, "relu", kernel_regularizer="l2")(inputs)
            h = keras.layers.BatchNormalization(momentum=0.5, synchronized=strategy is not None)(h)
            outputs = [keras.layers.Dense(n)(h) for n in heads]
            models.append(keras.Model(inputs, outputs if len(outputs) > 1 else outputs[0]))
        vae = VAE(*models, seed=0)
        vae.compile(keras.optimizers.SGD(0.01), jit_compile=False)
    history = vae.fit(X[:58], batch_size=23, epochs=2, shuffle=False, verbose=0).history
    return [history, weights(vae)]


def refusal(strategy):
    """What is said of a last batch of one row."""
    with strategy.scope():
        inputs = keras.Input((6,))
        h = keras.layers.BatchNormalization()(inputs)
        heads = [keras.layers.Dense(2)(h) for _ in range(2)]
        vae = VAE(keras.Model(inputs, heads), mlp_decoder((6,), 2, 8), seed=0)
        vae.compile("sgd", jit_compile=False)
    try:
        vae.fit(X, batch_size=20, verbose=0)
    except ValueError as error:
        return str(error)


def placed_losses():
    """What `losses` gives for compiled training, computed on the second device, and where its weights are."""
    with devices.placed(None, "cpu:1"):
        vae = make_vae(None, True, lambda: keras.optimizers.Adam(0.01), n_samples=2)
        history = vae.fit(X, batch_size=25, epochs=2, validation_data=X[:20], verbose=0).history
        found = [history, weights(vae), vae.encode(X[:3])[0].tolist()]
    return {"compiled": found, "places": sorted({weight.value.device[-5:] for weight in vae.weights})}


def weights(vae):
    return [weight.tolist() for weight in vae.get_weights()]


strategy = devices.strategy_of("mirrored", None)
found = {"one": losses(None), "mirrored": losses(strategy), "placed": placed_losses()}
found["one"]["layers"], found["mirrored"]["layers"] = losses_of_layers(None), losses_of_layers(strategy)
found["refusal"] = refusal(strategy)
print(json.dumps({"devices": strategy.num_replicas_in_sync, **found}))
