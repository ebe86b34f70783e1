"""Pixels in stages: a distribution over whole images, computed a second time by loops and SciPy."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.signal import correlate2d
from scipy.special import log_softmax, logsumexp

from kvae import VAE
from kvae.data import InputSpec
from kvae.data.scaling import Scaling
from kvae.likelihoods.lattices import LATTICES, from_lattices, inside, lattice_shape, to_lattices
from kvae.likelihoods.lookup import get_likelihood
from kvae.networks.conv import conv_decoder, conv_encoder
from kvae.networks.mlp import mlp_decoder, mlp_encoder
from kvae.uses.export.networks import serving_decoder

SMALL = {"n_features": 3, "width": 4}
# Levels, components and images: with a table, without one, black and white; odd sizes, and two channels.
KINDS = [(9, 4, (4, 6, 1)), (5, 8, (3, 5, 1)), (2, 8, (4, 4, 1)), (7, 3, (5, 4, 2))]
EACH = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind[0]}levels")


def made(n_levels, n_components, shape, dtype="float64", seed=0, scale=0.7):
    """A likelihood with weights as far from 0 as learnt ones, and parameters and images for it."""
    rng = np.random.default_rng(seed)
    node = {"name": "staged_mixture", "n_levels": n_levels, "n_components": n_components, **SMALL}
    kind = type(get_likelihood(node))
    likelihood = kind(n_levels, n_components, dtype=dtype, **SMALL)
    likelihood.for_data(shape)
    for weight in likelihood.weights:
        weight.assign(rng.normal(scale=scale, size=weight.shape))
    params = rng.normal(size=(6, *likelihood.param_shape(shape))).astype(dtype)
    x = (rng.integers(n_levels, size=(6, *shape)) / (n_levels - 1)).astype(dtype)
    return likelihood, params, x


def convolved(h, layer):
    """A convolution of one image by SciPy, `(rows, columns, channels)`."""
    kernel, bias = (np.asarray(it, np.float64) for it in (layer.kernel, layer.bias))
    planes = [
        sum(correlate2d(h[..., i], kernel[..., i, o], mode="same") for i in range(h.shape[-1])) + bias[o]
        for o in range(kernel.shape[-1])
    ]
    return np.stack(planes, axis=-1)


def log_prob_by_hand(likelihood, params, x):
    """The log-probability of one image, pixel by pixel."""
    n_levels, shape = likelihood.n_levels, x.shape
    rows, columns = lattice_shape(shape)
    levels = np.zeros((2 * rows, 2 * columns, shape[-1]))
    levels[: shape[0], : shape[1]] = np.rint(x * (n_levels - 1))
    total, seen = 0.0, [params]
    for stage, (row, column) in enumerate(LATTICES):
        h = np.concatenate(seen, axis=-1)
        convolutions = [layer for layer in likelihood.layers[stage].layers if hasattr(layer, "kernel")]
        for layer in convolutions[:-1]:
            h = np.maximum(convolved(h, layer), 0.0)
        logits = convolved(h, convolutions[-1]).reshape(rows, columns, shape[-1], -1)
        for i, j, c in np.ndindex(rows, columns, shape[-1]):
            if 2 * i + row < shape[0] and 2 * j + column < shape[1]:
                level, log_w = int(levels[2 * i + row, 2 * j + column, c]), log_softmax(logits[i, j, c])
                if likelihood.table is None:
                    total += log_w[level]
                else:
                    components = log_softmax(np.asarray(likelihood.table), axis=-1)
                    total += logsumexp(log_w + components[:, level])
        lattice = levels[row::2, column::2]
        power = 2 ** int(np.ceil(np.log2(n_levels - 1)))
        seen += [lattice / power] if n_levels == 2 else [lattice / power, (lattice > 0).astype(float)]
    return total


@EACH
def test_the_density_is_what_loops_give(kind):
    likelihood, params, x = made(*kind)
    expected = [log_prob_by_hand(likelihood, p, one) for p, one in zip(params, x, strict=True)]
    np.testing.assert_allclose(likelihood.log_prob(x, params), expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("n_levels", "n_components", "shape"), [(3, 8, (2, 2, 1)), (4, 2, (3, 2, 1)), (2, 4, (3, 3, 1))]
)
def test_probabilities_of_all_images_sum_to_one(n_levels, n_components, shape):
    likelihood, params, _ = made(n_levels, n_components, shape)
    values = itertools.product(np.arange(n_levels) / (n_levels - 1), repeat=int(np.prod(shape)))
    images = np.array(list(values)).reshape(-1, *shape)
    log_p = likelihood.log_prob(images, np.repeat(params[:1], len(images), axis=0))
    np.testing.assert_allclose(np.exp(log_p).sum(), 1.0, rtol=1e-9)
    assert np.ptp(log_p) > 1.0


@EACH
def test_a_stage_knows_no_pixel_of_its_own_or_later(kind):
    likelihood, params, x = made(*kind)
    shape = kind[2]
    before = np.asarray(likelihood.log_density(x, params))
    for stage, (row, column) in enumerate(LATTICES):
        other = x.copy()
        other[:, row::2, column::2] = 1.0 - other[:, row::2, column::2]
        changed = np.abs(np.asarray(likelihood.log_density(other, params)) - before).max(axis=(0, 3)) > 1e-9
        for earlier, (i, j) in enumerate(LATTICES[: stage + 1]):
            same = changed[i::2, j::2]
            assert earlier == stage or not same.any()
        later = [changed[i::2, j::2] for i, j in LATTICES[stage + 1 :]]
        assert all(it.all() for it in later if it.size and it.shape == lattice_shape(shape))


@pytest.mark.parametrize("kind", [KINDS[1], KINDS[3]], ids=["5levels", "7levels"])
def test_gradients_are_those_of_finite_differences(kind):
    likelihood, params, x = made(*kind)
    variables = likelihood.trainable_variables

    def value():
        return tf.reduce_sum(likelihood.log_prob(x, params))

    with tf.GradientTape() as tape:
        total = value()
    gradients = tape.gradient(total, [variable.value for variable in variables])
    rng = np.random.default_rng(3)
    for variable, gradient in zip(variables, gradients, strict=True):
        direction, start = rng.normal(size=variable.shape), np.array(variable)
        found = float(np.sum(tf.convert_to_tensor(gradient) * direction))
        ends = []
        for sign in (1e-6, -1e-6):
            variable.assign(start + sign * direction)
            ends.append(float(value()))
        variable.assign(start)
        np.testing.assert_allclose(found, (ends[0] - ends[1]) / 2e-6, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", [KINDS[0], KINDS[2]], ids=["9levels", "2levels"])
def test_xla_samples_and_float32_give_the_same(kind):
    likelihood, params, x = made(*kind)
    expected = np.asarray(likelihood.log_prob(x, params))
    single = made(*kind, dtype="float32")[0]
    found = tf.function(single.log_prob, jit_compile=True)(x.astype("float32"), params.astype("float32"))
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    both = likelihood.log_prob(x, np.stack([params, params[::-1]]))
    np.testing.assert_allclose(both[0], expected, rtol=1e-9)
    np.testing.assert_allclose(both[1], likelihood.log_prob(x, params[::-1]), rtol=1e-9)


def test_draws_are_as_frequent_as_the_density_says():
    likelihood, params, _ = made(3, 2, (2, 2, 1))
    n = 40_000
    many = np.repeat(params[:1], n, axis=0).astype(np.float32)
    draws = likelihood.sample(many, np.random.default_rng(0))
    assert draws.dtype == np.float32 and not likelihood.support.outside(draws).any()
    images, counts = np.unique(np.rint(draws * 2).reshape(n, -1), axis=0, return_counts=True)
    p = np.exp(likelihood.log_prob(images.reshape(-1, 2, 2, 1) / 2, np.repeat(params[:1], len(images), axis=0)))
    assert p.sum() > 0.999
    np.testing.assert_array_less(np.abs(counts - n * p), 5 * np.sqrt(n * p) + 5)
    again = likelihood.sample(many[:50], np.random.default_rng(0))
    np.testing.assert_array_equal(again, likelihood.sample(many[:50], np.random.default_rng(0)))


def test_the_mean_is_exact_where_stages_say_nothing_of_each_other():
    likelihood, params, _ = made(9, 4, (4, 6, 1))
    for stage in likelihood.layers:
        kernel = np.array(stage.layers[1].kernel)
        kernel[:, :, SMALL["n_features"] :] = 0.0
        stage.layers[1].kernel.assign(kernel)
    draws = likelihood.sample(np.repeat(params, 4000, axis=0), np.random.default_rng(0)).reshape(6, 4000, 4, 6, 1)
    error = 5 * draws.std(axis=1) / np.sqrt(4000) + 1e-6
    assert (np.abs(np.asarray(likelihood.mean(params)) - draws.mean(axis=1)) < error).all()


@pytest.mark.parametrize("shape", [(4, 6, 1), (5, 3, 2)])
def test_lattices_are_put_together_again(shape):
    x = np.random.default_rng(0).random((2, *shape))
    lattices = to_lattices(x, np)
    np.testing.assert_array_equal(from_lattices(lattices, shape, np), x)
    assert sum(inside(shape, i).sum() for i in range(4)) == np.prod(shape)
    np.testing.assert_array_equal(lattices[1][:, : shape[0] // 2, : shape[1] // 2], x[:, 1::2, 1::2])


NETWORKS = ["mlp", pytest.param("conv", marks=pytest.mark.slow)]


def stripes(networks, epochs):
    """Stripes whose place is drawn: neighbours tell more than the code; and a model that has learnt them."""
    rng = np.random.default_rng(0)
    x = ((np.arange(6)[:, None] + rng.integers(3, size=(512, 1, 1))) % 3 == 0) * np.ones((1, 1, 6))
    x = (x * rng.integers(1, 3, size=(512, 1, 1)) / 2).astype(np.float32)[..., None]
    keras.utils.set_random_seed(0)
    likelihood = get_likelihood({"name": "staged_mixture", "n_levels": 5, "n_components": 3, "width": 8})
    glorot = {"weight_stddev": None}
    encoder, decoder = {"mlp": (mlp_encoder, mlp_decoder), "conv": (conv_encoder, conv_decoder)}[networks]
    features = decoder(likelihood.param_shape((6, 6, 1)), 2, **glorot)
    vae = VAE(encoder((6, 6, 1), 2, **glorot), features, likelihood=likelihood, seed=0)
    assert vae.jit_compile == bool(tf.config.list_physical_devices("GPU"))  # its convolutions are slow in XLA
    vae.compile(keras.optimizers.Adam(0.01, global_clipnorm=10.0), jit_compile=False)
    vae.fit(x, batch_size=32, epochs=epochs, verbose=0)
    return x, vae


@pytest.fixture(scope="module", params=NETWORKS)
def learnt(request):
    return stripes(request.param, epochs=1)


@pytest.mark.slow
@pytest.mark.parametrize("networks", ["mlp", "conv"])
def test_it_learns_what_pixels_tell_each_other(networks):
    x, vae = stripes(networks, epochs=15)
    loss = vae.evaluate(x, batch_size=512, verbose=0, return_dict=True)["loss"]
    assert np.log(6) - 0.05 < loss < 15.0  # three places, two levels; pixels alone have 31 nats
    draws = vae.generate(500, seed=1, draw="sample")
    assert (np.ptp(draws, axis=2) == 0).mean() > 0.3  # rows of one level; of pixels alone 4 in 1000
    assert vae.generate(3, seed=1).shape == (3, 6, 6, 1)


def test_a_saved_model_is_the_same_and_learns_on(learnt, tmp_path):
    x, vae = learnt
    vae.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.likelihood.get_config() == vae.likelihood.get_config()
    np.testing.assert_allclose(again.elbo(x), vae.elbo(x), rtol=1e-5)
    before = np.array(again.likelihood.table)
    again.train_on_batch(x[:64])
    assert (np.array(again.likelihood.table) != before).any()


def test_what_is_served_is_the_mean_in_the_units_of_the_data(learnt):
    _, vae = learnt
    z = np.linspace(-2, 2, 10, dtype=np.float32).reshape(5, 2)
    served = serving_decoder(vae, InputSpec((6, 6, 1), Scaling("divisor", 0.0, 0.25), "none"))(z)["x_hat"]
    np.testing.assert_allclose(served, 0.25 * vae.decode(z), rtol=1e-4)


def test_what_it_does_not_take_is_refused():
    likelihood = get_likelihood("staged_mixture")
    with pytest.raises(
        ValueError, match=r"needs images: `data_shape` must be \(height, width, channels\). .*\(3,\)"
    ):
        likelihood.param_shape((3,))
    with pytest.raises(ValueError, match="no probability masses of single values: those of a stage depend on"):
        likelihood.log_pmf(tf.zeros((1, 14, 14, 16)))
    for method in (likelihood.mean, lambda it: likelihood.sample(it, np.random.default_rng(0))):
        with pytest.raises(ValueError, match="has no image shape yet"):
            method(np.zeros((1, 14, 14, 16), np.float32))
    with pytest.raises(ValueError, match=r"likelihood.n_components must be an integer >= 2. Received: 1"):
        get_likelihood({"name": "staged_mixture", "n_components": 1})
