"""Every door of a VAE takes rows of a table with gaps; other likelihoods still refuse them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kvae.layers import mlp_decoder, mlp_encoder
from kvae.likelihoods.table import Table
from kvae.model import VAE
from kvae.networks.table_input import TableInput
from kvae.table import coded
from tests.mixed_table import mixed_columns, mixed_rows

X = mixed_rows(120)
NAMES = [column.name for column in mixed_columns().columns]


def table_vae(missing="ignore", hide=0.3, **kwargs):
    keras.utils.set_random_seed(0)
    columns = [coded(c, v) for c, v in zip(mixed_columns(missing).columns, X.T, strict=True)]
    first = TableInput(columns, hide, seed=1, name="table_input")
    rows = keras.Input((7,), name="x")
    encoder = keras.Model(rows, mlp_encoder((first.n_features,), 2, 8)(first(rows)), name="encoder")
    likelihood = Table(columns, name="table")
    decoder = mlp_decoder(likelihood.param_shape((7,)), 2, 8)
    vae = VAE(encoder, decoder, likelihood=likelihood, seed=0, **kwargs)
    vae.compile("adam")
    return vae


VAE_OF_TABLE = table_vae()
VAE_OF_TABLE.compile("sgd", run_eagerly=True, jit_compile=False)  # what is compiled is tested once


class Batches(keras.utils.PyDataset):
    def __init__(self, x):
        super().__init__()
        self.x = x

    def __len__(self):
        return 2

    def __getitem__(self, i):
        return (self.x[i * 60 : (i + 1) * 60],)


def frame(x):
    pd = pytest.importorskip("pandas", reason="the extra [test] is not installed")
    return pd.DataFrame(x, columns=NAMES)


def polars_frame(x):
    import polars as pl

    return pl.DataFrame(
        {name: [None if np.isnan(v) else float(v) for v in x[:, j]] for j, name in enumerate(NAMES)}
    )


DOORS = {
    "array": lambda x: x,
    "dictionary": lambda x: {"x": x},
    "list": lambda x: x.tolist(),
    "pandas": frame,
    "polars": polars_frame,
    "data set": lambda x: tf.data.Dataset.from_tensor_slices(x).batch(60),
    "PyDataset": Batches,
}


@pytest.mark.parametrize("door", DOORS)
def test_fit_takes_gaps(door):
    vae = VAE_OF_TABLE
    history = vae.fit(DOORS[door](X), batch_size=60 if door not in ("data set", "PyDataset") else None, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert all(np.isfinite(weight).all() for weight in vae.get_weights())
    np.testing.assert_allclose(vae.evaluate(DOORS[door](X), verbose=0), vae.evaluate(X, verbose=0), rtol=1e-2)


@pytest.mark.parametrize("door", DOORS)
def test_values_that_a_column_cannot_have_are_refused(door):
    x = X.copy()
    x[70, 5] = 5.0
    words = (
        r"must hold integers from 0 to 4.*Received: 5 in row \d+, column"
        if door != "data set"
        else "Received: a batch"
    )
    with pytest.raises(ValueError, match=words):
        VAE_OF_TABLE.fit(DOORS[door](x), verbose=0)
    x[70, 5], x[70, 0] = 1.0, np.inf
    with pytest.raises(ValueError, match=r"must hold"):
        VAE_OF_TABLE.fit(DOORS[door](x), verbose=0)


def test_inference_takes_gaps():
    vae = VAE_OF_TABLE
    for found in (
        vae.encode(X),
        vae.reconstruct(X),
        vae.elbo(X),
        vae.log_prob(X[:9], 10),
        vae.predict(X, verbose=0),
    ):
        for values in keras.tree.flatten(found):
            assert np.isfinite(values).all()
    one, other = X.copy(), X.copy()
    one[:, 2], other[:, 2] = np.nan, np.nan
    np.testing.assert_array_equal(vae.encode(one)[0], vae.encode(other)[0])
    assert (vae.encode(one)[0] != vae.encode(X)[0]).any()


@pytest.mark.slow
def test_blocks_and_steps_agree_without_xla():
    losses = []
    for jit_compile in (True, False):
        vae = table_vae(hide=0.0)
        vae.compile("adam", jit_compile=jit_compile)
        history = vae.fit({"x": X, "prior_mu": np.ones((120, 2))}, batch_size=40, epochs=2, verbose=0)
        losses.append(history.history["loss"])
    np.testing.assert_allclose(losses[0], losses[1], rtol=0.05)
    assert np.isfinite(vae.train_on_batch(X)).all() and np.isfinite(vae.test_on_batch(X)).all()


def test_a_gap_counts_only_where_it_is_learnt():
    x = X.copy()
    x[:, 1] = np.nan
    ignoring, learning = VAE_OF_TABLE, table_vae("learn")
    learning.compile("adam", jit_compile=False)
    assert np.isfinite(ignoring.elbo(x)).all() and np.isfinite(learning.elbo(x)).all()
    drawn = learning.generate(2000, seed=0, draw="sample")
    assert np.isnan(drawn[:, 1]).any() and not np.isnan(drawn[:, [0, 3, 4, 5, 6]]).any()
    assert np.isfinite(ignoring.generate(500, seed=0, draw="sample")).all()


def test_other_likelihoods_refuse_gaps_and_name_the_one_that_takes_them():
    vae = VAE(mlp_encoder((7,), 2), mlp_decoder((7,), 2), likelihood="gaussian")
    vae.compile("sgd", run_eagerly=True)
    with pytest.raises(
        ValueError, match=r"finite numbers: .*likelihood='table' \(data=table\).*Received: nan in row"
    ):
        vae.fit(X)
    with pytest.raises(ValueError, match=r"`x` must hold finite numbers"):
        vae.fit(tf.data.Dataset.from_tensor_slices(X).batch(60), verbose=0)
