import numpy as np
import pytest
import tensorflow as tf
from keras.optimizers import SGD

from kvae.training.inputs import as_arrays, order_seed


def weights_after(vae, *args, **kwargs):
    vae.fit(*args, verbose=0, **kwargs)
    return vae.get_weights()


def assert_close(first, second):
    for a, b in zip(first, second, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_arrays_take_the_steps_of_their_batches(make_vae, x):
    weight = np.random.default_rng(0).random(60).astype(np.float32)
    mu = np.random.default_rng(1).normal(size=(60, 2)).astype(np.float32)
    arrays = {"x": x, "prior_mu": mu, "sample_weight": weight}
    batches = tf.data.Dataset.from_tensor_slices(arrays).batch(25)
    in_blocks = weights_after(
        make_vae(), {"x": x, "prior_mu": mu}, None, 25, 2, sample_weight=weight, shuffle=False
    )
    one_by_one = weights_after(make_vae(), batches, epochs=2, shuffle=False)
    assert_close(in_blocks, one_by_one)


@pytest.mark.slow
def test_double_precision_and_bytes_learn_as_floats_do(make_vae, x):
    single = weights_after(make_vae(), x, batch_size=25)
    assert_close(single, weights_after(make_vae(), x.astype(np.float64), batch_size=25))
    assert_close(single, weights_after(make_vae(), x.astype(np.uint8), batch_size=25))


@pytest.mark.slow
def test_shuffles_follow_from_the_seed_and_differ_from_call_to_call(make_vae, x):
    assert_close(weights_after(make_vae(), x, epochs=2), weights_after(make_vae(), x, epochs=2))
    assert len({order_seed(seed, iterations) for seed in (0, 1) for iterations in (0, 4)}) == 4
    shuffled = weights_after(make_vae(), x, batch_size=20)
    with pytest.raises(AssertionError):
        assert_close(shuffled, weights_after(make_vae(), x, batch_size=20, shuffle=False))


def test_validation_split_holds_the_last_rows_out(make_vae, x):
    split = make_vae(optimizer=SGD).fit(x, batch_size=20, validation_split=0.25, verbose=0).history
    given = make_vae(optimizer=SGD).fit(x[:45], batch_size=20, validation_data=x[45:], verbose=0).history
    assert split == given
    assert np.isfinite(split["val_loss"]).all()


def test_weights_of_held_out_rows_count(make_vae, x):
    weight = np.repeat([1.0, 0.0], 30).astype(np.float32)
    held_out = {"x": x, "sample_weight": weight}
    history = make_vae(optimizer=SGD).fit(x, validation_data=held_out, batch_size=60, verbose=0).history
    alone = make_vae(optimizer=SGD).fit(x, validation_data=x[:30], batch_size=60, verbose=0).history
    assert history["val_kl"] == pytest.approx(alone["val_kl"], rel=1e-4)


def test_a_split_without_rows_is_refused(make_vae, x):
    with pytest.raises(ValueError, match=r"must leave rows on both sides of 60. Received: 0.999"):
        make_vae().fit(x, validation_split=0.999, verbose=0)


def test_what_is_no_array_goes_through_keras():
    assert as_arrays(tf.data.Dataset.range(3)) is None
    assert as_arrays([1.0, 2.0]) is None
    assert as_arrays({"x": np.zeros(3), "y": np.zeros(3)}) is None


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_a_batch_whose_weights_are_all_zero_changes_nothing(make_vae, x, run_eagerly):
    nothing = np.zeros(60, np.float32)
    vae = make_vae(run_eagerly=run_eagerly)
    before = [np.array(weight) for weight in vae.trainable_weights]
    history = vae.fit(
        x, sample_weight=nothing, batch_size=25, verbose=0, validation_data=(x, None, nothing)
    ).history
    assert set(np.ravel(list(history.values()))) == {0.0}
    assert vae.evaluate(x, sample_weight=nothing, verbose=0) == [0.0, 0.0, 0.0]
    assert_close(before, vae.trainable_weights)
    half = np.repeat([0.0, 1.0], [25, 35]).astype(np.float32)  # the first batch counts nothing
    vae.fit(x, sample_weight=half, batch_size=25, shuffle=False, verbose=0)
    assert all(np.isfinite(weight).all() for weight in vae.trainable_weights)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_evaluate_gives_the_logged_val_loss_and_gives_it_once(make_vae, x, run_eagerly):
    rows = np.tile(x, (20, 1))  # more than one batch of evaluation
    weight = np.random.default_rng(0).random(len(rows)).astype(np.float32)
    vae = make_vae(run_eagerly=run_eagerly, KL_param=2.0)
    for held_out, options in ((rows, {}), ((rows, None, weight), {"sample_weight": weight})):
        history = vae.fit(x, batch_size=30, verbose=0, validation_data=held_out).history
        found = vae.evaluate(rows, verbose=0, return_dict=True, **options)
        assert found == {name: history[f"val_{name}"][0] for name in ("loss", "reconstruction", "kl")}
        assert vae.evaluate(rows, verbose=0, **options) == [
            found[name] for name in ("loss", "reconstruction", "kl")
        ]
        assert found["loss"] == pytest.approx(found["reconstruction"] + 2.0 * found["kl"], rel=1e-5)
    assert vae.metrics_names == ["loss", "reconstruction", "kl"]
