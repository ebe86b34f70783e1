"""Exact networks give what Keras gives to within the grid, and the same to the bit however they are run."""

import keras
import numpy as np
import pytest

from kvae.exact import Exact, ExactNetwork
from kvae.exact.calls import LAYERS, CounterpartError, known
from kvae.exact.layers.dense import linear, whole
from kvae.exact.operation import Operation
from kvae.layers import mlp_decoder, mlp_encoder

X = np.random.default_rng(0).random((37, 5, 3)).astype("float32")
known()


@pytest.fixture(scope="module", params=["relu", "tanh", "gelu"])
def encoder(request):
    keras.utils.set_random_seed(0)
    return mlp_encoder((5, 3), 4, [17, 9], weight_stddev=0.4, activation=request.param)


def values(outputs):
    return [np.asarray(it) for it in outputs]


def test_gives_what_keras_gives(encoder):
    got = ExactNetwork(encoder)(Exact(X))
    assert all(type(it) is Exact for it in got)
    for a, b in zip(values(got), map(np.asarray, encoder(X, training=False)), strict=True):
        np.testing.assert_allclose(a, b, atol=5e-4)
        np.testing.assert_array_equal(a * 2**14, np.rint(a * 2**14))


def test_rows_do_not_depend_on_their_batch(encoder):
    network = ExactNetwork(encoder)
    whole, network.rows_at_once = values(network(X)), 5
    for a, b, row in zip(whole, values(network(X)), values(network(X[7:8])), strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(a[7:8], row)


def test_products_are_those_of_integers():
    rng = np.random.default_rng(0)
    kernel, bias = rng.normal(size=(50, 7)) * 10.0 ** rng.integers(-6, 3, 7), rng.normal(size=7)
    units = rng.integers(-(2**26), 2**26, (20, 50))
    it, layer = whole(kernel, bias, 2**26), linear(kernel, bias, 2**26)
    sums = units.astype(object) @ it.kernel.astype(int).astype(object) + it.offset.astype(int)
    assert max(abs(int(v)) for v in sums.ravel()) < 2**53
    wanted = np.clip(np.rint(sums.astype(float) / 2.0**it.shift), -(2.0**26), 2.0**26)
    np.testing.assert_array_equal(layer(units.astype(float)), wanted)
    worst = np.sign(it.kernel.T) * 2.0**26  # inputs that make each sum as large as it can be
    sums = worst.astype(int).astype(object) @ it.kernel.astype(int).astype(object)
    largest = max(abs(int(v)) for v in (sums + np.abs(it.offset).astype(int).astype(object)).ravel())
    assert 2**51 < largest < 2**53
    finer = np.rint(kernel * 2.0 ** (it.shift + 1)).astype(int)
    assert np.abs(finer).sum(0).max() * 2**26 + 2.0 ** (it.shift + 15) * np.abs(bias).max() >= 2**53  # the finest


@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e-4, 1e6])
def test_weights_of_any_size(scale):
    kernel = scale * np.array([[1.0, -2.0], [0.5, 3.0]])
    layer = linear(kernel, None, 2**26)
    units = np.array([[2.0**14, 2.0**15], [-3.0, 7.0]])
    np.testing.assert_allclose(layer(units), np.clip(units @ kernel, -(2**26), 2**26), atol=0.5, rtol=1e-6)


def test_the_fingerprint_tells_weights_and_structure_apart(encoder):
    before = ExactNetwork(encoder).digest()
    assert before == ExactNetwork(encoder).digest()
    assert ExactNetwork(encoder, largest=1.0).digest() != before
    hidden = encoder.get_layer("hidden_1")
    kernel = np.array(hidden.kernel)
    hidden.kernel.assign(kernel + np.float32(1e-4) * (np.arange(17) == 3))
    assert ExactNetwork(encoder).digest() != before
    hidden.kernel.assign(kernel)
    assert ExactNetwork(encoder).digest() == before


def test_models_within_models_and_layers_used_twice():
    keras.utils.set_random_seed(1)
    inner = keras.Sequential([keras.Input((6,)), keras.layers.Dense(6, "tanh"), keras.layers.Dense(6)])
    x = keras.Input((6,))
    h = inner(inner(x))
    twice = keras.layers.Dense(6, "relu")
    outer = keras.Model(x, {"b": twice(twice(h)), "a": [h, x]})
    data = np.random.default_rng(0).normal(size=(9, 6)).astype("float32")
    wanted = [np.asarray(it) for it in keras.tree.flatten(outer(data, training=False))]
    got = values(ExactNetwork(outer)(data))
    assert len(got) == 3
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_allclose(a, b, atol=5e-4)


def test_decoders_and_sequential_models():
    decoder = mlp_decoder((5, 3), 2, 8)
    z = np.random.default_rng(0).normal(size=(4, 2)).astype("float32")
    np.testing.assert_allclose(
        values(ExactNetwork(decoder)(z))[0], np.asarray(decoder(z, training=False)), atol=2e-4
    )
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, keras.layers.LeakyReLU(0.1))])
    np.testing.assert_allclose(values(ExactNetwork(model)(z))[0], np.asarray(model(z, training=False)), atol=2e-4)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "mixed_float16", "mixed_bfloat16"])
def test_networks_of_less_precision(dtype):
    keras.utils.set_random_seed(0)
    x = keras.Input((6,))
    model = keras.Model(x, keras.layers.Dense(3, dtype=dtype)(keras.layers.Dense(4, "relu", dtype=dtype)(x)))
    data = np.random.default_rng(0).normal(size=(9, 6))
    hidden, out = model.layers[1:]
    weights = [np.asarray(it).astype(float) for layer in (hidden, out) for it in layer.weights]
    wanted = np.maximum(data @ weights[0] + weights[1], 0) @ weights[2] + weights[3]
    np.testing.assert_allclose(values(ExactNetwork(model)(data))[0], wanted, atol=2e-4)


class Own(keras.layers.Layer):
    def call(self, x):
        return 2.0 * x


class OwnDense(keras.layers.Dense):
    def call(self, x):
        return super().call(x) + 1.0


class OwnModel(keras.Model):
    def call(self, x):
        return 2.0 * x


class Doubled(keras.layers.Layer):
    """A layer of a user's that brings its exact counterpart."""

    def call(self, x):
        return 2.0 * x

    def exact(self, call):
        return Twice(2 * call.bound)


class Twice(Operation):
    def __call__(self, *inputs):
        return 2.0 * inputs[0]


def model_of(layer):
    x = keras.Input((3,))
    return keras.Model(x, layer(keras.layers.Dense(3)(x)), name="decoder")


@pytest.mark.parametrize("make", [Own, OwnDense, OwnModel])
def test_layers_without_a_counterpart_are_refused(make):
    layer = make(3, name="mine") if make is OwnDense else make(name="mine")
    with pytest.raises(ValueError) as error:
        ExactNetwork(model_of(layer))
    begins = (
        "the network 'decoder' cannot be computed alike on every machine, as coding needs: its layer 'mine' "
        f"({make.__name__}) has no exact counterpart, only these have one: "
    )
    assert str(error.value) == begins + ", ".join(sorted(LAYERS))


def test_a_layer_of_your_own_may_bring_its_counterpart():
    model = model_of(Doubled())
    data = np.random.default_rng(0).normal(size=(9, 3)).astype("float32")
    network = ExactNetwork(model)
    np.testing.assert_allclose(values(network(data))[0], np.asarray(model(data, training=False)), atol=2e-4)
    assert network.digest() != ExactNetwork(model_of(keras.layers.Identity())).digest()


def test_own_functions_and_subclassed_models_are_refused():
    with pytest.raises(
        ValueError, match=r"its layer 'mine' \(Dense\) .* its activation '<lambda>' has none: take"
    ):
        ExactNetwork(model_of(keras.layers.Dense(2, lambda x: x, name="mine")))
    with pytest.raises(
        ValueError, match=r"'own' cannot be .* it is not a functional model, keras.Model\(inputs, out"
    ):
        ExactNetwork(OwnModel(name="own"))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_weights_and_inputs_must_be_finite(wrong):
    layer = keras.layers.Dense(3, name="mine")
    model = model_of(layer)
    network = ExactNetwork(model)
    layer.kernel.assign(np.where(np.eye(3) > 0, wrong, 0.0))
    with pytest.raises(ValueError, match=f"its layer 'mine' .* its weight kernel holds {wrong}"):
        ExactNetwork(model)
    with pytest.raises(ValueError, match=f"takes finite numbers. Received: {wrong}"):
        network(np.array([[0.0, wrong, 1.0]]))
    with pytest.raises(ValueError, match=r"takes rows of shape \(3,\). Received: \(2, 4\)"):
        network(np.zeros((2, 4)))


def test_outputs_that_are_no_numbers_are_refused():
    model = model_of(keras.layers.LayerNormalization(epsilon=0.0))
    with pytest.raises(ValueError, match=r"the network 'decoder' gives no number .* Received: nan"):
        ExactNetwork(model)(np.zeros((2, 3)))


def test_calls_in_training_mode_are_refused():
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Dropout(0.5, name="mine")(x, training=True))
    with pytest.raises(ValueError, match=r"its layer 'mine' \(Dropout\) .* it is called with training=True"):
        ExactNetwork(model)
    ExactNetwork(keras.Model(x, keras.layers.Dropout(0.5)(x, training=False)))


def test_what_lies_far_out_is_clipped():
    x = keras.Input((1,))
    dense = keras.layers.Dense(1)
    model = keras.Model(x, dense(x))
    dense.set_weights([np.array([[1e5]]), np.array([0.0])])
    got = values(ExactNetwork(model)(np.array([[1.0], [-1e30], [0.01]])))[0]
    np.testing.assert_allclose(got[:, 0], [4096.0, -4096.0, 1000.0], rtol=4e-3)
    assert issubclass(CounterpartError, ValueError)


def test_keras_is_not_needed_any_more(encoder):
    network = ExactNetwork(encoder)
    assert not any(
        "keras" in type(it).__module__ for step in network.steps for it in vars(step.operation).values()
    )
