"""Decoders as programs of a page: what stands in them, and what is refused in a sentence."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers as L

from kvae import VAE
from kvae.explorer import decoding
from kvae.explorer.decoding import decoding_of
from kvae.explorer.program import program_of
from kvae.explorer.translation import UntranslatedError
from kvae.layers import mlp_decoder, mlp_encoder
from kvae.likelihoods.bernoulli import Bernoulli
from kvae.likelihoods.table import Table
from tests.likelihoods.columns_of_tables import COLUMNS


def model(likelihood="bernoulli", decoder=None, **kwargs):
    decoder = decoder or mlp_decoder((3, 2), 2, 4)
    return VAE(mlp_encoder((3, 2), 2, 4), decoder, likelihood=likelihood, seed=0, **kwargs)


def ops_of(program):
    return [step.get("function", step["op"]) for step in program.steps]


def test_a_decoder_is_its_layers_in_order_and_the_mean_of_its_likelihood():
    vae = model()
    program, where = decoding_of(vae)
    assert where == {} and ops_of(program) == ["dense", "relu", "dense", "reshape", "sigmoid"]
    assert program.steps[0]["in"] == [0] and program.outputs == [program.steps[-1]["out"]]
    assert program.steps[-1]["shape"] == [3, 2]
    kernel = program.steps[0]["kernel"]
    values = program.weights[kernel["at"] : kernel["at"] + 8].reshape(kernel["shape"])
    np.testing.assert_array_equal(values, np.asarray(vae.decoder.get_layer("hidden_1").kernel))
    assert len(program.weights) == sum(np.size(one) for one in vae.decoder.get_weights())
    assert ops_of(decoding_of(model("gaussian"))[0])[-1] == "reshape"


def test_models_in_models_are_taken_apart():
    inner = keras.Sequential([keras.Input((4,)), L.Dense(6, "tanh"), L.Dropout(0.5)])
    z = keras.Input((2,))
    program = program_of(keras.Model(z, L.Reshape((3, 2))(inner(L.Dense(4)(z)))))
    assert ops_of(program) == ["dense", "dense", "tanh", "reshape", "reshape"]


class Own(L.Layer):
    """A layer that nobody knows."""

    def call(self, x):
        return 2.0 * x


def double(x):
    return 2.0 * x


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (Own(), "has a layer Own"),
        (L.Dense(6, activation=double), "has the activation double"),
        (L.LSTM(6), "has a layer LSTM"),
        (L.Softmax(axis=0), "works along the axis 0 of a batch"),
        (L.UpSampling2D(interpolation="bilinear"), "interpolation=bilinear"),
    ],
)
def test_what_a_page_cannot_compute_is_named(layer, reason):
    shape = {"LSTM": (3, 2), "UpSampling2D": (3, 2, 1)}.get(type(layer).__name__, (4,))
    x = keras.Input(shape)
    with pytest.raises(UntranslatedError, match=reason):
        program_of(keras.Model(x, layer(x)))


def test_weights_that_are_too_many_or_no_numbers_are_refused(monkeypatch):
    vae = model()
    vae.decoder.get_layer("output").bias.assign(np.full(6, np.nan))
    with pytest.raises(
        UntranslatedError, match="has a layer Dense that cannot be computed here, its weight bias holds nan"
    ):
        decoding_of(vae)
    monkeypatch.setattr(decoding, "MANY_WEIGHTS", 20)
    with pytest.raises(UntranslatedError, match="has 42 weights, and a page holds 20 at most"):
        decoding_of(vae)


class OfNumPy(Bernoulli):
    """A likelihood whose mean is computed outside the graph."""

    def mean(self, params):
        return np.log(params)


def test_a_likelihood_that_is_no_graph_is_named():
    vae = VAE(mlp_encoder((3,), 2, 4), mlp_decoder((3,), 2, 4), likelihood=OfNumPy(), seed=0)
    with pytest.raises(UntranslatedError, match="ends in the likelihood OfNumPy, whose mean has no graph"):
        decoding_of(vae)


@pytest.mark.parametrize(("name", "n", "most"), [("large_categorical", 300, 10_000), ("categorical", 5, 4)])
def test_a_column_of_too_many_categories_is_named(name, n, most, monkeypatch):
    table = Table([COLUMNS["poisson"], replace(COLUMNS[name], name=f"{name}\n\x00{'x' * 999}")])
    decoder = mlp_decoder(table.param_shape((2,)), 2, 4)
    vae = VAE(mlp_encoder((2,), 2, 4), decoder, likelihood=table, seed=0)
    monkeypatch.setattr(decoding, "MANY_CATEGORIES", most)
    with pytest.raises(
        UntranslatedError, match=f"chooses among the {n} categories of the column {name}"
    ) as raised:
        decoding_of(vae)
    said = str(raised.value)
    assert said.endswith("…, too many for a page") and said.isprintable() and len(said) < 250
    monkeypatch.setattr(decoding, "MANY_CATEGORIES", 5)
    if name == "categorical":
        assert 1 in decoding_of(vae)[1]
