import warnings

import keras
import numpy as np
import pytest

from kvae import VAE
from kvae.layers import mlp_decoder, mlp_encoder

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]
Dense, Model, Input = keras.layers.Dense, keras.Model, keras.Input


def encoder():
    return mlp_encoder((6,), 2, 4)


def encoder_of(outputs, inputs=None):
    x = Input((6,)) if inputs is None else inputs
    return Model(x, outputs(x))


def decoder_of(*layers, sizes=(2,)):
    return keras.Sequential([Input(sizes), *layers])


class Subclassed(keras.Model):
    def __init__(self, units=6):
        super().__init__()
        self.dense = Dense(units)

    def call(self, x):
        return self.dense(x)


def checked(encoder, decoder, x, **kwargs):
    """Train and use a VAE of two networks, with warnings as errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "Even though the `tf.config")
        vae = VAE(encoder, decoder, seed=0, **kwargs)
        vae.compile("adam", jit_compile=False)
        vae.train_on_batch(x)
        z_mean, z_log_var = vae.encode(x)
        assert z_mean.shape == z_log_var.shape == (60, 2)
        assert vae.decode(z_mean).shape == vae.reconstruct(x).shape == x.shape
    return vae


DECODERS = {
    "an unbuilt Sequential": lambda: keras.Sequential([Dense(4, "relu"), Dense(6)]),
    "a layer": lambda: Dense(6),
    "a subclassed model": Subclassed,
    "a list of one output": lambda: (lambda z: Model([z], [Dense(6)(z)]))(Input((2,))),
    "a dictionary of one input": lambda: (lambda z: Model({"z": z}, Dense(6)(z)))(Input((2,), name="z")),
    "a dictionary of one output": lambda: (lambda z: Model(z, {"x": Dense(6)(z)}))(Input((2,))),
    "nested": lambda: decoder_of(keras.Sequential([Dense(4, "tanh")]), keras.Sequential([Dense(6)])),
}


@pytest.mark.parametrize("name", DECODERS)
def test_decoders_that_are_taken(x, name):
    checked(encoder(), DECODERS[name](), x)


def test_an_encoder_may_name_its_outputs(x):
    log_var = keras.initializers.Constant(-1.0)
    named = encoder_of(lambda x: {"z_mean": Dense(2)(x), "z_log_var": Dense(2, bias_initializer=log_var)(0 * x)})
    vae = checked(named, mlp_decoder((6,), 2, 4), x)
    np.testing.assert_allclose(vae.encode(x)[1], -1.0, atol=0.01)
    assert len(vae.trainable_weights) == 8


def test_an_encoder_may_take_a_list_of_one(x):
    inputs = Input((6,))
    checked(Model([inputs], [Dense(2)(inputs), Dense(2)(inputs)]), Dense(6), x)


def test_a_layer_may_be_used_twice_in_a_network(x, tmp_path):
    inputs, shared = Input((6,)), Dense(6, "relu")
    vae = checked(encoder_of(lambda x: [Dense(2)(shared(shared(x))), Dense(2)(x)], inputs), Dense(6), x)
    vae.save(tmp_path / "m.keras")
    np.testing.assert_array_equal(vae.encode(x), keras.saving.load_model(tmp_path / "m.keras").encode(x))


def test_a_layer_in_both_networks_is_refused():
    shared, codes = Dense(2, name="tied"), Input((2,))
    encoder = encoder_of(lambda x: [shared(Dense(2)(x)), Dense(2)(x)])
    with pytest.raises(ValueError, match=r"must not share layers.*Received in both: tied"):
        VAE(encoder, Model(codes, Dense(6)(shared(codes))))


def two_inputs():
    a, b = Input((6,)), Input((6,))
    both = keras.layers.Concatenate()([a, b])
    return Model([a, b], [Dense(2)(both), Dense(2)(both)])


def two_codes():
    a, b = Input((2,)), Input((2,))
    return Model([a, b], Dense(6)(keras.layers.Add()([a, b])))


def two_outputs():
    z = Input((2,))
    return Model(z, [Dense(6)(z), Dense(6)(z)])


REFUSED = {
    "two inputs": (
        two_inputs,
        Dense,
        r"`encoder` must have one input.*Received: 2 inputs, \(None, 6\), \(None, 6\)",
    ),
    "two codes": (encoder, two_codes, "`decoder` must have one input"),
    "two outputs": (encoder, two_outputs, r"`decoder` must have one output.*2 outputs, \(None, 6\), \(None, 6\)"),
    "three heads": (
        lambda: encoder_of(lambda x: [Dense(2)(x), Dense(2)(x), Dense(2)(x)]),
        Dense,
        "two outputs of shape .*The code z itself is drawn by the VAE",
    ),
    "one head": (lambda: encoder_of(Dense(2)), Dense, "two outputs of shape .*Pass the encoder first"),
    "heads of other names": (
        lambda: encoder_of(lambda x: {"mean": Dense(2)(x), "var": Dense(2)(x)}),
        Dense,
        "must give z_mean and z_log_var.*Received the outputs: mean, var",
    ),
    "heads in the wrong order": (
        lambda: encoder_of(lambda x: [Dense(2, name="z_log_var")(x), Dense(2, name="z_mean")(x)]),
        Dense,
        "z_mean first, then z_log_var. Received: z_log_var, z_mean",
    ),
    "networks in the wrong order": (lambda: mlp_decoder((6,), 2, 4), encoder, "Pass the encoder first"),
    "another width": (encoder, lambda: decoder_of(Dense(5)), r"must map \(batch, 2\) to \(batch, 6\)"),
    "another code": (encoder, lambda: decoder_of(Dense(6), sizes=(3,)), r"Received: \(None, 3\) to \(None, 6\)"),
    "flat images": (
        lambda: mlp_encoder((2, 3), 2, 4),
        lambda: decoder_of(Dense(6)),
        r"End it with keras.layers.Reshape\(\(2, 3\)\)",
    ),
    "an unbuilt encoder": (lambda: Subclassed(2), Dense, "inputs = keras.Input.*has no inputs yet"),
    "any length": (lambda: ragged(), Dense, "must have an input of known shape"),
    "a decoder that cannot be built": (
        encoder,
        lambda: keras.Sequential([keras.layers.Conv2D(1, 3)]),
        "which cannot be built",
    ),
    "no network": (lambda: "encoder", Dense, "`encoder` must be a Keras model. Received: encoder='encoder'"),
}


def ragged():
    x = Input((None, 3))
    h = keras.layers.GlobalAveragePooling1D()(x)
    return Model(x, [Dense(2)(h), Dense(2)(h)])


@pytest.mark.parametrize("name", REFUSED)
def test_networks_that_are_refused(name):
    make_encoder, make_decoder, message = REFUSED[name]
    decoder = Dense(6) if make_decoder is Dense else make_decoder()
    with pytest.raises(ValueError, match=message):
        VAE(make_encoder(), decoder)
