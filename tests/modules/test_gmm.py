import numpy as np
import pytest

import kvae.modules as srk
from kvae.errors import InputError

LABELS = np.arange(90) % 3


@pytest.fixture
def z():
    return np.eye(3)[LABELS] * 8 + np.random.default_rng(0).normal(size=(90, 3))


def connected(z, tmp_path, **keywords):
    obs, gmm = srk.Observation(z, folder=tmp_path), srk.GMM(3, n_starts=3, **keywords)
    gmm.connect(obs)
    return obs, gmm


def test_it_finds_the_groups_and_writes_serkets_files(z, tmp_path):
    obs, gmm = connected(z, tmp_path, category=LABELS)
    gmm.update()
    assert gmm.measure() == {"accuracy": 1.0, "nmi": 1.0, "ari": 1.0}
    folder = tmp_path / "module001_gmm"
    r = np.loadtxt(folder / "Pdz_learn.txt")
    np.testing.assert_allclose(r.sum(1), 1.0)
    np.testing.assert_array_equal(np.loadtxt(folder / "class_learn.txt"), r.argmax(1))
    np.testing.assert_allclose(np.loadtxt(folder / "mu_learn.txt"), r @ gmm.mixture.means, rtol=1e-5)
    assert np.loadtxt(folder / "acc_learn.txt") == 1.0
    np.testing.assert_allclose(obs.get_backward_msg().mean, r @ gmm.mixture.means, rtol=1e-5)


def test_recog_infers_new_rows_with_what_was_learnt(z, tmp_path):
    connected(z, tmp_path)[1].update()
    learnt = (tmp_path / "module001_gmm/model.npz").read_bytes()
    classes = np.loadtxt(tmp_path / "module001_gmm/class_learn.txt")
    _, again = connected(z[::2], tmp_path, mode="recog")
    again.update()
    np.testing.assert_array_equal(again.classes, classes[::2])
    assert (tmp_path / "module001_gmm/model.npz").read_bytes() == learnt
    assert not (tmp_path / "module001_gmm/acc_recog.txt").exists()


def an_arc_about_a_blob(n):
    """Two groups of n rows, one of them bent, so that two Gaussians nearly fit them: rows and classes."""
    rng = np.random.default_rng(0)
    angle = rng.uniform(-1, 1, n)
    arc = 3 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + rng.normal(size=(n, 2)) * 0.2
    rows = np.concatenate([arc, rng.normal(size=(n, 2)) * [0.4, 0.5] + [1.2, 0]])
    order = rng.permutation(2 * n)
    return rows[order], np.repeat([0, 1], n)[order]


def test_neighbours_vote_and_new_rows_are_looked_up(tmp_path):
    x, labels = an_arc_about_a_blob(300)
    learnt, new = x[:400], x[400:]

    def updated(rows, truth, **keys):
        gmm = srk.GMM(2, n_starts=6, category=truth, **keys)
        gmm.connect(srk.Observation(rows, folder=tmp_path))
        gmm.update()
        return gmm

    alone = updated(learnt, labels[:400]).measure()["accuracy"]
    gmm = updated(learnt, labels[:400], n_neighbors=10)
    assert gmm.measure()["accuracy"] > 0.995 > alone
    np.testing.assert_allclose(gmm.r.sum(axis=1), 1.0)
    state = gmm.read(gmm.folder.state)
    assert state["voters_z"].shape == (400, 2) and state["voters_z"].dtype == np.float32
    np.testing.assert_array_equal(state["voters_labels"], gmm.classes)
    found = updated(new, labels[400:], mode="recog", n_neighbors=10)
    assert found.measure()["accuracy"] > 0.99
    # One row at a time gives the same classes: they do not depend on what else is asked for.
    np.testing.assert_allclose(gmm.infer([new[:1]]).forward, found.r[:1])
    told = gmm.infer([new[:1]], np.array([[1.0, 0.0]])).forward
    np.testing.assert_array_equal(told, [[1.0, 0.0]])


def test_rows_to_look_up_must_have_been_kept(z, tmp_path):
    connected(z, tmp_path)[1].update()
    _, again = connected(z, tmp_path, mode="recog", n_neighbors=5)
    with pytest.raises(InputError, match=r"was learnt without n_neighbors.*Received: n_neighbors=5"):
        again.update()


@pytest.mark.parametrize("n_neighbors", [30, 100_000])
def test_so_many_neighbours_that_the_largest_class_takes_all_are_refused(z, tmp_path, n_neighbors):
    _, gmm = connected(z, tmp_path, n_neighbors=n_neighbors)
    text = rf"n_neighbors of gmm must be below the mean number of rows .*, 90 / 3. Received: {n_neighbors}"
    with pytest.raises(InputError, match=text):
        gmm.update()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"voters_labels": np.full(90, 3)}, "classes without a component"),
        ({"voters_labels": np.zeros(89, int)}, "do not fit each other"),
        ({"voters_z": np.zeros((90, 2), np.float32)}, "do not fit each other"),
        ({"voters_z": np.full((90, 3), np.nan, np.float32)}, "not finite"),
    ],
)
def test_damaged_rows_with_classes_are_refused(z, tmp_path, change, text):
    connected(z, tmp_path, n_neighbors=5)[1].update()
    path = tmp_path / "module001_gmm/model.npz"
    np.savez(path, **dict(np.load(path)) | change)
    _, again = connected(z, tmp_path, mode="recog", n_neighbors=5)
    with pytest.raises(InputError, match=text):
        again.update()


def test_components_keep_their_numbers_over_updates(z, tmp_path):
    _, gmm = connected(z, tmp_path)
    gmm.update(write=False)
    first = gmm.classes
    gmm.update(write=False)
    np.testing.assert_array_equal(gmm.classes, first)


def test_classes_from_above_multiply_and_several_senders_too(z, tmp_path):
    _, gmm = connected(z - np.eye(3)[LABELS] * 8, tmp_path)  # the groups are not in the rows any more
    above = np.full((90, 3), 0.001)
    above[np.arange(90), LABELS] = 0.998
    gmm.set_backward_msg(above)
    gmm.update(write=False)
    np.testing.assert_array_equal(gmm.classes, LABELS)
    product = gmm.combine([above, above])
    np.testing.assert_allclose(product, above**2 / (above**2).sum(1, keepdims=True))


@pytest.mark.parametrize("message", ["diag", "full"])
def test_the_message_with_covariances_has_the_kl_of_vade_up_to_a_constant(z, tmp_path, message):
    from kvae.objective import gaussian_kl

    _, gmm = connected(z, tmp_path, message=message)
    gmm.update(write=False)
    rng = np.random.default_rng(1)
    r = rng.dirichlet(np.ones(3), size=90)
    sent, covs = gmm.message_for(r), gmm.mixture.covs
    constants = []
    for _ in range(2):
        q = [rng.normal(size=(90, 3)), rng.normal(size=(90, 3))]
        each = []
        for k in range(3):
            cov = np.broadcast_to(covs[k] if message == "full" else np.diagonal(covs[k]), sent.cov.shape)
            mean = np.broadcast_to(gmm.mixture.means[k], (90, 3))
            each.append(np.asarray(gaussian_kl(*(np.float32(a) for a in (*q, mean, cov)))))
        ours = gaussian_kl(*(np.float32(a) for a in (*q, sent.mean, sent.cov)))
        constants.append((r * np.transpose(each)).sum(1) - np.asarray(ours))
    np.testing.assert_allclose(constants[0], constants[1], rtol=1e-3, atol=2e-3)


def test_damping_weight_and_ramp(z, tmp_path):
    _, gmm = connected(z, tmp_path, damping=0.25, weight=0.5, ramp=2)
    gmm.update(write=False)
    first = gmm.sent.mean
    np.testing.assert_allclose(first, 0.25 * gmm.r @ gmm.mixture.means)
    gmm.update(write=False)
    np.testing.assert_allclose(gmm.sent.mean, 0.25 * first + 0.75 * 0.5 * gmm.r @ gmm.mixture.means)


def test_small_components_are_reported(caplog, tmp_path):
    z = np.concatenate([np.random.default_rng(0).normal(size=(300, 2)), [[50.0, 50.0], [51.0, 50.0]]])
    _, gmm = connected(z, tmp_path, ridge=0.001, concentration=0.0)
    with caplog.at_level("INFO"):
        gmm.update(write=False)
    assert len(gmm.small) >= 1
    assert "components are small" in caplog.text
    assert "(2 rows)" in caplog.text


def test_a_component_without_any_row_is_small_too():
    gmm = srk.GMM(4)
    gmm.r = np.eye(4)[np.arange(90) % 3]
    assert gmm.small.tolist() == [3]


def test_posterior_variances_of_what_is_observed_count_and_data_has_none(z):
    codes, data, gmm = srk.Observation(z), srk.Observation(z[:, :1]), srk.GMM(3)
    gmm.connect(data)
    assert gmm.variances() is None
    codes.get_forward_var = lambda: np.full((90, 3), 0.5)
    gmm.connect(codes, data)
    np.testing.assert_array_equal(gmm.variances(), np.tile([0.5, 0.5, 0.5, 0.0], (90, 1)))


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ({"K": 0}, "K must be an integer >= 1. Received: K=0"),
        ({"covariance_type": "round"}, "covariance_type must be one of full, tied, diag, spherical"),
        ({"message": "loud"}, "message must be one of mean, diag, full. Received: message='loud'"),
        ({"damping": 1.0}, "damping must be a number >= 0 and < 1. Received: damping=1.0"),
        ({"ridge": -1.0}, "ridge must be a finite number >= 0. Received: ridge=-1.0"),
        ({"weight": 0}, "weight must be a number > 0 and <= 1. Received: weight=0"),
        ({"K": 2.0}, "K must be an integer >= 1. Received: K=2.0"),
        ({"K": True}, "K must be an integer >= 1. Received: K=True"),
        ({"itr": 0}, "itr must be an integer >= 1. Received: itr=0"),
        ({"selection": "bic"}, "selection must be one of modularity, score. Received: selection='bic'"),
        ({"n_neighbors": -1}, "n_neighbors must be an integer >= 0. Received: n_neighbors=-1"),
        ({"n_starts": "3"}, "n_starts must be an integer >= 1. Received: n_starts='3'"),
        ({"ridge": float("inf")}, "ridge must be a finite number >= 0. Received: ridge=inf"),
        ({"concentration": "1"}, "concentration must be a finite number >= 0. Received: concentration='1'"),
        ({"weight": float("nan")}, "weight must be a number > 0 and <= 1. Received: weight=nan"),
        ({"damping": None}, "damping must be a number >= 0 and < 1. Received: damping=None"),
        ({"ramp": 0.5}, "ramp must be an integer >= 0. Received: ramp=0.5"),
        ({"equal_weights": "yes"}, "equal_weights must be True or False. Received: equal_weights='yes'"),
        ({"learnt": "folder"}, "learnt is for mode='recog' only, which loads what was learnt"),
        ({"seed": -1}, "seed must be an integer >= 0. Received: seed=-1"),
        ({"category": np.zeros((3, 2))}, r"an entry per observation, shape \(n,\). Received: shape \(3, 2\)"),
        ({"category": [0.0, np.nan]}, "must name every class. Received: none in row 1"),
        ({"category": ["a", None]}, "must name every class. Received: none in row 1"),
        ({"mode": "lern"}, "mode must be one of learn, recog. Received: mode='lern'"),
    ],
)
def test_arguments_are_checked(keywords, text):
    with pytest.raises(InputError, match=text):
        srk.GMM(**{"K": 3, **keywords})


def test_data_and_messages_are_checked(z, tmp_path):
    _, gmm = connected(z, tmp_path, category=LABELS[:5])
    with pytest.raises(InputError, match=r"category must have .* \(90,\). Received: shape \(5,\)"):
        gmm.update()
    with pytest.raises(InputError, match=r"class probabilities of shape \(n, 3\). Received from a module above"):
        gmm.set_backward_msg(np.ones((90, 4)))
    with pytest.raises(InputError, match=r"class probabilities >= 0"):
        gmm.set_backward_msg(np.full((90, 3), -1.0))
    with pytest.raises(InputError, match=r"more rows than components. Received: 3 rows for K=3"):
        connected(z[:3], tmp_path)[1].update()
    with pytest.raises(InputError, match=r"has learnt nothing yet: there is no .*model.npz"):
        connected(z, tmp_path, mode="recog")[1].update()
    broken = tmp_path / "module001_gmm"
    broken.mkdir()
    (broken / "model.npz").write_bytes(b"no zip")
    with pytest.raises(InputError, match=r"model.npz is no mixture that can be read"):
        connected(z, tmp_path, mode="recog")[1].update()
