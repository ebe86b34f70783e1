"""What Keras makes of a model: files, copies, exports; in other precisions."""

import copy
import pickle

import keras
import numpy as np
import pytest
import tensorflow as tf

from kvae import VAE


def same(vae, other, x):
    for ours, theirs in zip(vae.encode(x), other.encode(x), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(vae.reconstruct(x), other.reconstruct(x))


def saved(vae, path):
    vae.save(path)
    return keras.saving.load_model(path)


def with_weights(vae, path, make_vae):
    vae.save_weights(path)
    other = make_vae()
    other.set_weights([weight + 1 for weight in other.get_weights()])
    other.load_weights(path)
    return other


def cloned(vae):
    other = keras.models.clone_model(vae)
    other.set_weights(vae.get_weights())
    return other


@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")  # which has not begun
def test_copies_are_the_same(make_vae, x, tmp_path):
    vae = make_vae()
    vae.train_on_batch(x)
    for other in (
        saved(vae, tmp_path / "model.keras"),
        with_weights(vae, tmp_path / "a.weights.h5", make_vae),
        copy.deepcopy(vae),
        pickle.loads(pickle.dumps(vae)),
        cloned(vae),
    ):
        same(vae, other, x)
    assert VAE.from_config(vae.get_config()).get_config() == vae.get_config()


@pytest.mark.parametrize("name", ["m.h5", "m.hdf5", "m.weights.h5"])
def test_hdf5_is_refused(make_vae, tmp_path, name):
    with pytest.raises(ValueError, match=r"HDF5 cannot hold a VAE: type vae.save\('.*/m.keras'\)"):
        make_vae().save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_an_export_serves_any_number_of_rows(make_vae, x, tmp_path):
    vae = make_vae()
    vae.export(tmp_path / "served", verbose=False)
    served = tf.saved_model.load(str(tmp_path / "served"))
    for n in (1, 7):
        answer = served.serve(tf.constant(x[:n]))
        np.testing.assert_allclose(answer["z_mean"], vae.encode(x[:n])[0], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(answer["x_hat"], vae.reconstruct(x[:n]), rtol=1e-5, atol=1e-6)


def test_a_summary_names_both_networks(make_vae):
    lines = []
    make_vae().summary(print_fn=lines.append)
    assert "encoder" in "".join(lines) and "decoder" in "".join(lines)


@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
def test_double_precision_throughout(make_vae, x, eager):
    single = make_vae()
    before = keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")  # the one of layers, which Keras holds from the first of them on
    try:
        vae = make_vae()
        assert {str(weight.dtype) for weight in vae.trainable_weights} == {"float64"}
        vae.set_weights(single.get_weights())
        np.testing.assert_allclose(vae.elbo(x, n_samples=None), single.elbo(x, n_samples=None), rtol=1e-5)
        history = vae.fit(x, batch_size=25, validation_data=x, verbose=0).history
        assert np.isfinite(history["loss"] + history["val_loss"]).all()
        for result in (vae.encode(x)[0], vae.elbo(x), vae.predict(x, verbose=0)["x_hat"], vae.log_prob(x, 2)):
            assert result.dtype == np.float64
        vae.train_on_batch(x, sample_weight=np.ones(60))
        vae.evaluate(x, verbose=0)
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy(before)
