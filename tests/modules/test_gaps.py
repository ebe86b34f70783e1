"""Rows that lack what a module observes: rows of NaN."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

import kvae.modules as srk
from kvae.errors import InputError

LABELS = np.arange(90) % 3
LACKS = np.arange(90) % 7 == 2


@pytest.fixture
def x():
    """Binary rows of two groups, `(60, 8)`."""
    means = np.repeat([[0.9, 0.1], [0.1, 0.9]], 4, axis=1)
    return (np.random.default_rng(0).random((60, 8)) < means[np.arange(60) % 2]).astype(np.float32)


@pytest.fixture
def z():
    return np.eye(3)[LABELS] * 8 + np.random.default_rng(0).normal(size=(90, 3))


def small(**keywords):
    keywords = {"itr": 4, "batch_size": 16, "hidden_encoder_dim": 8, "hidden_decoder_dim": 8} | keywords
    return srk.VAE(2, **keywords)


def learnt(x, tmp_path, message=None, name="vae", **keywords):
    vae = small(**keywords)
    vae.connect(srk.Observation(x, folder=tmp_path / name))
    if message is not None:
        vae.set_backward_msg(message)
    vae.update(write=False)
    return vae


@pytest.mark.slow
def test_a_vae_learns_as_if_rows_of_nan_were_not_there(x, tmp_path):
    lacks = np.arange(60) % 5 == 1
    gappy = np.where(lacks[:, None], np.nan, x)
    rng = np.random.default_rng(1)
    message = srk.Gaussian(rng.normal(size=(60, 2)), rng.uniform(0.5, 2, (60, 2)))
    vae = learnt(gappy, tmp_path, message)
    alone = learnt(x[~lacks], tmp_path, message.rows(~lacks), "alone")
    for one, other in zip(vae.model.get_weights(), alone.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    forward = vae.get_forward_msg()
    np.testing.assert_array_equal(forward[~lacks], alone.get_forward_msg())
    assert np.isnan(forward[lacks]).all() and np.isnan(vae.get_forward_var()[lacks]).all()
    np.testing.assert_array_equal(vae.z[lacks], message.mean[lacks].astype(np.float32))
    np.testing.assert_allclose(vae.x_hat[lacks], vae.model.decode(message.mean[lacks]), rtol=1e-5)
    np.testing.assert_allclose(vae.x_hat[~lacks], alone.x_hat, rtol=1e-5)


def test_a_vae_infers_without_a_trace(x, tmp_path):
    vae = learnt(x, tmp_path)
    before = dict(vars(vae))
    gappy = x[:6].copy()
    gappy[[1, 4]] = np.nan
    up = vae.infer([gappy])
    cov = np.random.default_rng(0).normal(size=(6, 2, 2))
    cov = cov @ cov.transpose(0, 2, 1) + np.eye(2)
    told = srk.Gaussian(np.arange(12.0).reshape(6, 2) / 10, cov)
    down = vae.infer([gappy], told)
    assert vars(vae) == before and not list(tmp_path.glob("*/module001_vae/z*"))
    there = [0, 2, 3, 5]
    mean, log_var = vae.model.encode(x[:6])
    for sent in (up, down):
        np.testing.assert_allclose(sent.forward[there], mean[there], rtol=1e-5)
        np.testing.assert_allclose(sent.var[there], np.exp(log_var[there]), rtol=1e-5)
        np.testing.assert_allclose(sent.backward[0][there], vae.model.decode(mean[there]), rtol=1e-5)
    assert np.isnan(up.forward[[1, 4]]).all() and np.isnan(up.var[[1, 4]]).all()
    # Nothing is known of them, neither from below nor from above: the mean of N(0, I), not NaN, goes down.
    np.testing.assert_allclose(up.backward[0][[1, 4]], vae.model.decode(np.zeros((2, 2))), rtol=1e-5)
    np.testing.assert_allclose(down.forward[[1, 4]], told.mean[[1, 4]], rtol=1e-6)
    np.testing.assert_allclose(down.var[[1, 4]], [np.diag(cov[1]), np.diag(cov[4])], rtol=1e-6)
    np.testing.assert_allclose(down.backward[0][[1, 4]], vae.model.decode(told.mean[[1, 4]]), rtol=1e-5)
    nothing = vae.infer([np.full((3, 8), np.nan)])
    assert np.isnan(nothing.forward).all() and np.isfinite(nothing.backward[0]).all()


@pytest.mark.slow
def test_held_out_rows_of_nan_are_not_measured(x, tmp_path):
    held_out = x[:10].copy()
    held_out[3:5] = np.nan
    mu = np.random.default_rng(0).normal(size=(10, 2))
    gappy, whole = small(x_test=held_out, log_every=2), small(x_test=np.delete(x[:10], [3, 4], 0), log_every=2)
    for vae, prior in ((gappy, mu), (whole, np.delete(mu, [3, 4], 0))):
        vae.connect(srk.Observation(x, folder=tmp_path / str(id(vae))))
        vae.prior_test = srk.Gaussian(prior)
        vae.update(write=False)
    assert gappy.training.rows == whole.training.rows and np.isfinite(gappy.training.rows[-1]["val_loss"])


def test_a_vae_on_several_modules_takes_rows_that_have_all_or_nothing(x, tmp_path):
    left, right = x[:, :5].copy(), x[:, 5:].copy()
    left[4], right[4] = np.nan, np.nan
    vae = small()
    vae.connect(srk.Observation(left, "left", tmp_path), srk.Observation(right, "right", tmp_path))
    vae.update(write=False)
    assert np.isnan(vae.get_forward_msg()).all(axis=1).nonzero()[0].tolist() == [4]
    right[7] = np.nan
    vae.connect(srk.Observation(left, "left", tmp_path), srk.Observation(right, "right", tmp_path))
    with pytest.raises(InputError, match=r"left and right .*all of them or none. Received: row 7 without right"):
        vae.update(write=False)


def test_a_vae_refuses_rows_of_nothing_alone_and_single_gaps(x, tmp_path):
    class Sender(srk.Module):
        def update(self):
            """Sends what it was told to."""

    sender, vae = Sender(folder=tmp_path), small()
    vae.connect(sender)
    sender.set_forward_msg(np.full((4, 8), np.nan))
    with pytest.raises(
        InputError, match=r"vae needs rows that are not missing to learn from. Received: NaN in all"
    ):
        vae.update()
    sender.set_forward_msg(np.where(np.arange(8) == 3, np.nan, x))
    with pytest.raises(
        InputError, match=r"vae needs finite numbers. Received from module: NaN or infinity in row 0"
    ):
        vae.update()


@pytest.mark.parametrize("message", ["mean", "diag", "full"])
def test_a_mixture_is_fitted_to_the_rows_that_are_known(z, tmp_path, message):
    gappy = np.where(LACKS[:, None], np.nan, z)
    gmm, alone = (srk.GMM(3, n_starts=3, message=message, damping=0.3) for _ in range(2))
    gmm.connect(srk.Observation(gappy, folder=tmp_path))
    alone.connect(srk.Observation(z[~LACKS], folder=tmp_path))
    for _ in range(2):
        gmm.update(write=False)
        alone.update(write=False)
    np.testing.assert_array_equal(gmm.mixture.means, alone.mixture.means)
    np.testing.assert_array_equal(gmm.r[~LACKS], alone.r)
    np.testing.assert_array_equal(gmm.noise, alone.noise)
    np.testing.assert_allclose(gmm.sent.mean[~LACKS], alone.sent.mean)
    assert np.isnan(gmm.get_forward_msg()[LACKS]).all() and (gmm.classes[LACKS] == -1).all()
    if message == "mean":  # nothing is known of them: the mean of all
        np.testing.assert_allclose(gmm.sent.mean[LACKS], np.tile(gmm.mixture.weights @ gmm.mixture.means, (13, 1)))


def test_a_mixture_takes_what_is_above_for_rows_that_it_lacks(z, tmp_path):
    gappy = np.where(LACKS[:, None], np.nan, z)
    gmm = srk.GMM(3, n_starts=3, category=LABELS)
    gmm.connect(srk.Observation(gappy, folder=tmp_path))
    above = np.random.default_rng(0).dirichlet(np.ones(3), 90)
    gmm.set_backward_msg(2 * above)
    gmm.update()
    expected = gmm.mixture.weights * above[LACKS]
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(gmm.r[LACKS], expected)
    np.testing.assert_allclose(gmm.sent.mean[LACKS], expected @ gmm.mixture.means)
    # What came from above is no news to it.
    assert np.isnan(gmm.get_forward_msg()[LACKS]).all() and np.isfinite(gmm.get_forward_msg()[~LACKS]).all()
    told = gmm.infer([gappy], above)
    np.testing.assert_allclose(told.forward, gmm.r, atol=1e-12)
    up = gmm.infer([gappy])
    assert np.isnan(up.forward[LACKS]).all() and np.isfinite(up.backward[0].mean).all()
    again = srk.GMM(3)
    again.connect(srk.Observation(gappy, folder=tmp_path))
    again.resume(gmm.read(gmm.folder.state))
    np.testing.assert_array_equal(again.get_forward_msg(), gmm.get_forward_msg())
    np.testing.assert_array_equal(again.r, gmm.r)
    for mixture in (gmm, again):
        mixture.set_backward_msg(above)
        mixture.update(write=False)
    np.testing.assert_array_equal(again.r, gmm.r)


def test_files_and_figures_leave_out_what_nothing_is_known_of(z, tmp_path):
    gappy = np.where(LACKS[:, None], np.nan, z)
    gmm = srk.GMM(3, n_starts=3, category=LABELS)
    gmm.connect(srk.Observation(gappy, folder=tmp_path))
    gmm.update()
    assert gmm.measure()["accuracy"] == 1.0
    folder = gmm.folder.path
    assert (np.loadtxt(folder / "class_learn.txt")[LACKS] == -1).all()
    assert np.isnan(np.loadtxt(folder / "Pdz_learn.txt")[LACKS]).all()
    assert np.isfinite(np.loadtxt(folder / "mu_learn.txt")).all()
    assert gmm.measure(np.full((5, 3), np.nan), LABELS[:5]) == {}
    recog = srk.GMM(3, mode="recog", category=LABELS[:4])
    recog.use_folder(gmm.folder)
    recog.connect(srk.Observation(np.vstack([np.full((3, 3), np.nan), z[:1]])))
    recog.update(write=False)
    assert recog.classes.tolist()[:3] == [-1, -1, -1] and recog.classes[3] == gmm.classes[0]


def test_of_several_modules_the_marginal_of_those_that_know_a_row(z, tmp_path):
    other = np.eye(3)[LABELS][:, :2] * 6 + np.random.default_rng(1).normal(size=(90, 2))
    first, second = z.copy(), other.copy()
    first[LACKS], second[LABELS == 1] = np.nan, np.nan
    second[5] = first[5] = np.nan
    second[1:40:3] = other[1:40:3]  # it sees some of class 1
    nothing = np.isnan(first).all(axis=1) & np.isnan(second).all(axis=1)
    whole = np.isfinite(first).all(axis=1) & np.isfinite(second).all(axis=1)
    gmm, alone = srk.GMM(3, n_starts=3), srk.GMM(3, n_starts=3)
    gmm.connect(srk.Observation(first, "a", tmp_path), srk.Observation(second, "b", tmp_path))
    alone.connect(srk.Observation(first[whole], "a", tmp_path), srk.Observation(second[whole], "b", tmp_path))
    above = np.random.default_rng(2).dirichlet(np.ones(3), 90)
    gmm.set_backward_msg(above)
    alone.set_backward_msg(above[whole])
    gmm.update(write=False)
    alone.update(write=False)
    np.testing.assert_array_equal(gmm.mixture.covs, alone.mixture.covs)
    values = np.hstack([first, second])
    for row in range(90):
        there = np.isfinite(values[row])
        if not there.any():
            p = gmm.mixture.weights * above[row]
            np.testing.assert_allclose(gmm.r[row], p / p.sum())
            continue
        parameters = zip(gmm.mixture.weights, gmm.mixture.means, gmm.mixture.covs, strict=True)
        p = [
            weight
            * above[row, k]
            * multivariate_normal.pdf(values[row, there], mean[there], cov[np.ix_(there, there)])
            for k, (weight, mean, cov) in enumerate(parameters)
        ]
        np.testing.assert_allclose(gmm.r[row], p / np.sum(p), rtol=1e-6, atol=1e-12)
    assert np.isnan(gmm.get_forward_msg()).any(axis=1).nonzero()[0].tolist() == nothing.nonzero()[0].tolist()
    sent = [module.get_backward_msg().mean for module in gmm.observed]
    np.testing.assert_allclose(np.hstack(sent), gmm.r @ gmm.mixture.means)


def test_a_mixture_needs_rows_that_lack_nothing(z, tmp_path):
    gmm = srk.GMM(3)
    gappy = np.where(np.arange(90)[:, None] > 2, np.nan, z)
    gmm.connect(srk.Observation(gappy, folder=tmp_path))
    with pytest.raises(
        InputError, match=r"more rows than components. Received: 3 rows that all modules know for K=3"
    ):
        gmm.update()


def test_vae_and_mixture_teach_each_other_with_rows_missing(x, tmp_path):
    lacks = np.arange(60) % 5 == 1
    vae, gmm = small(itr=3), srk.GMM(2, n_starts=2)
    vae.connect(srk.Observation(np.where(lacks[:, None], np.nan, x), folder=tmp_path))
    gmm.connect(vae)
    for _ in range(2):
        vae.update()
        gmm.update()
    assert np.isnan(gmm.get_forward_msg()[lacks]).all()
    np.testing.assert_allclose(vae.z[lacks], np.tile(vae.z[lacks][0], (lacks.sum(), 1)))
    assert np.isfinite(np.loadtxt(vae.folder.path / "x_hat_learn.txt")).all()
