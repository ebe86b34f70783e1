import math

import numpy as np
import pytest
from scipy import stats

from kvae import VAE
from kvae.data import observations
from kvae.networks.mlp import mlp_decoder, mlp_encoder
from kvae.vae.in_batches import padded_batches


def test_log_prob_is_the_exact_one_of_probabilistic_pca(ppca):
    vae, x, exact, _ = ppca
    estimate = vae.log_prob(x, n_samples=5000)
    assert estimate.shape == (40,)
    assert abs(estimate.mean() - exact.mean()) < 0.02


def test_log_prob_under_a_message_moves_the_prior(ppca):
    vae, x, _, (W, b) = ppca
    mu = np.array([0.5, -1.0])
    exact = stats.multivariate_normal(b + W @ mu, W @ W.T + np.eye(5)).logpdf(x)
    estimate = vae.log_prob(x, n_samples=5000, prior_mu=np.tile(mu, (40, 1)))
    assert abs(estimate.mean() - exact.mean()) < 0.05


def test_log_prob_is_the_elbo_with_one_sample_on_average_and_above_it_with_many(ppca):
    vae, x, _, _ = ppca
    elbo = vae.elbo(x, n_samples=500)
    bound, effective = vae.importance_sampled(x, n_samples=500)
    # The error of an estimate with so many effective draws, and that of the bound itself.
    se = np.sqrt((500 / effective - 1) / 500) + np.std(
        [vae.elbo(x, n_samples=500, seed=s) for s in range(5)], axis=0
    )
    assert np.all(bound > elbo - 4 * se)
    one = np.mean([vae.log_prob(x, n_samples=1, seed=seed) for seed in range(200)])
    assert abs(one - elbo.mean()) < 0.15


def test_draws_from_the_exact_posterior_count_in_full():
    """With one latent dimension the posterior of probabilistic PCA is among those that a VAE can have."""
    import keras

    from kvae import VAE

    W, b = np.array([[1.0, -2.0, 0.5]]), np.array([0.3, 0.0, -1.0])
    precision = float((W @ W.T).item()) + 1.0
    x_in, z_in = keras.Input((3,)), keras.Input((1,))
    mean, log_var, out = (keras.layers.Dense(n) for n in (1, 1, 3))
    encoder, decoder = keras.Model(x_in, [mean(x_in), log_var(x_in)]), keras.Model(z_in, out(z_in))
    mean.set_weights([W.T / precision, -(b @ W.T) / precision])
    log_var.set_weights([np.zeros((3, 1)), -np.log([precision])])
    out.set_weights([W, b])
    x = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32)
    log_p, effective = VAE(encoder, decoder, likelihood="gaussian").importance_sampled(x, n_samples=50)
    np.testing.assert_allclose(effective, 50.0, rtol=1e-3)
    np.testing.assert_allclose(log_p, stats.multivariate_normal(b, W.T @ W + np.eye(3)).logpdf(x), atol=1e-4)


def test_chunks_of_samples_add_up(ppca, monkeypatch):
    vae, x, exact, _ = ppca
    monkeypatch.setattr("kvae.vae.importance.ROWS_AT_ONCE", 700)
    assert abs(vae.log_prob(x, n_samples=2003).mean() - exact.mean()) < 0.05


def test_elbo_is_log_likelihood_minus_kl(make_vae, x):
    vae = make_vae(KL_param=7.0)
    prior_mu = np.full((60, 2), 0.5)
    z_mean, z_log_var = (array.astype(np.float64) for array in vae.encode(x))
    kl = 0.5 * ((z_mean - 0.5) ** 2 + np.exp(z_log_var) - 1 - z_log_var).sum(-1)
    difference = vae.elbo(x) - vae.elbo(x, prior_mu)
    standard = 0.5 * (z_mean**2 + np.exp(z_log_var) - 1 - z_log_var).sum(-1)
    np.testing.assert_allclose(difference, kl - standard, atol=1e-4)


@pytest.mark.parametrize("n", [1, 7, 60])
def test_batches_do_not_change_results(make_vae, x, n):
    vae, x = make_vae(), x[:n]
    for whole, parts in zip(vae.encode(x), vae.encode(x, batch_size=4), strict=True):
        assert whole.shape == (n, 2)
        np.testing.assert_allclose(whole, parts, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(vae.decode(vae.encode(x)[0]), vae.reconstruct(x, batch_size=3), rtol=1e-5)


def test_padded_batches_cover_every_row_once_in_order():
    array = np.arange(10.0)[:, None]
    seen = []
    for rows, (batch,) in padded_batches((array,), 4):
        assert batch.shape == (4, 1)
        seen.extend(batch[: rows.stop - rows.start, 0])
    np.testing.assert_array_equal(seen, np.arange(10.0))


def test_seeds(make_vae, x):
    vae = make_vae()
    np.testing.assert_array_equal(vae.generate(5, seed=1), vae.generate(5, seed=1))
    assert not np.array_equal(vae.generate(5, seed=1), vae.generate(5, seed=2))
    assert not np.array_equal(vae.sample_posterior(x), vae.sample_posterior(x))
    np.testing.assert_array_equal(vae.elbo(x), vae.elbo(x))


def test_draws_do_not_disturb_training(make_vae, x):
    quiet, busy = make_vae(), make_vae()
    for vae in (quiet, busy):
        for _ in range(3):
            vae.train_on_batch(x)
            if vae is busy:
                vae.generate(3)
                vae.elbo(x)
    for a, b in zip(quiet.get_weights(), busy.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_sample_posterior_has_the_posteriors_moments(make_vae, x):
    vae = make_vae()
    draws = np.concatenate([vae.sample_posterior(np.tile(x[:3], (100, 1))) for _ in range(20)]).reshape(2000, 3, 2)
    z_mean, z_log_var = vae.encode(x[:3])
    se = np.exp(z_log_var / 2) / math.sqrt(2000)
    assert np.all(np.abs(draws.mean(0) - z_mean) < 5 * se)
    np.testing.assert_allclose(draws.std(0), np.exp(z_log_var / 2), rtol=0.1)


def test_generate_follows_the_message(make_vae):
    vae = make_vae()
    far = np.tile([[40.0, 0.0]], (30, 1))
    np.testing.assert_allclose(vae.generate(30, prior_mu=far, seed=0).mean(0), vae.decode(far[:1])[0], atol=0.1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda vae, x: vae.encode(x[:, :5]), r"`x` must have shape \(n, 6\).*\(60, 5\)"),
        (lambda vae, x: vae.encode(x[:0]), r"n >= 1. Received: shape \(0, 6\)"),
        (lambda vae, x: vae.decode(x), r"`z` must have shape \(n, 2\).*\(60, 6\)"),
        (lambda vae, x: vae.elbo(x, np.zeros((59, 2))), r"shape \(60, 2\). Received: shape \(59, 2\)"),
        (lambda vae, x: vae.elbo(x, np.zeros(2)), r"`prior_mu`.*Received: shape \(2,\)"),
        (lambda vae, x: vae.generate(0), "Received: n=0"),
        (lambda vae, x: vae.log_prob(x, n_samples=0), "Received: n_samples=0"),
        (lambda vae, x: vae.encode(x, batch_size=0), "Received: batch_size=0"),
        (lambda vae, x: vae.generate(True), "Received: n=True"),
        (lambda vae, x: vae.generate(2, seed=-1), "`seed` must be an integer from 0 to"),
        (lambda vae, x: vae.elbo(x, seed=0.5), "Received: seed=0.5"),
    ],
)
def test_wrong_arguments(make_vae, x, call, message):
    with pytest.raises(ValueError, match=message):
        call(make_vae(), x)


def test_many_draws_take_no_more_memory_at_once(ppca, monkeypatch):
    vae, x, _, _ = ppca
    monkeypatch.setattr("kvae.vae.bounds.ROWS_AT_ONCE", 700)
    rows = []

    def noted(arrays, size, *options):
        rows.append(size)
        return padded_batches(arrays, size, *options)

    monkeypatch.setattr("kvae.vae.in_batches.padded_batches", noted)
    vae.elbo(x, n_samples=300)
    assert rows == [2]


@pytest.mark.parametrize("jit_compile", [False, True])
def test_outputs_that_are_the_inputs_keep_their_rows(jit_compile):
    def same(x):
        return x

    vae = VAE(mlp_encoder((3,), 2, [4]), mlp_decoder((3,), 2, [4]))
    x = np.random.default_rng(0).random((21, 3), np.float32)
    for rows in (x, x[::-1], np.asfortranarray(x)):
        (found,) = vae._in_batches(same, (rows,), 4, jit_compile)
        np.testing.assert_array_equal(found, rows)


@pytest.mark.parametrize("method", ["encode", "reconstruct"])
def test_values_are_checked_batch_by_batch_and_a_wrong_one_is_named_by_its_row(method, monkeypatch):
    vae = VAE(mlp_encoder((3,), 2, [4]), mlp_decoder((3,), 2, [4]))
    x = np.random.default_rng(0).random((21, 3), np.float32)
    seen = []
    monkeypatch.setattr(observations, "check_values", lambda name, part, *rest: seen.append(len(part)))
    getattr(vae, method)(x, batch_size=4)
    assert sorted(seen) == [1, 4, 4, 4, 4, 4]
    monkeypatch.undo()

    x[18, 2] = 1.5
    with pytest.raises(ValueError, match=r"`x` must hold values in \[0, 1\].* Received: 1.5 in row 18, column 2$"):
        getattr(vae, method)(x, batch_size=4)
