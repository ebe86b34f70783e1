"""Losses that layers add: trained on, reported by their own name, and no part of the bound."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L

from kvae import VAE
from kvae.uses.scores import anomaly_scores
from tests.vae.plain_vae import PlainVAE
from tests.vae.test_training_mode import assert_same, learnt, networks

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


class Adds(L.Layer):
    def __init__(self, value, **kwargs):
        super().__init__(**kwargs)
        self.value = value

    def call(self, h):
        self.add_loss(self.value + 0.0 * keras.ops.sum(h))
        return h


def penalised():
    return L.Dense(4, kernel_regularizer=keras.regularizers.L2(100.0))


KINDS = {
    "kernel": [lambda: L.Dense(4, kernel_regularizer=keras.regularizers.L2(0.5))],
    "bias and kernel": [lambda: L.Dense(4, kernel_regularizer="l1", bias_regularizer="l2")],
    "activity": [lambda: L.Dense(4, activity_regularizer=keras.regularizers.L2(0.5))],
    "add_loss": [lambda: Adds(3.0)],
    "ActivityRegularization": [lambda: L.ActivityRegularization(l1=0.2)],
}


@pytest.mark.slow
def test_a_strong_penalty_does_to_a_kernel_what_it_does_in_plain_keras(x):
    def squares(kind):
        encoder, decoder = networks(penalised)
        model = kind(encoder, decoder, seed=0)
        model.compile(keras.optimizers.Adam(0.1), jit_compile=False)
        model.fit(x, batch_size=60, epochs=40, shuffle=False, verbose=0)
        return float(tf.reduce_sum(encoder.layers[2].kernel ** 2))

    before = float(tf.reduce_sum(networks(penalised)[0].layers[2].kernel ** 2))
    assert before > 1.0
    ours, theirs = squares(VAE), squares(PlainVAE)
    assert ours == pytest.approx(theirs, abs=1e-3)
    assert ours < 0.05 * before


@pytest.mark.parametrize("name", KINDS)
def test_losses_of_layers_move_weights_as_in_plain_keras(eager, x, name):
    ours, theirs = (learnt(kind, x, *KINDS[name])[0] for kind in (VAE, PlainVAE))
    assert_same(ours, theirs)


@pytest.mark.parametrize("KL_param", [1.0, 7.0])
def test_they_are_reported_by_a_name_of_their_own_and_stay_out_of_the_bound(eager, x, KL_param):
    def build(*make):
        vae = VAE(*networks(*make), seed=0, KL_param=KL_param)
        vae.compile(keras.optimizers.SGD(0.0), jit_compile=False)
        return vae

    vae, plain = build(lambda: Adds(1e3)), build(lambda: Adds(0.0))
    logs = vae.fit(x, batch_size=25, verbose=0, shuffle=False, validation_data=x[:40]).history
    without = plain.fit(x, batch_size=25, verbose=0, shuffle=False, validation_data=x[:40]).history
    for prefix in ("", "val_"):
        assert logs[f"{prefix}regularization"] == [2e3]  # of encoder and decoder
        assert logs[f"{prefix}loss"][0] == pytest.approx(2e3 + without[f"{prefix}loss"][0], rel=1e-6)
        for name in ("reconstruction", "kl"):
            assert logs[f"{prefix}{name}"] == without[f"{prefix}{name}"]
    np.testing.assert_array_equal(vae.elbo(x), plain.elbo(x))
    np.testing.assert_array_equal(vae.log_prob(x, n_samples=5), plain.log_prob(x, n_samples=5))
    np.testing.assert_array_equal(anomaly_scores(vae, x), anomaly_scores(plain, x))


def test_without_such_losses_nothing_is_reported(eager, make_vae, x):
    logs = make_vae().fit(x, verbose=0, validation_data=x).history
    assert logs.keys() == {"loss", "reconstruction", "kl", "val_loss", "val_reconstruction", "val_kl"}


def test_a_penalty_on_activities_does_not_see_rows_that_fill_a_batch_up(x):
    """Nor in evaluation, where the second batch is a short one."""
    rows = np.concatenate([x] * 18)[:1030]
    vae = learnt(VAE, x, *KINDS["activity"])[1]
    penalty = []
    for part in (rows[:1024], rows[1024:]):
        vae.encoder(part)
        penalty.append(float(sum(vae.encoder.losses)))
    vae.decoder.layers[2].activity_regularizer = None
    logs = vae.evaluate(rows, verbose=0, return_dict=True)
    assert logs["regularization"] == pytest.approx(np.average(penalty, weights=[1024, 6]), rel=1e-5)
