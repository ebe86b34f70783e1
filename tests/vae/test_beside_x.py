"""Weights and messages in batches of streams: checked as those of arrays are, and used as they are."""

import keras
import numpy as np
import pytest
import tensorflow as tf

pytestmark = pytest.mark.filterwarnings("ignore:Your input ran out of data")  # a generator's end

N = 60
WEIGHTS = np.random.default_rng(0).random(N).astype("float32")
EYE = np.tile(np.eye(2, dtype="float32"), (N, 1, 1))


class Parts(keras.utils.PyDataset):
    def __init__(self, arrays):
        super().__init__()
        self.arrays = arrays

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return {name: values[20 * index : 20 * index + 20] for name, values in self.arrays.items()}


def parts(arrays):
    inner = Parts(arrays)
    return (inner[index] for index in range(3))


def data_set(arrays):
    return tf.data.Dataset.from_tensor_slices(arrays).batch(20)


def tuples(arrays):
    """A data set of tuples `(x, None, weights)`."""
    only = data_set(arrays)
    return only.map(lambda batch: (batch["x"], None, batch["sample_weight"]))


def unknown(arrays):
    """A data set that knows no shapes."""
    types = {name: tf.as_dtype(values.dtype) for name, values in arrays.items()}
    return tf.data.Dataset.from_generator(lambda: parts(arrays), output_types=types)


STREAMS = {"data set": data_set, "generator": parts, "PyDataset": Parts}


def wrong(values, at, value):
    values = values.copy()
    values[at] = value
    return values


def test_streams_with_unsuitable_parts_beside_x_are_refused(make_vae, x):
    vae = make_vae(run_eagerly=True)
    flat = "`sample_weight` must hold finite numbers"
    definite = "`prior_cov` must hold symmetric covariances that are positive definite"
    for name, values, said in (
        ("sample_weight", wrong(WEIGHTS, 33, -1.0), "`sample_weight` must hold finite numbers >= 0"),
        ("sample_weight", wrong(WEIGHTS, 33, np.nan), flat),
        ("sample_weight", np.stack([WEIGHTS] * 2, 1), r"`sample_weight` must have shape \((batch|20),\)"),
        ("prior_mu", wrong(np.zeros((N, 2), "float32"), (33, 1), np.nan), "`prior_mu` must hold finite numbers"),
        ("prior_mu", np.zeros((N, 1), "float32"), r"`prior_mu` must have a row.*Received: shape \((None|20), 1\)"),
        ("prior_cov", wrong(np.ones((N, 2), "float32"), (33, 1), 0.0), "`prior_cov` must hold variances > 0"),
        ("prior_cov", np.ones((N, 3), "float32"), r"`prior_cov` must hold variances \((batch|20), 2\)"),
        ("prior_cov", wrong(EYE, (33, 0, 1), 0.5), definite),
        ("prior_cov", wrong(EYE, 33, 1.0), definite),
        ("prior_cov", wrong(EYE, (33, 1, 1), -1.0), definite),
    ):
        for stream in STREAMS.values():
            with pytest.raises(ValueError, match=said):
                vae.evaluate(stream({"x": x, name: values}), verbose=0)


@pytest.mark.parametrize("stream", [tuples, unknown])
def test_forms_of_data_sets_are_checked(make_vae, x, stream):
    vae = make_vae(run_eagerly=True)
    with pytest.raises(ValueError, match="`sample_weight` must hold finite numbers >= 0"):
        vae.evaluate(stream({"x": x, "sample_weight": wrong(WEIGHTS, 33, -1.0)}), verbose=0)


@pytest.mark.parametrize("stream", [*STREAMS.values(), tuples, unknown])
def test_weights_in_a_column_are_those_of_rows(make_vae, x, stream):
    vae = make_vae(run_eagerly=True)
    expected = vae.evaluate(x, sample_weight=WEIGHTS, batch_size=20, verbose=0)
    assert vae.evaluate(stream({"x": x, "sample_weight": WEIGHTS[:, None]}), verbose=0) == pytest.approx(expected)
    assert vae.evaluate(x, sample_weight=WEIGHTS, batch_size=20, verbose=0) == expected
    whole = np.arange(N) % 3
    expected = vae.evaluate(x, sample_weight=whole, batch_size=20, verbose=0)
    assert vae.evaluate(stream({"x": x, "sample_weight": whole}), verbose=0) == pytest.approx(expected)


@pytest.mark.parametrize("stream", STREAMS.values())
def test_suitable_messages_pass(make_vae, x, stream):
    vae = make_vae(run_eagerly=True)
    rng = np.random.default_rng(0)
    root = rng.normal(size=(N, 2, 2)).astype("float32")
    mu = rng.normal(size=(N, 2)).astype("float32")
    for cov in (EYE, root @ np.swapaxes(root, 1, 2) + 1e-3 * EYE, np.full((N, 2), 1e-6, "float32")):
        given = {"x": x, "prior_mu": mu, "prior_cov": cov}
        expected = vae.evaluate(given, batch_size=20, verbose=0)
        assert vae.evaluate(stream(given), verbose=0) == pytest.approx(expected)


def test_a_column_of_weights_does_not_spoil_later_calls(make_vae, x):
    vae = make_vae()
    vae.compile("adam", jit_compile=False)
    first = vae.evaluate(data_set({"x": x, "sample_weight": WEIGHTS[:, None]}), verbose=0)
    assert vae.evaluate(x, sample_weight=WEIGHTS, batch_size=20, verbose=0) == pytest.approx(first)


@pytest.mark.parametrize("stream", [dict, *STREAMS.values(), tuples])
def test_predict_ignores_weights(make_vae, x, stream):
    vae, given = make_vae(run_eagerly=True), {"x": x, "sample_weight": WEIGHTS}
    expected = vae.predict(x, verbose=0)
    for name, values in vae.predict(stream(given), verbose=0).items():
        np.testing.assert_allclose(values, expected[name], atol=1e-6)
    np.testing.assert_allclose(vae.predict_on_batch(given)["x_hat"], expected["x_hat"], atol=1e-6)


def test_predict_takes_messages_and_weights_in_a_graph(make_vae, x):
    vae = make_vae()
    vae.compile("adam", jit_compile=False)
    given = {"x": x, "sample_weight": WEIGHTS, "prior_mu": np.ones((N, 2), "float32")}
    expected = vae.predict(x, verbose=0)["z_mean"]
    for inputs in (given, data_set(given)):
        np.testing.assert_allclose(vae.predict(inputs, verbose=0)["z_mean"], expected, atol=1e-6)


def test_a_model_takes_variances_and_covariances_one_after_the_other(make_vae, x):
    vae = make_vae(jit_compile=False)
    variances = 1 + np.random.default_rng(1).random((N, 2)).astype("float32")
    covariances = variances[:, :, None] * EYE
    for use in (
        lambda given: vae.evaluate(given, verbose=0),
        lambda given: vae.evaluate(data_set(given), verbose=0),
        lambda given: vae.predict(given, verbose=0)["z_mean"],
        lambda given: vae.test_on_batch(given)[2],  # the KL, which has no noise
        lambda given: vae.elbo(given["x"], prior_cov=given["prior_cov"], n_samples=2, seed=0),
        lambda given: vae.log_prob(given["x"], prior_cov=given["prior_cov"], n_samples=2, seed=0),
    ):
        found = [use({"x": x[:N], "prior_cov": one}) for one in (variances, covariances, variances)]
        np.testing.assert_allclose(found[1], found[0], rtol=1e-5)
        np.testing.assert_array_equal(found[2], found[0])
    for one in (covariances, variances):
        given = {"x": x[:N], "prior_cov": one}
        vae.fit(given, verbose=0, validation_data={"x": x[:N], "prior_cov": variances})
        vae.fit(data_set(given), verbose=0)
        assert np.all(np.isfinite(vae.train_on_batch(given)))
