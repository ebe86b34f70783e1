"""Lossy compression end to end: every likelihood, messages, errors that shrink as bits grow, forged chunks."""

import keras
import numpy as np
import pytest
from scipy.stats import entropy

import kvae
from kvae.likelihoods.base import Likelihood
from kvae.likelihoods.lookup import get_likelihood
from kvae.modules import Gaussian
from kvae.uses import compress
from kvae.uses.compression.cells import UNIT
from tests.likelihoods.cases import CASES

pytest.importorskip("constriction", reason="the extra [compress] is not installed")
from kvae.uses.compression.lossy import (
    LossyModel,
    check_bits,
    decode_codes,
    decode_lossy,
    encode_lossy,
)
from kvae.uses.compression.rate_distortion import rate_distortion

D, LATENT = 6, 3


def vae_of(likelihood):
    """A small VAE that has learnt nothing."""
    keras.utils.set_random_seed(0)
    encoder = kvae.layers.mlp_encoder((D,), LATENT, hidden_encoder_dim=16, weight_stddev=None)
    n_outputs = get_likelihood(likelihood).param_shape((D,))
    decoder = kvae.layers.mlp_decoder(n_outputs, LATENT, hidden_decoder_dim=16, weight_stddev=None)
    return kvae.VAE(encoder, decoder, likelihood=likelihood, seed=0)


def pca_vae(likelihood, x, gain=1.0):
    """A VAE of linear networks that has the principal components of `x` for its weights."""
    inputs, z = keras.Input((D,)), keras.Input((LATENT,))
    mean, log_var, back = keras.layers.Dense(LATENT), keras.layers.Dense(LATENT), keras.layers.Dense(D)
    encoder = keras.Model(inputs, [mean(inputs), log_var(inputs)])
    decoder = keras.Model(z, back(z))
    _, sizes, axes = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    sd, axes = sizes[:LATENT] / np.sqrt(len(x)), axes[:LATENT]
    mean.set_weights([axes.T / sd, -x.mean(axis=0) @ axes.T / sd])
    log_var.set_weights([np.zeros((D, LATENT)), np.log(0.01 / (0.01 + sd**2))])
    back.set_weights([gain * sd[:, None] * axes, gain * (x.mean(axis=0) - x.mean())])
    return kvae.VAE(encoder, decoder, likelihood=likelihood, seed=0)


def line(n=600, seed=0):
    """Rows near a plane."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, 2)) @ rng.normal(size=(2, D)) + 0.05 * rng.normal(size=(n, D))).astype(np.float32)


@pytest.fixture(scope="module")
def learnt():
    x = line()
    return pca_vae("gaussian_learnt", x), x


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_likelihood_comes_back_as_its_mean(case):
    vae = vae_of(case.node)
    x = case.draws(case.usual_params(40, D)).astype(np.float32)
    model = LossyModel(vae)
    chunk, row_bits = encode_lossy(model, 6, x)
    back = decode_lossy(model, chunk, 40)
    assert back.shape == x.shape and back.dtype == np.float64 and row_bits.shape == (40,)
    wanted = vae.decode(decode_codes(chunk, 40, LATENT) * UNIT)
    assert np.allclose(back, wanted, rtol=5e-3, atol=5e-3)
    assert np.ptp(back, axis=0).max() > 0.05
    assert np.array_equal(decode_lossy(LossyModel(vae), chunk, 40), back)


def test_errors_shrink_to_those_of_the_posterior_mean_as_bits_grow(learnt):
    vae, x = learnt
    model, wanted = LossyModel(vae), vae.reconstruct(x)
    off, sizes = [], []
    for bits in (1, 2, 4, 6, 8, 12, 16):
        chunk, _ = encode_lossy(model, bits, x)
        off.append(float(np.abs(decode_lossy(model, chunk, len(x)) - wanted).mean()))
        sizes.append(len(chunk))
    assert (np.diff(off) < 0).all() and (np.diff(sizes) > 0).all()
    assert off[0] > 0.1 and off[-1] < 1e-3


def test_a_row_costs_the_entropy_of_its_cells(learnt):
    vae, x = learnt
    model = LossyModel(vae)
    x = np.concatenate([x] * 5)
    chunk, row_bits = encode_lossy(model, 4, x)
    codes = decode_codes(chunk, len(x), LATENT)
    wanted = sum(entropy(np.unique(column, return_counts=True)[1], base=2) for column in codes.T)
    assert wanted < row_bits.mean() < 1.03 * wanted
    assert 8 * len(chunk) < row_bits.sum() + 8 * 60


def test_codes_are_those_of_the_learnt_network(learnt):
    vae, x = learnt
    codes, precision = LossyModel(vae).encode(x)
    z_mean, z_log_var = vae.encode(x)
    assert np.abs(codes * UNIT - z_mean).max() < 1e-3
    assert np.abs(np.log(precision) + z_log_var).max() < 1e-2


def test_chunks_do_not_depend_on_how_rows_are_batched(learnt, monkeypatch):
    vae, x = learnt
    model = LossyModel(vae)
    chunk, _ = encode_lossy(model, 5, x)
    back = decode_lossy(model, chunk, len(x))
    monkeypatch.setattr("kvae.uses.compression.lossy.AT_ONCE", 7)
    model.encoder.rows_at_once = model.decoder.rows_at_once = 3
    assert encode_lossy(model, 5, x)[0] == chunk
    assert np.array_equal(decode_lossy(model, chunk, len(x)), back)


@pytest.mark.parametrize("cov", [None, np.full((600, LATENT), 0.01), np.tile(0.01 * np.eye(LATENT), (600, 1, 1))])
def test_messages_count_in_what_the_data_tells(learnt, cov):
    """A prior as narrow as a posterior tells what the data does not: fewer cells are asked of that dimension."""
    vae, x = learnt
    model = LossyModel(vae)
    messages = Gaussian(np.zeros((len(x), LATENT)), cov)
    chunk, _ = encode_lossy(model, 4, x, messages)
    plain, _ = encode_lossy(model, 4, x)
    assert (chunk == plain) == (cov is None)
    assert decode_lossy(model, chunk, len(x)).shape == x.shape


def test_zeros_and_ones_come_back_as_probabilities():
    x = (line() > 0).astype(np.float32)
    vae = pca_vae("bernoulli", x, 6.0)
    model = LossyModel(vae)
    back = decode_lossy(model, encode_lossy(model, 8, x)[0], len(x))
    assert (back > 0).all() and (back < 1).all()
    assert ((back > 0.5) == (x > 0.5)).mean() > 0.85


def test_one_row_is_enough(learnt):
    vae, x = learnt
    model = LossyModel(vae)
    chunk, row_bits = encode_lossy(model, 4, x[:1])
    assert row_bits.tolist() == [0.0] and len(chunk) < 20
    assert np.abs(decode_lossy(model, chunk, 1) - vae.reconstruct(x[:1])).max() < 1.0


@pytest.mark.parametrize("bits", [0, 17, 1.5, "x", True, None, -3, np.float32(4)])
def test_wrong_bits_are_refused(bits):
    with pytest.raises(ValueError) as error:
        check_bits(bits)
    assert str(error.value) == (
        f"`bits` must be an integer from 1 to 16, the bits per latent dimension. Received: bits={bits!r}"
    )


def test_right_bits_are_taken():
    assert [check_bits(bits) for bits in (1, 16, np.int64(7))] == [1, 16, 7]


def test_a_mean_that_machines_compute_differently_is_refused():
    class Mine(Likelihood):
        def mean(self, params):
            return np.exp(params)

    vae = vae_of("gaussian")
    vae.likelihood = Mine()
    model = LossyModel(vae)
    with pytest.raises(ValueError, match="the mean of Mine is not computed alike on every machine"):
        model.decode(np.zeros((2, LATENT), np.int64))
    with pytest.raises(ValueError, match="the mean of Mine is not computed alike"):  # before there is an archive
        compress(vae, np.zeros((2, *vae.data_shape)), lossy=True)


def test_fingerprints_tell_models_apart(learnt):
    vae, _ = learnt
    known = LossyModel(vae).fingerprint
    assert len(known) == 32 and known == LossyModel(vae).fingerprint
    others = [
        vae_of("gaussian_learnt"),
        vae_of("gaussian"),
        vae_of("laplace"),
        vae_of({"name": "student_t", "df": 3}),
    ]
    assert len({known, *(LossyModel(other).fingerprint for other in others)}) == 5


def test_every_damaged_chunk_is_refused_or_decoded(learnt):
    """No flip ends in anything but codes or a ValueError, though checksums refuse all of them before that."""
    vae, x = learnt
    model = LossyModel(vae)
    chunk, _ = encode_lossy(model, 2, x[:60])
    refused = 0
    for place in range(len(chunk)):
        for bit in range(8):
            forged = bytearray(chunk)
            forged[place] ^= 1 << bit
            try:
                assert decode_codes(bytes(forged), 60, LATENT).shape == (60, LATENT)
            except ValueError:
                refused += 1
    assert refused > 4 * len(chunk)


def test_the_curve_is_what_the_coder_gives(learnt):
    vae, x = learnt
    model, peak = LossyModel(vae), np.ptp(x, axis=0)
    points = rate_distortion(model, x, x, lambda means: means, peak, (2, 6, 4, 2))
    assert [point.bits for point in points] == [2, 4, 6, None]
    for point in points[:-1]:
        chunk, _ = encode_lossy(model, point.bits, x)
        error = decode_lossy(model, chunk, len(x)) - x
        assert point.rate == 8 * len(chunk) / len(x)
        assert np.isclose(point.mse, (error**2).mean())
        assert np.isclose(point.psnr, np.mean(-10 * np.log10(((error / peak) ** 2).mean(axis=1))))
    assert points[-1].rate == np.inf and np.isclose(
        points[-1].mse, ((vae.reconstruct(x) - x) ** 2).mean(), rtol=1e-2
    )
