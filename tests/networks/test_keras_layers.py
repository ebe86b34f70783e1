"""Every layer of Keras learns in a VAE what it learns in a plain Keras model of the same networks and data."""

import keras
import numpy as np
import pytest

from kvae import VAE
from tests.networks import keras_layers as table
from tests.vae.plain_vae import PlainVAE, states

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config"),
    pytest.mark.filterwarnings("ignore:Gradients do not exist"),  # before what has none, such as categories
    pytest.mark.filterwarnings("ignore:Model doesn't support `jit_compile=True`"),
]
QUICK = ("BatchNormalization", "Dropout", "Dense", "LSTM", "SpectralNormalization", "RandomFlip")
X = np.random.default_rng(0).random((5, table.SIZE)).astype(np.float32)


def learnt(kind, name):
    """What the two networks hold after a pass of two batches, the last of them a short one."""
    keras.utils.set_random_seed(0)
    encoder, decoder = table.network(name, table.SIZE, [2, 2]), table.network(name, 2, [table.SIZE])
    before = states(encoder, decoder)
    model = kind(encoder, decoder, seed=0)
    model.compile(keras.optimizers.SGD(0.01), jit_compile=False)
    model.fit(X, batch_size=3, shuffle=False, verbose=0)
    after = states(encoder, decoder)
    assert any(not np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    return after


def assert_learns_as_in_keras(name):
    ours, theirs = learnt(VAE, name), learnt(PlainVAE, name)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_every_name_in_keras_layers_is_dealt_with():
    dealt_with = [*table.CASES, *table.EXCLUDED, *table.aliases()]
    assert sorted(dealt_with) == sorted(set(dealt_with))
    assert sorted(table.names()) == sorted(dealt_with)


@pytest.mark.parametrize("name", QUICK)
def test_a_layer_learns_what_it_learns_in_plain_keras(name):
    assert_learns_as_in_keras(name)


@pytest.mark.slow  # a second or two for each
@pytest.mark.parametrize("name", [name for name in table.CASES if name not in QUICK])
def test_any_layer_learns_what_it_learns_in_plain_keras(name):
    assert_learns_as_in_keras(name)
