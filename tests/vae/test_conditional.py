"""A conditional VAE of a table: columns that encoder and decoder are told, and that are not counted."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kvae.config import compose
from kvae.data.scaling import Scaling
from kvae.data.spec import InputSpec
from kvae.errors import InputError
from kvae.likelihoods.table import Table
from kvae.modes.build import build_vae
from kvae.table import TableSpec, coded
from kvae.training.compiling import make_deterministic
from kvae.uses.imputation import impute
from tests.mixed_table import mixed_columns, mixed_rows

X = mixed_rows(400)
COLUMNS = tuple(coded(c, v) for c, v in zip(mixed_columns("learn").columns, X.T, strict=True))
SPEC = InputSpec((7,), Scaling("none"), "none", tuple(c.name for c in COLUMNS), TableSpec(COLUMNS))
KEYS = ("model=tiny", "model.likelihood=table", "train.learning_rate=0.02", "train.jit_compile=false")
SEX, HEIGHT = 4, 1


def built(*typed, spec=SPEC):
    """A model without XLA, which takes longer to compile; what that switches on in the process is switched off."""
    try:
        return build_vae(compose(*typed), spec)
    finally:
        make_deterministic(jit_compile=True)


@pytest.fixture(scope="module")
def vae():
    vae = built(*KEYS, "model.condition=[sex,height]")
    vae.fit(X, epochs=30, batch_size=100, verbose=0)
    return vae


def test_a_condition_adds_nothing_and_has_no_parameters():
    plain, given = Table(COLUMNS), Table(COLUMNS, ["sex", "height"])
    assert given.given == (HEIGHT, SEX)
    n = given.param_shape((7,))[0]
    assert n == plain.param_shape((7,))[0] - 2 - 1 - 1  # two of a Gaussian, a logit, and the logit of its gaps
    params = np.random.default_rng(0).normal(size=(400, n))
    found = np.asarray(given.log_prob_per_column(tf.constant(X, tf.float64), tf.constant(params)))
    assert (found[:, [HEIGHT, SEX]] == 0).all() and (found[:, 0] != 0).all()
    other = X.copy()
    other[:, [HEIGHT, SEX]] = 1.0
    np.testing.assert_array_equal(
        given.log_prob_per_column(tf.constant(other, tf.float64), tf.constant(params)), found
    )
    drawn = given.sample(params, np.random.default_rng(0), gaps=False)
    assert (np.isnan(drawn).all(0) == np.isin(np.arange(7), given.given)).all()
    assert (np.isnan(np.asarray(given.mean(tf.constant(params)))) == np.isnan(drawn)).all()
    assert (given.p_missing(params)[:, HEIGHT] == 0).all()


def test_what_is_told_changes_what_is_decoded_and_stays_as_it_is(vae):
    z = np.random.default_rng(0).normal(size=(400, 2)).astype(np.float32)
    rows = np.full((400, 7), np.nan, np.float32)
    rows[:, SEX], rows[:, HEIGHT] = 0, 165.0
    women = vae.decode(z, condition=rows)
    rows[:, SEX] = 1
    men = vae.decode(z, condition=rows)
    assert (men[:, SEX] == 1).all() and (women[:, HEIGHT] == 165).all() and (men != women)[:, 0].all()
    drawn = vae.generate(400, seed=0, draw="sample", condition=X)
    np.testing.assert_array_equal(drawn[:, [HEIGHT, SEX]], X[:, [HEIGHT, SEX]])
    assert not np.isnan(drawn[:, [0, 3, 5, 6]]).any()
    np.testing.assert_array_equal(drawn, vae.generate(400, seed=0, draw="sample", condition=X))
    assert vae.generate(400, condition=X).shape == (400, 7)


def test_it_learns_the_dependence_on_its_condition(vae):
    """`size` is cut from the height: told the height, its categories follow."""
    rows = np.full((2000, 7), np.nan, np.float32)
    rows[:1000, HEIGHT], rows[1000:, HEIGHT] = 158.0, 188.0
    size = vae.generate(2000, seed=0, draw="sample", condition=rows)[:, 6]
    assert (size[:1000] == 0).mean() > 0.7 and (size[1000:] == 2).mean() > 0.7


def test_the_bound_is_that_of_the_other_columns(vae):
    reconstruction = vae.elbo_terms(X, n_samples=None)[0]
    z = vae.encode(X)[0]
    params = vae.decoder(np.concatenate([z, X[:, [HEIGHT, SEX]]], axis=1))
    by_hand = -np.asarray(vae.likelihood.log_prob(X, params))
    np.testing.assert_allclose(reconstruction, by_hand, rtol=1e-4, atol=1e-3)
    assert np.isfinite(vae.log_prob(X, 20)).all() and np.isfinite(vae.elbo(X)).all()
    x_hat = vae.reconstruct(X)
    np.testing.assert_array_equal(x_hat[:, [HEIGHT, SEX]], X[:, [HEIGHT, SEX]])
    np.testing.assert_allclose(vae.predict(X, verbose=0)["x_hat"], x_hat, rtol=1e-4, atol=1e-3)


def test_it_is_saved_and_read_again(vae, tmp_path):
    vae.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.elbo(X), vae.elbo(X), rtol=1e-5)
    assert again.likelihood.condition == ("sex", "height")


def test_what_does_not_suit_is_refused(vae):
    z = np.zeros((3, 2), np.float32)
    for call in (lambda: vae.decode(z), lambda: vae.generate(3), lambda: vae.sample_likelihood(z)):
        with pytest.raises(ValueError, match=r"conditional on sex, height: .* condition=x"):
            call()
    with pytest.raises(ValueError, match=r"conditional on sex, height: learn one without model\.condition"):
        impute(vae, X[:2])
    with pytest.raises(ValueError, match=r"must have a row per code, 3. Received: 400"):
        vae.decode(z, condition=X)
    with pytest.raises(InputError, match=r"no column is called 'gender'. There are: age, height"):
        built(*KEYS, "model.condition=[gender]")
    with pytest.raises(InputError, match=r"names columns of data=table. Received: sex"):
        built("model=tiny", "model.condition=[sex]", spec=(7,))
    with pytest.raises(ValueError, match="must leave a column"):
        Table(COLUMNS, [column.name for column in COLUMNS])
    plain = built(*KEYS)
    with pytest.raises(ValueError, match="this model has none"):
        plain.decode(z, condition=X[:3])
    with pytest.raises(InputError, match=r"model.condition must be a list of names"):
        compose(*KEYS, "model.condition=sex")
