"""Evaluation in pieces is Keras's evaluation of all rows."""

import keras
import numpy as np
import pytest

from kvae import VAE
from kvae.data.batches import evaluation_batches
from kvae.data.row_files import NpyFile
from kvae.data.stored import StoredRows
from kvae.layers import mlp_decoder
from kvae.training import in_pieces
from kvae.training.in_pieces import Evaluation


@pytest.fixture
def stored(tmp_path, x):
    np.save(tmp_path / "x.npy", x)
    return StoredRows(NpyFile(tmp_path / "x.npy"), 0, len(x), (6,))


@pytest.mark.parametrize(
    ("batch", "piece", "jit_compile"),
    [
        pytest.param(16, 32, True, marks=pytest.mark.slow),
        (16, 7, False),
        pytest.param(1024, 25, False, marks=pytest.mark.slow),
    ],
)
def test_pieces_of_any_length_give_what_evaluate_gives(
    make_vae, x, stored, monkeypatch, batch, piece, jit_compile
):
    monkeypatch.setattr(in_pieces, "EVALUATION_BATCH", batch)
    vae = make_vae(jit_compile=jit_compile)
    prior = {"prior_mu": np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)}
    prior["prior_cov"] = 0.5 + prior["prior_mu"] ** 2
    for given in ({}, prior):
        whole = evaluation_batches(stored, batch, given, padding=vae.padding)
        expected = vae.evaluate(whole, verbose=0, return_dict=True)
        drawn = vae.sample_posterior(x[:3])
        found = Evaluation(vae, 60)
        draws = []
        for start in range(0, 60, piece):
            rows = slice(start, start + piece)
            found.add({"x": x[rows]} | {name: values[rows] for name, values in given.items()})
            draws.append(vae.sample_posterior(x[:3], seed=5 if start == 0 else None))
        assert found.results() == expected
        np.testing.assert_array_equal(vae.sample_posterior(x[:3]), drawn)
        again = [vae.sample_posterior(x[:3], seed=5 if one == 0 else None) for one in range(len(draws))]
        np.testing.assert_array_equal(draws, again)


def test_what_layers_add_is_reported_as_evaluate_reports_it(x, stored):
    inputs = keras.Input((6,))
    hidden = keras.layers.Dense(4, kernel_regularizer="l2")(inputs)
    encoder = keras.Model(inputs, [keras.layers.Dense(2)(hidden), keras.layers.Dense(2)(hidden)])
    vae = VAE(encoder, mlp_decoder((6,), 2, 4), seed=0)
    vae.compile("adam", jit_compile=False)
    found = Evaluation(vae, 60)
    found.add({"x": x})
    results = found.results()
    assert results["regularization"] > 0
    assert results == vae.evaluate(evaluation_batches(stored), verbose=0, return_dict=True)


def test_rows_that_are_missing_are_said(make_vae, x):
    found = Evaluation(make_vae(run_eagerly=True), 60)
    found.add({"x": x[:40]})
    with pytest.raises(ValueError, match=r"the pieces must have 60 rows together. Received: 0"):
        found.results()
