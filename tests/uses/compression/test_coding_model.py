import hashlib
import inspect

import keras
import numpy as np
import pytest
from coding import DISCRETE, name_of, tiny_vae

pytest.importorskip("constriction", reason="needs the extra [compress]")

import kvae
from kvae.likelihoods.bernoulli import Bernoulli
from kvae.likelihoods.poisson import Poisson
from kvae.uses import compress, decompress
from kvae.uses.compression.bits_back import encode_rows
from kvae.uses.compression.coding_model import CodingModel
from kvae.uses.compression.lossy import LossyModel


def test_the_fingerprint_is_of_weights_likelihood_and_its_arguments():
    prints = {
        CodingModel(vae).fingerprint
        for vae in (
            tiny_vae(),
            tiny_vae(seed=1),
            tiny_vae(latent_dim=3),
            *(tiny_vae(node) for node in DISCRETE if node["name"] != "bernoulli"),
            tiny_vae({"name": "categorical", "n_levels": 6}),
        )
    }
    assert len(prints) == 3 + len(DISCRETE)
    assert all(len(it) == 32 and set(it) <= set("0123456789abcdef") for it in prints)
    assert (
        CodingModel(tiny_vae()).fingerprint == CodingModel(tiny_vae()).fingerprint
    )  # names of layers do not count


def test_the_fingerprint_survives_saving(tmp_path):
    vae = tiny_vae({"name": "binomial", "n": 16})
    vae.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert CodingModel(again).fingerprint == CodingModel(vae).fingerprint


def test_what_is_coded_stays_the_same_for_ever():
    """Words of a fixed model: whoever changes them raises CODER_VERSION, and this."""
    vae = tiny_vae()
    rng = np.random.RandomState(0)  # a stream that NumPy promises to keep
    for network in (vae.encoder, vae.decoder):
        network.set_weights([np.rint(64 * rng.standard_normal(w.shape)) / 128 for w in network.get_weights()])
    levels = (rng.random_sample((200, 6)) < 0.5).astype(np.int32)
    model = CodingModel(vae)
    coded, _ = encode_rows(model, model.precision(levels), levels)
    assert hashlib.sha256(coded.words.astype("<u4").tobytes()).hexdigest()[:16] == WORDS


WORDS = "0449b7be22b2e74d"


def test_names_of_layers_do_not_count_in_the_fingerprint():
    def made(likelihood):
        """A VAE whose decoder has operators in it, which Keras numbers as it does layers."""
        z = keras.Input((2,))
        x = keras.layers.Dense(6, kernel_initializer="ones")(z) * 2.0 + 1.0
        return kvae.VAE(tiny_vae().encoder, keras.Model(z, x), likelihood=likelihood)

    for kind in (Poisson, Bernoulli):
        one, other = made(kind(name="one")), made(kind(name="other"))
        assert CodingModel(one).fingerprint == CodingModel(other).fingerprint
        assert LossyModel(one).fingerprint == LossyModel(other).fingerprint


def test_arguments_that_a_class_of_your_own_hands_on_count_in_the_fingerprint():
    class Own(Bernoulli):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)

    one, other = tiny_vae(), tiny_vae()
    one.likelihood, other.likelihood = Own(), Own(from_logits=False)
    assert CodingModel(one).fingerprint != CodingModel(other).fingerprint
    assert LossyModel(one).fingerprint != LossyModel(other).fingerprint


def test_archives_of_probabilities_open_whatever_keras_takes_for_small():
    z = keras.Input((2,))
    steep = keras.initializers.RandomNormal(0.0, 8.0, seed=0)
    decoder = keras.Model(z, keras.layers.Dense(6, "sigmoid", kernel_initializer=steep)(z))
    vae = kvae.VAE(tiny_vae().encoder, decoder, likelihood=Bernoulli(from_logits=False))
    x = np.random.default_rng(0).integers(0, 2, (50, 6)).astype(np.float32)
    archive, usual = compress(vae, x), keras.config.epsilon()
    try:
        keras.config.set_epsilon(1e-3)
        np.testing.assert_array_equal(decompress(vae, archive), x)
    finally:
        keras.config.set_epsilon(usual)


@pytest.mark.parametrize("likelihood", ["gaussian", "gaussian_learnt", "laplace"])
def test_a_continuous_likelihood_is_refused(likelihood):
    with pytest.raises(ValueError, match="is continuous: it has a density, and no probability masses"):
        CodingModel(tiny_vae(likelihood))


def test_a_layer_without_an_exact_counterpart_is_refused():
    @keras.saving.register_keras_serializable(package="test_coding_model")
    class Twice(keras.layers.Layer):
        def call(self, x):
            return 2.0 * x

    vae = tiny_vae()
    inputs = keras.Input((6,))
    odd = kvae.VAE(keras.Model(inputs, vae.encoder(Twice(name="twice")(inputs))), vae.decoder)
    with pytest.raises(ValueError, match="'twice'"):
        CodingModel(odd)


def test_a_vae_that_says_otherwise_what_its_networks_give_is_refused():
    class Own(kvae.VAE):
        def posterior(self, x, training=None):
            return super().posterior(x, training)

    vae = tiny_vae()
    with pytest.raises(ValueError, match=r"a VAE class that overrides `posterior` cannot be used\. Received: Own"):
        CodingModel(Own(vae.encoder, vae.decoder))


def test_precision_is_as_fine_as_the_narrowest_posteriors():
    vae = tiny_vae()
    head = vae.encoder.get_layer("z_log_var")
    for log_var, e in ((0.0, 1), (-2 * np.log(2), 1), (-2.01 * np.log(2), 2), (-10 * np.log(2), 5), (-29.0, 14)):
        head.kernel.assign(np.zeros(head.kernel.shape))
        head.bias.assign(np.full(2, log_var))
        assert CodingModel(vae).precision(np.zeros((3, 6), np.int32)) == (e, e), log_var
    assert CodingModel(vae).precision(np.zeros((0, 6), np.int32)) == (1, 1)


def test_large_observations_are_worked_on_few_at_a_time():
    assert CodingModel(tiny_vae()).rows_at_once == 512
    model = CodingModel(tiny_vae({"name": "categorical", "n_levels": 256}, (40, 40, 1)))
    assert model.rows_at_once == 2**22 // (40 * 40 * 256)


@pytest.mark.parametrize("node", DISCRETE, ids=name_of)
def test_arguments_of_likelihoods_are_all_that_they_were_given(node):
    from kvae.likelihoods.lookup import get_likelihood
    from kvae.uses.compression.coding_model import arguments

    likelihood = get_likelihood(node)
    of_keras, own = (
        set(inspect.signature(it.__init__).parameters) for it in (keras.layers.Layer, type(likelihood))
    )
    assert set(arguments(likelihood)) == own - of_keras - {"from_logits"}
