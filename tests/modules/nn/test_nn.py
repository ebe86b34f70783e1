"""A network between two modules: what it predicts, and what it says of classes."""

import keras
import numpy as np
import pytest
from scipy.stats import norm

import kvae.modules as srk
from kvae.errors import InputError

CLASSES = np.arange(60) % 3
P = np.eye(3)[CLASSES] * 0.97 + 0.01
MEANS = np.array([[100.0, -3.0], [140.0, 5.0], [100.0, 5.0]])
Y = MEANS[CLASSES] + np.random.default_rng(0).normal(size=(60, 2)) * [10.0, 2.0]


def connected(x, y, folder, **keywords):
    nn = srk.NN(**{"itr": 150, "learning_rate": 0.03, "hidden": 8, "folder": folder} | keywords)
    nn.connect(srk.Observation(x, name="classes"), srk.Observation(y, name="told"))
    return nn


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    nn = connected(P, Y, tmp_path_factory.mktemp("nn"))
    nn.update()
    return nn


def test_it_predicts_the_second_from_the_first(learnt):
    expected = np.stack([Y[k == CLASSES].mean(axis=0) for k in range(3)])[CLASSES]
    assert np.abs(learnt.get_forward_msg() - expected).max(axis=0)[0] < 3
    assert np.abs(learnt.get_forward_msg() - expected).max(axis=0)[1] < 0.6
    np.testing.assert_array_equal(learnt.observed[1].get_backward_msg(), learnt.get_forward_msg())


def test_what_it_says_of_classes_is_bayes_rule(learnt):
    named = learnt.network(np.eye(3, dtype=np.float32)).numpy() * Y.std(axis=0) + Y.mean(axis=0)
    sd = np.sqrt(np.square(Y - learnt.get_forward_msg()).mean(axis=0))
    likelihood = norm.pdf(Y[:, None, :], named[None], sd).prod(axis=2)
    sent = learnt.observed[0].get_backward_msg()
    np.testing.assert_allclose(sent, likelihood / likelihood.sum(axis=1, keepdims=True), atol=1e-4)
    assert (sent.argmax(axis=1) == CLASSES).mean() > 0.95


def test_files_and_recognition(learnt, tmp_path):
    assert sorted(path.name for path in learnt.folder.path.iterdir()) == [
        "loss.txt", "message_learn.txt", "model.npz", "y_hat_learn.txt",
    ]  # fmt: skip
    losses = np.loadtxt(learnt.folder.path / "loss.txt")
    assert learnt.said() == f"network, loss {losses[-1, 1]:.3f}"
    assert losses.shape == (150, 2) and losses[-1, 1] < 0.5 * losses[0, 1]
    again = connected(P[:20], Y[:20], tmp_path, mode="recog", learnt=learnt.folder.path)
    again.update()
    np.testing.assert_allclose(again.get_forward_msg(), learnt.get_forward_msg()[:20], rtol=1e-5)
    np.testing.assert_allclose(
        np.loadtxt(again.folder.path / "message_recog.txt"), learnt._sent[0][:20], rtol=1e-4, atol=1e-6
    )
    other = connected(P, Y, tmp_path, mode="recog", hidden=9, learnt=learnt.folder.path)
    with pytest.raises(InputError, match="nn learnt weights of other shapes than hidden=9 gives"):
        other.update()


def test_rows_that_lack_one_side(learnt):
    x, y = P[:4].copy(), Y[:4].copy()
    x[1], y[2] = np.nan, np.nan
    found = learnt.infer([x, y])
    whole = learnt.infer([P[:4], Y[:4]])
    assert np.isnan(found.forward[1]).all() and np.isfinite(found.forward[[0, 2, 3]]).all()
    np.testing.assert_allclose(found.backward[0][2], 1 / 3)
    np.testing.assert_allclose(found.backward[0][[0, 1, 3]], whole.backward[0][[0, 1, 3]], rtol=1e-6)
    np.testing.assert_allclose(found.backward[1][1], Y.mean(axis=0))


def test_it_goes_on_to_the_byte(tmp_path):
    def run(folder, stops):
        nn = connected(P, Y, tmp_path / folder, itr=3, batch_size=16)
        for number in range(2):
            if number == stops:
                keras.utils.set_random_seed(99)
                nn.save()
                nn = connected(P, Y, tmp_path / folder, itr=3, batch_size=16)
                nn.resume(nn.read(nn.folder.state))
            nn.update(write=False)
        nn.save()
        return nn.folder.state.read_bytes()

    assert run("whole", None) == run("parts", 1)


def test_it_does_not_hear_itself(tmp_path):
    rows = np.random.default_rng(1).normal(size=(60, 1)) + 3.0 * CLASSES[:, None]
    gmm, nn = srk.GMM(3, n_starts=2, folder=tmp_path), srk.NN(itr=40, learning_rate=0.03)
    gmm.connect(srk.Observation(rows))
    nn.connect(gmm, srk.Observation(Y))
    gmm.update(write=False)
    nn.update(write=False)
    first = nn.get_forward_msg()
    gmm.mode = nn.mode = "recog"
    before = gmm.r
    gmm.update(write=False)
    assert np.abs(gmm.r - before).max() > 0.01
    nn.update(write=False)
    np.testing.assert_allclose(nn.get_forward_msg(), first, rtol=1e-5)


def test_a_model_of_ones_own_and_classes_on_both_sides(tmp_path):
    told = np.array([[0.9, 0.1], [0.1, 0.9], [0.5, 0.5]])[CLASSES]

    def maker(k, d):
        return keras.Sequential([keras.Input((k,)), keras.layers.Dense(d, activation="softmax")])

    nn = connected(P, told, tmp_path, model=maker, target="classes", itr=200, learning_rate=0.1)
    nn.update()
    np.testing.assert_allclose(nn.get_forward_msg(), told, atol=0.03)
    assert (nn._sent[0].argmax(axis=1)[CLASSES < 2] == CLASSES[CLASSES < 2]).all()
    with pytest.raises(InputError, match=r"model must give 2 numbers for 3 .* Received: shape \('n', 3\)"):
        connected(P, told, tmp_path, model=lambda k, d: maker(k, 3)).update()


@pytest.mark.parametrize(
    ("x", "y", "keywords", "text"),
    [
        (-P, Y, {}, "nn needs class probabilities >= 0, not all 0 in a row. Received from classes: -0.98"),
        (P, Y, {"target": "classes"}, "nn needs class probabilities >= 0.* Received from told: -"),
        (P, Y, {"learning_rate": 1e30, "itr": 5}, "the loss of nn is not finite. Take a smaller learning_rate"),
        (P, Y, {"mode": "recog"}, "nn has learnt nothing yet"),
    ],
)
def test_mistakes(x, y, keywords, text, tmp_path):
    with pytest.raises(InputError, match=text):
        connected(x, y, tmp_path, **keywords).update()


def test_parameters_out_of_range(tmp_path):
    with pytest.raises(InputError, match=r"target must be one of numbers, classes. Received: target='mse'"):
        srk.NN(target="mse")
    nn = srk.NN(folder=tmp_path)
    nn.connect(srk.Observation(P))
    with pytest.raises(InputError, match=r"nn observes two modules, .* Received: obs"):
        nn.update()
