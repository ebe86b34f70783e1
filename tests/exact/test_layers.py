"""Every layer with an exact counterpart gives what Keras gives; every other is refused in a sentence."""

import keras
import numpy as np
import pytest
from keras import layers as L

from kvae.exact import ExactNetwork
from kvae.exact.calls import LAYERS, known
from kvae.exact.units import to_units

known()
RNG = np.random.default_rng(0)
VECTOR, SEQUENCE, IMAGE, VOLUME = (7,), (9, 3), (7, 6, 4), (5, 4, 3, 2)

CASES = {
    "Dense": (VECTOR, [lambda: L.Dense(5, "tanh"), lambda: L.Dense(3, use_bias=False, trainable=False)]),
    "Dense of images": (IMAGE, [lambda: L.Dense(5, activity_regularizer="l2", kernel_constraint="non_neg")]),
    "Activation": (VECTOR, [lambda: L.Activation("exponential"), lambda: L.Activation(keras.ops.gelu)]),
    "ReLU": (VECTOR, [L.ReLU, lambda: L.ReLU(1.5, 0.1, 0.25), lambda: L.ReLU(None, 1.5, 3.0)]),
    "LeakyReLU": (VECTOR, [L.LeakyReLU, lambda: L.LeakyReLU(1.7)]),
    "ELU": (VECTOR, [L.ELU, lambda: L.ELU(0.5)]),
    "PReLU": (IMAGE, [lambda: L.PReLU("normal"), lambda: L.PReLU("normal", shared_axes=[1, 2])]),
    "Softmax": (SEQUENCE, [L.Softmax, lambda: L.Softmax(1), lambda: L.Softmax((1, 2))]),
    "Conv1D": (
        SEQUENCE,
        [
            lambda: L.Conv1D(5, 3, strides=2, padding="same", activation="relu"),
            lambda: L.Conv1D(5, 4, padding="causal", dilation_rate=2),
            lambda: L.Conv1D(6, 2, groups=3),
        ],
    ),
    "Conv2D": (
        IMAGE,
        [
            lambda: L.Conv2D(5, 3, padding="same", bias_initializer="normal"),
            lambda: L.Conv2D(5, (3, 2), strides=(2, 3), padding="same"),
            lambda: L.Conv2D(6, (2, 4), strides=2, groups=2, use_bias=False),
            lambda: L.Conv2D(3, 3, dilation_rate=(2, 1), padding="same", activation="sigmoid"),
        ],
    ),
    "Conv3D": (VOLUME, [lambda: L.Conv3D(3, (2, 3, 2), strides=(2, 1, 1), padding="same")]),
    "Conv1DTranspose": (
        SEQUENCE,
        [lambda: L.Conv1DTranspose(4, 3, strides=2), lambda: L.Conv1DTranspose(4, 3, strides=2, padding="same")],
    ),
    "Conv2DTranspose": (
        IMAGE,
        [
            lambda: L.Conv2DTranspose(3, 3, strides=2, padding="same", activation="relu"),
            lambda: L.Conv2DTranspose(3, (2, 5), strides=(3, 2), bias_initializer="normal"),
            lambda: L.Conv2DTranspose(3, 3, strides=2, padding="same", output_padding=1),
            lambda: L.Conv2DTranspose(3, 2, strides=3, padding="valid", output_padding=1),
            lambda: L.Conv2DTranspose(2, 3, padding="same", dilation_rate=2),
            lambda: L.Conv2DTranspose(2, 1, strides=2, padding="same"),
        ],
    ),
    "Conv3DTranspose": (VOLUME, [lambda: L.Conv3DTranspose(3, (2, 3, 2), strides=(2, 1, 1), padding="same")]),
    "DepthwiseConv1D": (SEQUENCE, [lambda: L.DepthwiseConv1D(3, depth_multiplier=2, padding="same")]),
    "DepthwiseConv2D": (
        IMAGE,
        [
            lambda: L.DepthwiseConv2D(3, depth_multiplier=2, padding="same", bias_initializer="normal"),
            lambda: L.DepthwiseConv2D((2, 3), strides=(2, 2), activation="tanh"),
        ],
    ),
    "SeparableConv1D": (SEQUENCE, [lambda: L.SeparableConv1D(4, 3, depth_multiplier=2, padding="same")]),
    "SeparableConv2D": (IMAGE, [lambda: L.SeparableConv2D(5, 3, strides=2, padding="same", activation="relu")]),
    "BatchNormalization": (
        IMAGE,
        [
            lambda: L.BatchNormalization(**RANDOM_MOMENTS),
            lambda: L.BatchNormalization(axis=1, center=False, **RANDOM_MOMENTS),
            lambda: L.BatchNormalization(scale=False, trainable=False, epsilon=0.1, **RANDOM_MOMENTS),
        ],
    ),
    "LayerNormalization": (
        SEQUENCE,
        [
            lambda: L.LayerNormalization(gamma_initializer="normal", beta_initializer="normal"),
            lambda: L.LayerNormalization(axis=(1, 2), gamma_initializer="normal"),
            lambda: L.LayerNormalization(axis=1, scale=False, beta_initializer="normal"),
        ],
    ),
    "GroupNormalization": (
        IMAGE,
        [
            lambda: L.GroupNormalization(2, gamma_initializer="normal", beta_initializer="normal"),
            lambda: L.GroupNormalization(-1, scale=False),
            lambda: L.GroupNormalization(3, axis=2, gamma_initializer="normal"),
            lambda: L.GroupNormalization(3, axis=-2, gamma_initializer="normal"),
        ],
    ),
    "RMSNormalization": (SEQUENCE, [L.RMSNormalization]),
    "UnitNormalization": (SEQUENCE, [L.UnitNormalization, lambda: L.UnitNormalization(axis=(1, 2))]),
    "MaxPooling1D": (SEQUENCE, [lambda: L.MaxPooling1D(2), lambda: L.MaxPooling1D(3, 1, "same")]),
    "MaxPooling2D": (IMAGE, [L.MaxPooling2D, lambda: L.MaxPooling2D((3, 2), 2, "same")]),
    "MaxPooling3D": (VOLUME, [lambda: L.MaxPooling3D(2, padding="same")]),
    "AveragePooling1D": (SEQUENCE, [lambda: L.AveragePooling1D(2, padding="same")]),
    "AveragePooling2D": (IMAGE, [lambda: L.AveragePooling2D(2), lambda: L.AveragePooling2D((3, 2), 2, "same")]),
    "AveragePooling3D": (VOLUME, [lambda: L.AveragePooling3D(2)]),
    "GlobalMaxPooling1D": (SEQUENCE, [L.GlobalMaxPooling1D]),
    "GlobalMaxPooling2D": (IMAGE, [lambda: L.GlobalMaxPooling2D(keepdims=True)]),
    "GlobalMaxPooling3D": (VOLUME, [L.GlobalMaxPooling3D]),
    "GlobalAveragePooling1D": (SEQUENCE, [L.GlobalAveragePooling1D]),
    "GlobalAveragePooling2D": (IMAGE, [L.GlobalAveragePooling2D, lambda: L.GlobalAveragePooling2D(keepdims=True)]),
    "GlobalAveragePooling3D": (VOLUME, [L.GlobalAveragePooling3D]),
    "UpSampling1D": (SEQUENCE, [lambda: L.UpSampling1D(3)]),
    "UpSampling2D": (IMAGE, [lambda: L.UpSampling2D((2, 3))]),
    "UpSampling3D": (VOLUME, [lambda: L.UpSampling3D((2, 1, 2))]),
    "ZeroPadding1D": (SEQUENCE, [lambda: L.ZeroPadding1D((1, 3))]),
    "ZeroPadding2D": (IMAGE, [lambda: L.ZeroPadding2D(((1, 0), (2, 3)))]),
    "ZeroPadding3D": (VOLUME, [lambda: L.ZeroPadding3D(((1, 0), (2, 3), (0, 1)))]),
    "Cropping1D": (SEQUENCE, [lambda: L.Cropping1D((1, 3))]),
    "Cropping2D": (IMAGE, [lambda: L.Cropping2D(((1, 0), (2, 3)))]),
    "Cropping3D": (VOLUME, [lambda: L.Cropping3D(((1, 0), (0, 2), (0, 1)))]),
    "Flatten": (IMAGE, [L.Flatten, lambda: L.Flatten("channels_first")]),
    "Reshape": (IMAGE, [lambda: L.Reshape((-1, 8))]),
    "Permute": (IMAGE, [lambda: L.Permute((3, 1, 2))]),
    "RepeatVector": (VECTOR, [lambda: L.RepeatVector(3)]),
    "Rescaling": (IMAGE, [lambda: L.Rescaling(1 / 255, -0.5), lambda: L.Rescaling([1.0, 2.0, 3.0, 0.5], 0.1)]),
    "Normalization": (
        SEQUENCE,
        [
            lambda: L.Normalization(mean=[0.1, -2.0, 3.0], variance=[0.5, 2.0, 0.2]),
            lambda: L.Normalization(axis=None, mean=0.3, variance=2.0, invert=True),
            lambda: L.Normalization(axis=1, mean=np.arange(9.0), variance=1 + np.arange(9.0)),
        ],
    ),
    "TimeDistributed": (SEQUENCE, [lambda: L.TimeDistributed(L.Dense(4, "relu"))]),
    **{
        kind: (VECTOR, [lambda kind=kind: getattr(L, kind)()])
        for kind in ("Identity", "ActivityRegularization")
    },
    **{
        kind: (VECTOR, [lambda kind=kind: getattr(L, kind)(0.5)])
        for kind in ("AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise")
    },
    "SpatialDropout1D": (SEQUENCE, [lambda: L.SpatialDropout1D(0.5)]),
    "SpatialDropout2D": (IMAGE, [lambda: L.SpatialDropout2D(0.5)]),
    "SpatialDropout3D": (VOLUME, [lambda: L.SpatialDropout3D(0.5)]),
}  # fmt: skip
RANDOM_MOMENTS = {
    "moving_mean_initializer": "normal",
    "moving_variance_initializer": keras.initializers.RandomUniform(0.5, 2.0),
    "gamma_initializer": "normal",
    "beta_initializer": "normal",
}
ACTIVATIONS = [
    *("celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu"),
    *("linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink"),
    *("softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "squareplus", "tanh", "tanh_shrink"),
]
MERGING = ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"]
EACH = [(name, i) for name, (_, makes) in CASES.items() for i in range(len(makes))]


def assert_as_in_keras(model, inputs, atol=4e-4):
    """The exact network gives what Keras gives, on multiples of 2^-14, whatever the batch."""
    network = ExactNetwork(model)
    wanted = [np.asarray(it) for it in keras.tree.flatten(model(inputs, training=False))]
    inputs = inputs if isinstance(inputs, list) else [inputs]
    got = [np.asarray(it) for it in network(*inputs)]
    network.rows_at_once = 3
    for a, b, c in zip(got, wanted, network(*inputs), strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, atol=atol, rtol=2e-4)
        np.testing.assert_array_equal(a * 2.0**14, np.rint(a * 2.0**14))
        np.testing.assert_array_equal(a, np.asarray(c))
        assert not np.signbit(a[a == 0]).any()
    assert_within_bounds(network, inputs)


def assert_within_bounds(network, inputs):
    """No operation gives more than it says, so that the products after it are exact."""
    memory = {place: to_units(it.astype(np.float64)) for place, it in zip(network.inputs, inputs, strict=True)}
    for step in network.steps:
        memory[step.target] = step.operation(*(memory[place] for place in step.sources))
        assert np.abs(memory[step.target]).max(initial=0) <= step.operation.bound <= 2**26
        assert step.operation.bound == network.bounds[step.target]
        assert memory[step.target].shape[1:] == network.shapes[step.target]


def data(shape, n=10):
    return (RNG.normal(size=(n, *shape)) * 2.0).astype("float32")


def model_of(shape, layer):
    keras.utils.set_random_seed(0)
    x = keras.Input(shape)
    return keras.Model(x, layer(x))


@pytest.mark.parametrize(("name", "i"), EACH)
def test_layers(name, i):
    shape, makes = CASES[name]
    keras.utils.set_random_seed(0)
    model = model_of(shape, makes[i]())
    assert_as_in_keras(model, data(shape))
    assert_as_in_keras(model, np.zeros((2, *shape), "float32"))


@pytest.mark.parametrize("name", MERGING)
@pytest.mark.parametrize("shapes", [(SEQUENCE,) * 3, ((9, 1), (1, 3))])
def test_merging(name, shapes):
    if len(shapes) == 3 and name == "Subtract":
        shapes = shapes[:2]
    if name == "Concatenate" and shapes[0] != shapes[-1]:
        shapes = ((9, 1), (9, 3))
    inputs = [keras.Input(shape) for shape in shapes]
    assert_as_in_keras(keras.Model(inputs, getattr(L, name)()(inputs)), [data(shape) for shape in shapes])


def test_every_counterpart_is_tested():
    assert set(LAYERS) <= {*CASES, *MERGING}


@pytest.mark.parametrize(
    "make",
    [
        lambda: L.Conv2D(3, 3, padding="same", data_format="channels_first"),
        lambda: L.MaxPooling2D(data_format="channels_first"),
        lambda: L.GlobalAveragePooling2D("channels_first"),
        lambda: L.UpSampling2D((1, 2), "channels_first"),
        lambda: L.ZeroPadding2D(((1, 0), (2, 3)), "channels_first"),
        lambda: L.Cropping2D(((1, 0), (0, 2)), "channels_first"),
        lambda: L.Conv2DTranspose(3, 2, strides=2, data_format="channels_first"),
        lambda: L.DepthwiseConv2D(2, data_format="channels_first"),
    ],
)
def test_channels_first(make):
    """TensorFlow on a CPU cannot: the same layer with channels last, and both axes moved, says what is right."""
    first = make()
    model = model_of((4, 7, 6), first)
    second = type(first).from_config({**first.get_config(), "data_format": "channels_last"})
    last = model_of((7, 6, 4), second)
    second.set_weights(first.get_weights())
    x = data((4, 7, 6))
    wanted = np.asarray(last(np.moveaxis(x, 1, -1), training=False))
    wanted = np.moveaxis(wanted, -1, 1) if wanted.ndim == 4 else wanted
    np.testing.assert_allclose(np.asarray(ExactNetwork(model)(x)[0]), wanted, atol=4e-4)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name):
    assert_as_in_keras(
        model_of((8,), L.Activation(name)), np.append(data((8,), 40), np.zeros((1, 8), "float32"), 0)
    )


def h_and_g(shape=(6,)):
    x = keras.Input(shape)
    return x, L.Dense(4)(x), L.Dense(4, "sigmoid")(x)


@pytest.mark.parametrize(
    "make",
    [
        lambda h, g: h + g,
        lambda h, g: 2.5 - h * g,
        lambda h, g: h / (0.5 + g),
        lambda h, g: -h + np.arange(4.0, dtype="float32"),
        lambda h, g: keras.ops.maximum(h, 0.25),
        lambda h, g: keras.ops.clip(h, -0.5, 1.0),
        lambda h, g: keras.ops.abs(h) + keras.ops.square(g),
        lambda h, g: keras.ops.sqrt(g) + keras.ops.log(g),
        lambda h, g: keras.ops.exp(h),
        lambda h, g: keras.ops.gelu(h),
        lambda h, g: keras.ops.gelu(h, approximate=False),
        lambda h, g: keras.ops.leaky_relu(h, 0.3),
        lambda h, g: keras.ops.softmax(h, axis=1),
        lambda h, g: keras.activations.relu(h, negative_slope=0.1),
        lambda h, g: keras.ops.reshape(h, (-1, 2, 2)),
        lambda h, g: keras.ops.expand_dims(h, -1),
        lambda h, g: keras.ops.squeeze(keras.ops.expand_dims(h, 1), 1),
        lambda h, g: keras.ops.transpose(keras.ops.reshape(h, (-1, 2, 2)), (0, 2, 1)),
        lambda h, g: keras.ops.split(h, 2, axis=-1),
        lambda h, g: keras.ops.split(h, [1, 3], axis=1),
        lambda h, g: [h[:, :3], h[..., 1], h[:, ::-1], h[:, -2:]],
        lambda h, g: keras.ops.concatenate([h, g, h], axis=-1),
        lambda h, g: keras.ops.stack([h, g], axis=1),
        lambda h, g: [keras.ops.mean(h, axis=-1), keras.ops.sum(h, 1, keepdims=True), keras.ops.max(h, -1)],
        lambda h, g: keras.ops.cast(h, "float32"),
    ],
)
def test_operations(make):
    keras.utils.set_random_seed(0)
    x, h, g = h_and_g()
    assert_as_in_keras(keras.Model(x, make(h, g)), data((6,)), atol=2e-3)


def inner_of_two():
    a, b = keras.Input((4,), name="b"), keras.Input((4,), name="a")
    return keras.Model([a, b], a - 2.0 * b)


def test_models_of_several_inputs():
    keras.utils.set_random_seed(0)
    x, h, g = h_and_g()
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    by_name = keras.Model({"b": b, "a": a}, b - 3.0 * a)
    assert_as_in_keras(
        keras.Model(x, [inner_of_two()([h, g]), by_name({"b": g, "a": h}), by_name({"a": h, "b": g})]), data((6,))
    )


def test_a_normalization_that_has_seen_data():
    layer = L.Normalization()
    layer.adapt(3.0 + 2.0 * data((7,), 50))
    assert_as_in_keras(model_of((7,), layer), data((7,)))


def test_thresholds_can_give_more_than_came_in():
    model = model_of((3,), L.ReLU(None, 1.0, 3.0))
    network, x = ExactNetwork(model, largest=0.25), np.array([[-0.25, 0.125, 0.25]])
    np.testing.assert_array_equal(np.asarray(network(x)[0]), [[-3.25, -2.875, -2.75]])
    assert_within_bounds(network, [x])


def test_weights_of_which_some_are_subnormal():
    layer = L.PReLU()
    model = model_of((3,), layer)
    layer.set_weights([np.array([1e-40, 0.0, 0.5], np.float32)])
    digest = ExactNetwork(model).digest()
    layer.set_weights([np.array([0.0, 0.0, 0.5], np.float32)])
    assert ExactNetwork(model).digest() == digest


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda h: keras.Sequential([L.Dense(4)])(h, training=True), "it is called with training=True"),
        (lambda h: inner_of_two()({"b": h, "a": h}), "another structure than it was built with"),
        (lambda h: L.TimeDistributed(L.LSTM(4))(L.Reshape((1, 2, 2))(h)), "only these have one"),
        (lambda h: L.Softmax()(h, mask=h > 0), "only these have one"),
        (lambda h: L.Softmax(axis=0)(h), "its axis is"),
        (lambda h: L.LayerNormalization(axis=0)(h), "its axis is that of the batch"),
        (lambda h: L.Concatenate(axis=0)([h, h]), "its axis is that of the batch"),
        (lambda h: L.Concatenate(axis=0)([h, h]), "its axis is that of the batch"),
        (lambda h: L.BatchNormalization()(h, training=True), "it is called with training=True"),
        (lambda h: L.UpSampling2D(interpolation="bilinear")(L.Reshape((2, 2, 1))(h)), "its interpolation is not"),
        (lambda h: L.Masking()(L.Reshape((2, 2))(h)), "only these have one"),
        (lambda h: L.LSTM(2)(L.Reshape((2, 2))(h)), "only these have one"),
        (lambda h: L.Add()([h, L.RepeatVector(2)(h)]), "its inputs have different numbers of axes"),
        (lambda h: L.Lambda(lambda x: 2 * x)(h), "only these have one"),
        (lambda h: h[0] + h, "other parts of its input than whole rows"),
        (lambda h: keras.ops.mean(h, axis=0, keepdims=True) + h, "its axis is that of the batch"),
        (lambda h: keras.ops.max(h, axis=-1, keepdims=True, initial=0.0) + h, "it has an initial value"),
        (lambda h: keras.ops.reshape(h, (4, -1)), "does not keep the batch axis"),
        (lambda h: keras.ops.transpose(h), "moves the batch axis"),
        (lambda h: keras.ops.roll(h, 1, axis=0), "only these have one"),
        (lambda h: keras.ops.cast(keras.ops.cast(h, "int32"), "float32"), "it makes int32 of floats"),
        (lambda h: h + np.inf, "it is called with inf"),
        (lambda h: L.Dense(2, lambda x: x)(h), "its activation '<lambda>' has none"),
        (lambda h: L.Dense(2, keras.ops.sin)(h), "its activation 'sin' has none"),
        (lambda h: L.Dense(2, "sparsemax")(h), "its activation 'sparsemax' has none"),  # not what it is elsewhere
    ],
)  # fmt: skip
def test_what_cannot_be_exact_is_refused(make, why):
    x = keras.Input((4,), batch_size=8)
    with pytest.raises(ValueError, match=why):
        ExactNetwork(keras.Model(x, make(L.Dense(4)(x))))


def test_a_quantized_layer_is_refused():
    model = model_of((4,), L.Dense(4, name="mine"))
    model.get_layer("mine").quantize("int8")
    with pytest.raises(ValueError, match=r"'mine' \(Dense\) .* its weights are quantized by Keras"):
        ExactNetwork(model)


def test_numbers_that_a_formula_cannot_give_are_refused_when_they_come():
    x = keras.Input((2,))
    network = ExactNetwork(keras.Model(x, keras.ops.log(x)))
    np.testing.assert_allclose(np.asarray(network(np.array([[1.0, 2.0]]))[0]), [[0.0, np.log(2.0)]], atol=1e-4)
    with pytest.raises(ValueError, match=r"the layer 'log.*' gives -inf for these values"):
        network(np.zeros((1, 2)))


def test_the_vae_of_the_documentation_of_keras():
    """Encoder and decoder of `keras.io/examples/generative/vae`."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((28, 28, 1))
    x = L.Conv2D(32, 3, activation="relu", strides=2, padding="same")(inputs)
    x = L.Conv2D(64, 3, activation="relu", strides=2, padding="same")(x)
    x = L.Dense(16, activation="relu")(L.Flatten()(x))
    encoder = keras.Model(inputs, [L.Dense(2, name="z_mean")(x), L.Dense(2, name="z_log_var")(x)], name="encoder")
    latent = keras.Input((2,))
    x = L.Dense(7 * 7 * 64, activation="relu")(latent)
    x = L.Reshape((7, 7, 64))(x)
    x = L.Conv2DTranspose(64, 3, activation="relu", strides=2, padding="same")(x)
    x = L.Conv2DTranspose(32, 3, activation="relu", strides=2, padding="same")(x)
    decoder = keras.Model(latent, L.Conv2DTranspose(1, 3, activation="sigmoid", padding="same")(x), name="decoder")
    assert_as_in_keras(encoder, RNG.random((7, 28, 28, 1)).astype("float32"))
    assert_as_in_keras(decoder, data((2,)))


def test_networks_of_kvae():
    from kvae.layers import conv_decoder, conv_encoder

    keras.utils.set_random_seed(0)
    assert_as_in_keras(conv_encoder((9, 7, 3), 4, [5, 6]), RNG.random((8, 9, 7, 3)).astype("float32"))
    assert_as_in_keras(conv_decoder((9, 7, 3), 4, [5, 6]), data((4,)))
