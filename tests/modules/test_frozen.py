"""Models from elsewhere as modules that only send."""

import logging

import keras
import numpy as np
import pytest

import kvae
import kvae.modules as srk
from kvae.errors import InputError
from kvae.modules.model_file import load_model, save_vae
from kvae.modules.nodes import build, options_for
from kvae.networks.mlp import mlp_decoder, mlp_encoder
from kvae.options.rules import build_section

X = np.random.default_rng(0).random((30, 6)).astype(np.float32)


@pytest.fixture
def dense():
    keras.utils.set_random_seed(0)
    return keras.Sequential([
        keras.Input((6,)), keras.layers.Dense(4, activation="tanh", name="middle"), keras.layers.Dense(2),
    ])  # fmt: skip


@pytest.fixture
def saved(dense, tmp_path):
    dense.save(tmp_path / "dense.keras")
    return tmp_path / "dense.keras"


def sent(model, x, folder, **keywords):
    module = srk.Frozen(model, folder=folder, **keywords)
    module.connect(srk.Observation(x, gaps=True))
    module.update()
    return module


def by_hand(dense, x):
    (w, b), (v, c) = (layer.get_weights() for layer in dense.layers)
    return np.tanh(x @ w + b) @ v + c, np.tanh(x @ w + b)


def test_a_models_output_or_that_of_a_layer_goes_up(dense, saved, tmp_path):
    output, middle = by_hand(dense, X)
    for model in (dense, saved, str(saved)):
        np.testing.assert_allclose(sent(model, X, tmp_path).get_forward_msg(), output, atol=1e-5)
        found = sent(model, X, tmp_path, layer="middle")
        np.testing.assert_allclose(found.get_forward_msg(), middle, atol=1e-5)
    np.testing.assert_allclose(np.loadtxt(found.folder.path / "forward_learn.txt"), middle, atol=1e-5)
    assert found.get_forward_var() is None


def test_of_rows_of_nan_nothing_is_said(dense, tmp_path):
    x = X.copy()
    x[3] = np.nan
    found = sent(dense, x, tmp_path).get_forward_msg()
    assert np.isnan(found[3]).all()
    np.testing.assert_allclose(np.delete(found, 3, 0), np.delete(by_hand(dense, X)[0], 3, 0), atol=1e-5)
    assert np.isnan(sent(dense, np.full((2, 6), np.nan), tmp_path).get_forward_msg()).all()
    x[3, 0] = 1.0
    with pytest.raises(InputError, match=r"needs finite numbers\. Received from obs: NaN or infinity in row 3"):
        sent(dense, x, tmp_path)


def test_what_is_above_learns_from_it_and_is_not_heard(dense, tmp_path, caplog):
    module = sent(dense, X, tmp_path)
    gmm = srk.GMM(2, n_starts=2)
    gmm.connect(module)
    with caplog.at_level(logging.INFO, "kvae.modules.frozen"):
        gmm.update()
        gmm.update()
    assert [record.message for record in caplog.records] == [
        "frozen does not learn: it does not use what gmm sends"
    ]
    np.testing.assert_allclose(gmm.mixture.means.shape, (2, 2))
    before = module.get_forward_msg()
    module.step()
    assert module.get_forward_msg() is before
    again = srk.Frozen(dense)
    again.connect(srk.Observation(X))
    again.resume(module.state())
    again.resend()
    np.testing.assert_array_equal(again.get_forward_msg(), before)


def test_the_encoder_of_a_vae_sends_means_and_variances(tmp_path):
    vae = kvae.VAE(mlp_encoder((6,), 3, 5), mlp_decoder((6,), 3, 5))
    folder = tmp_path / "module001_vae"
    folder.mkdir()
    save_vae(vae, folder / "model.keras")
    module = sent(folder, X, tmp_path / "run")
    z_mean, z_log_var = vae.encode(X)
    np.testing.assert_allclose(module.get_forward_msg(), z_mean, atol=1e-6)
    np.testing.assert_allclose(module.get_forward_var(), np.exp(z_log_var), rtol=1e-5)


@pytest.mark.slow
def test_a_model_of_keras_applications(tmp_path):
    keras.utils.set_random_seed(0)
    net = keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, weights=None, include_top=False, pooling="avg")
    x = np.random.default_rng(0).random((5, 32, 32, 3)).astype(np.float32)
    net.save(tmp_path / "net.keras")
    np.testing.assert_allclose(
        sent(tmp_path / "net.keras", x, tmp_path).get_forward_msg(), net.predict(x, verbose=0), atol=1e-5
    )
    assert sent(net, x, tmp_path, layer="out_relu").get_forward_msg().shape[0] == 5


def test_a_node_of_a_network_gives_it(saved):
    values = {"module": "frozen", "observes": "x", "path": str(saved), "layer": "middle"}
    node = build_section(options_for("k", values, True), values, "k.")
    assert build("old", node, 0, "k").layer == "middle"
    del values["path"]
    with pytest.raises(InputError, match=r"k\.path is missing"):
        build_section(options_for("k", values, True), values, "k.")


def test_code_in_a_file_is_not_run(tmp_path):
    inputs = keras.Input((6,))
    keras.Model(inputs, keras.layers.Lambda(lambda x: x + 1)(inputs)).save(tmp_path / "lambda.keras")
    with pytest.raises(InputError, match=r"lambda\.keras is no model that can be read: .*Lambda"):
        srk.Frozen(tmp_path / "lambda.keras")
    inputs = keras.Input((6,))
    keras.Model(inputs, keras.layers.RepeatVector(2**28)(inputs)).save(tmp_path / "large.keras")
    with pytest.raises(InputError, match="more than the 268,435,456 that are read"):
        load_model(tmp_path / "large.keras")


def test_mistakes(dense, saved, tmp_path):
    with pytest.raises(InputError, match=r"path of a \.keras file, .* Received: .*/none\.keras"):
        srk.Frozen(tmp_path / "none.keras")
    with pytest.raises(InputError, match=r"path of a \.keras file, .* and there is no .*model\.keras"):
        srk.Frozen(tmp_path)
    with pytest.raises(InputError, match=r"model must be a Keras model, or the path of one. Received: int"):
        srk.Frozen(3)
    with pytest.raises(InputError, match=r"layer must be one of middle, .* Received: layer='last'"):
        srk.Frozen(dense, "last")
    with pytest.raises(InputError, match=r"frozen takes observations of shape \(6,\). Received: \(5,\)"):
        sent(dense, X[:, :5], tmp_path)
    (tmp_path / "text.keras").write_text("nothing")
    with pytest.raises(InputError, match=r"text\.keras is no model that can be read"):
        srk.Frozen(tmp_path / "text.keras")
    two = srk.Frozen(dense)
    two.connect(srk.Observation(X, name="a"), srk.Observation(X, name="b"))
    with pytest.raises(InputError, match=r"frozen observes one module. Received: a, b"):
        two.update()
