"""The layer of features of tables: what an encoder sees of numbers, categories and gaps, and what is hidden."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from kvae.networks.rowwise import rows_are_independent
from kvae.networks.table_input import TableInput, embedding_width
from kvae.table import Column, coded
from kvae.table.coding import to_codes
from tests.mixed_table import mixed_columns, mixed_rows

X = mixed_rows(400)
COLUMNS = [coded(column, values) for column, values in zip(mixed_columns().columns, X.T, strict=True)]


def layer(hide=0.0, seed=3):
    return TableInput(COLUMNS, hide, seed, name="table_input")


def test_features_are_codes_embeddings_and_a_mask():
    first = layer()
    features = np.asarray(first(X))
    assert features.shape == (400, first.n_features) and np.isfinite(features).all()
    there = ~np.isnan(X)
    np.testing.assert_array_equal(features[:, -7:], there)
    for j in range(4):
        codes = np.where(there[:, j], to_codes(X[:, j], COLUMNS[j].coding), 0)
        np.testing.assert_allclose(features[:, j], codes, atol=1e-5)
    np.testing.assert_array_equal(features[:, 4:6], np.eye(2)[X[:, 4].astype(int)])
    np.testing.assert_array_equal(features[:, 6:9], np.eye(3)[X[:, 6].astype(int)])
    sectors = {tuple(row) for row in features[:, 9:-7].round(6)}
    assert len(sectors) == len(np.unique(X[:, 5])) and features[:, 9:-7].shape[1] == embedding_width(5)


def test_a_gap_says_nothing_whatever_stands_beside_it():
    x = X[:2].copy()
    x[:] = np.nan
    features, filled = np.asarray(layer()(x)), np.asarray(layer()(X[:2]))
    assert (features == 0).all() and (filled != 0).any()


def test_gradients_are_finite_with_gaps():
    first = layer()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(first(tf.constant(X)) ** 2)
    for gradient in tape.gradient(loss, first.trainable_variables):
        assert np.isfinite(np.asarray(tf.convert_to_tensor(gradient))).all()


def test_cells_are_hidden_while_it_trains_alone():
    first, full = layer(0.5), np.asarray(layer()(X))
    np.testing.assert_array_equal(first(X, training=False), full)
    many = np.repeat(X[~np.isnan(X).any(axis=1)][:1], 20000, axis=0)
    kept = np.asarray(first(many, training=True))[:, -7:]
    shares = 1 - kept.mean(axis=1)
    assert abs(shares.mean() - 0.25) < 0.01  # half of [0, 0.5]
    by_hand = np.random.default_rng(0).binomial(7, 0.5 * np.random.default_rng(1).random(20000)) / 7
    assert abs(shares.std() - by_hand.std()) < 0.01
    assert abs(np.corrcoef(kept[:, 0], kept[:, 5])[0, 1]) > 0.02  # a row's cells share its share
    hidden = np.asarray(first(X, training=True))
    gone = hidden[:, -7:] == 0
    assert (hidden[:, :4][gone[:, :4]] == 0).all() and gone.mean() > 0.2


def test_what_is_hidden_comes_from_its_seed_and_is_saved(tmp_path):
    def model(seed):
        rows = keras.Input((7,))
        return keras.Model(rows, layer(0.5, seed)(rows))

    one, same, other = model(1), model(1), model(2)
    first, second = np.asarray(one(X, training=True)), np.asarray(one(X, training=True))
    np.testing.assert_array_equal(first, same(X, training=True))
    assert (first != second).any() and (first != np.asarray(other(X, training=True))).any()
    one.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again(X, training=True), one(X, training=True))


def test_it_is_made_again_from_plain_values_and_computes_in_float32():
    with_policy = TableInput(COLUMNS, 0.25, 4, name="table_input", dtype="mixed_bfloat16")
    assert with_policy.compute_dtype == "float32"
    config = json.loads(json.dumps(with_policy.get_config()))
    assert TableInput.from_config(config).get_config() == with_policy.get_config()
    many = Column("city", "categorical", {"name": "large_categorical"}, n_categories=300001)
    first = TableInput([many], seed=0)
    rows = np.asarray(first(np.array([[299999.0], [300000.0]], np.float32)))
    assert (rows[0, :-1] != rows[1, :-1]).any() and first.n_features == embedding_width(300001) + 1 == 25


def test_rare_categories_share_an_embedding():
    names = "street", "town", "state"
    rare = {"street": [1, 3, 4, 5], "town": [], "state": [0, 5]}
    columns = [Column(name, "categorical", {"name": "x"}, None, 6, coding={"rare": rare[name]}) for name in names]
    first = TableInput(columns, seed=0)
    width = embedding_width(6)
    assert first.tables[0][0].shape == (3 + 6 + 5, width)
    rows = np.arange(6.0)[:, None].repeat(3, axis=1)
    found = np.asarray(first(rows))[:, : 3 * width].reshape(6, 3, width)
    for place, name in enumerate(names):
        embedded = {tuple(one) for one in found[:, place]}
        assert len(embedded) == 6 - max(0, len(rare[name]) - 1)
        assert len({tuple(one) for one in found[rare[name], place]}) == min(1, len(rare[name]))
    assert len({tuple(one) for one in found.reshape(-1, width)}) == 14
    again = TableInput.from_config(json.loads(json.dumps(first.get_config())))
    again.set_weights(first.get_weights())
    np.testing.assert_array_equal(again(rows), first(rows))


def test_rows_are_treated_each_by_itself():
    rows = keras.Input((7,))
    model = keras.Model(rows, layer(0.5)(rows))
    assert rows_are_independent(model, training=True) and rows_are_independent(model, training=False)


@pytest.mark.parametrize("hide", [1, -0.1, True, "0.5", np.nan])
def test_what_cannot_be_hidden_is_refused(hide):
    with pytest.raises(ValueError, match=r"`hide` must be a number in \[0, 1\). Received: hide="):
        TableInput(COLUMNS, hide)
