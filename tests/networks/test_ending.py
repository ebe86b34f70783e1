import keras
import numpy as np
import pytest

from kvae import VAE
from kvae.layers import Bernoulli, conv_decoder, mlp_decoder, mlp_encoder
from kvae.networks.ending import last_function

layers, ops = keras.layers, keras.ops
Dense = layers.Dense


def sequential(*last):
    return keras.Sequential([keras.Input((2,)), Dense(8, "relu"), *last])


def functional(end):
    z = keras.Input((2,))
    return keras.Model(z, end(Dense(6)(z)))


class Hidden(layers.Layer):
    """A sigmoid that no attribute tells of."""

    def call(self, x):
        return 1.0 / (1.0 + ops.exp(-x))


class HiddenTanh(layers.Layer):
    def call(self, x):
        return ops.tanh(x)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = Dense(6, activation="sigmoid")

    def call(self, x):
        return self.dense(x)


ENDINGS = {
    "mlp": (lambda: mlp_decoder((6,), 2, 4), "linear"),
    "conv": (lambda: conv_decoder((5, 7, 1), 2, (2, 2), 4), "linear"),
    "activation=": (lambda: sequential(Dense(6, activation="sigmoid")), "sigmoid"),
    "a function": (lambda: sequential(Dense(6, activation=ops.sigmoid)), "sigmoid"),
    "a lambda": (lambda: sequential(Dense(6, activation=lambda x: x)), None),
    "softmax": (lambda: sequential(Dense(6), layers.Softmax()), "softmax"),
    "relu": (lambda: sequential(Dense(6), layers.ReLU()), "relu"),
    "Activation": (lambda: sequential(Dense(6), layers.Activation("hard_sigmoid")), "hard_sigmoid"),
    "an idle Activation": (lambda: sequential(Dense(6, "sigmoid"), layers.Activation("linear")), "sigmoid"),
    "LeakyReLU": (lambda: sequential(Dense(6), layers.LeakyReLU()), "leaky_relu"),
    "before a shape": (lambda: sequential(Dense(6, "sigmoid"), layers.Reshape((2, 3))), "sigmoid"),
    "before a crop": (
        lambda: sequential(Dense(8, "sigmoid"), layers.Reshape((8, 1)), layers.Cropping1D(1)),
        "sigmoid",
    ),
    "before dropout": (lambda: sequential(Dense(6, "sigmoid"), layers.Dropout(0.5)), "sigmoid"),
    "nested": (lambda: sequential(keras.Sequential([Dense(6, "sigmoid")])), "sigmoid"),
    "nested twice": (lambda: sequential(keras.Sequential([keras.Sequential([Dense(6, "sigmoid")])])), "sigmoid"),
    "wrapped": (
        lambda: sequential(layers.Reshape((8, 1)), layers.TimeDistributed(Dense(1, "sigmoid"))),
        "sigmoid",
    ),
    "an operation": (lambda: functional(ops.sigmoid), "sigmoid"),
    "an operation before a shape": (lambda: functional(lambda h: ops.reshape(ops.sigmoid(h), (-1, 6))), "sigmoid"),
    "Lambda": (lambda: functional(layers.Lambda(ops.sigmoid)), "sigmoid"),
    "BatchNormalization": (lambda: sequential(Dense(6, "sigmoid"), layers.BatchNormalization()), "linear"),
    "hidden": (lambda: functional(Hidden()), None),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_what_a_decoder_ends_in(name):
    make, expected = ENDINGS[name]
    assert last_function(make()) == expected


def build(decoder, likelihood="bernoulli", data_shape=(6,)):
    keras.utils.set_random_seed(0)
    vae = VAE(mlp_encoder(data_shape, 2, 8), decoder, likelihood=likelihood, seed=0)
    vae.compile(keras.optimizers.Adam(0.02), jit_compile=False)
    return vae


@pytest.mark.parametrize(
    ("end", "named"),
    [
        (lambda: functional(ops.sigmoid), "sigmoid"),
        (lambda: functional(layers.Softmax()), "softmax"),
        (lambda: functional(ops.relu), "relu"),
        (lambda: functional(ops.tanh), "tanh"),
        (lambda: functional(layers.Lambda(lambda h: ops.sigmoid(h))), r"a function into \[0, 1\]"),
        (lambda: functional(Hidden()), r"a function into \[0, 1\]"),
        (lambda: functional(HiddenTanh()), r"a function into \[-1, 1\]"),
        (Subclassed, r"a function into \[0, 1\]"),
    ],
)
def test_a_decoder_of_logits_must_give_logits(end, named):
    with pytest.raises(ValueError, match=rf"`decoder` must give logits.*activation=None.*that ends in {named}"):
        build(end())


def test_probabilities_must_be_probabilities():
    with pytest.raises(ValueError, match=r"must end in sigmoid .*from_logits=False.*that ends in linear"):
        build(mlp_decoder((6,), 2, 4), Bernoulli(from_logits=False))


@pytest.mark.parametrize(
    "decoder",
    [
        lambda: sequential(Dense(6, kernel_initializer="zeros")),
        lambda: functional(layers.Lambda(lambda h: 2.0 * h)),
        lambda: sequential(Dense(6, activation=lambda x: x)),
    ],
)
def test_what_cannot_be_told_is_taken_unless_it_stays_within_bounds(decoder):
    build(decoder())


def test_the_best_known_example_learns_the_same_either_way(x, tmp_path):
    by_logits = build(sequential(Dense(6)))
    by_probabilities = build(sequential(Dense(6, "sigmoid")), Bernoulli(from_logits=False))
    by_probabilities.set_weights(by_logits.get_weights())
    for vae in (by_logits, by_probabilities):
        vae.fit(x, epochs=60, batch_size=60, verbose=0)
    np.testing.assert_allclose(by_logits.reconstruct(x), by_probabilities.reconstruct(x), atol=1e-3)
    np.testing.assert_allclose(by_logits.elbo(x), by_probabilities.elbo(x), atol=1e-3)
    by_probabilities.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.elbo(x), by_probabilities.elbo(x))
    assert again.likelihood.from_logits is False


def test_gaussian_means_may_pass_any_function(x):
    assert np.isfinite(build(functional(ops.sigmoid), "gaussian").elbo(x)).all()
