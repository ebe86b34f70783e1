"""The Markov model as a module: above a mixture it makes a hidden Markov model."""

import itertools

import numpy as np
import pytest

import kvae.modules as srk
from kvae.errors import InputError
from kvae.modules.hooks import View

TRUE = np.arange(120) % 3
ROWS = np.array([0.0, 4.0, 8.0])[TRUE][:, None] + np.random.default_rng(0).normal(size=(120, 1)) * 1.6


def network(rows, folder, mode="learn", **keywords):
    obs, gmm = srk.Observation(rows, folder=folder), srk.GMM(3, mode=mode, n_starts=3)
    mm = srk.MarkovModel(mode=mode, **{"n_starts": 3} | keywords)
    gmm.connect(obs)
    mm.connect(gmm)
    return gmm, mm


def all_paths(chain, likelihood):
    """p(class of row t | all rows) and p(class of row t | all rows but t), path by path."""
    n, k = likelihood.shape
    posterior, message = np.zeros((n, k)), np.zeros((n, k))
    for path in itertools.product(range(k), repeat=n):
        prior = chain.start[path[0]] * np.prod(chain.transitions[path[:-1], path[1:]])
        seen = likelihood[range(n), path]
        for t, s in enumerate(path):
            posterior[t, s] += prior * seen.prod()
            message[t, s] += prior * np.delete(seen, t).prod()
    return posterior / posterior.sum(axis=1, keepdims=True), message / message.sum(axis=1, keepdims=True)


def test_with_a_mixture_it_is_a_hidden_markov_model(tmp_path):
    uneven = ROWS[(TRUE < 2) | (np.arange(120) < 60)]
    gmm, mm = network(uneven, tmp_path, trust=None)
    for _ in range(2):
        gmm.update(write=False)
        mm.update(write=False)
    few = ROWS[:7].copy()
    assert np.ptp(gmm.mixture.weights) > 1e-3
    likelihood = np.exp(gmm.mixture.log_prob(few))
    posterior, message = all_paths(mm.learnt_chain.chain, likelihood)
    up = gmm.infer([few])
    sent = mm.infer([up.forward])
    np.testing.assert_allclose(sent.forward, posterior, atol=1e-10)
    down = sent.backward[0] * gmm.mixture.weights
    np.testing.assert_allclose(down / down.sum(axis=1, keepdims=True), message, atol=1e-10)
    np.testing.assert_allclose(gmm.infer([few], sent.backward[0]).forward, posterior, atol=1e-10)
    few[3] = np.nan  # a row that nothing is known of gets what the others say
    up = gmm.infer([few])
    sent = mm.infer([up.forward])
    np.testing.assert_allclose(sent.forward[3], message[3], atol=1e-10)
    np.testing.assert_allclose(gmm.inferred(few, sent.backward[0])[0][3], message[3], atol=1e-10)


def test_it_does_not_hear_itself(tmp_path):
    gmm, mm = network(ROWS, tmp_path, trust=None)
    gmm.update(write=False)
    mm.update(write=False)
    mixture, chain = gmm.mixture, mm.learnt_chain
    gmm.mode = "recog"
    gmm.update(write=False)  # now its classes hold the message
    mm.mode = "recog"
    first = mm._sent[0]
    for _ in range(3):
        mm.update(write=False)
        np.testing.assert_allclose(mm._sent[0], first, atol=1e-12)
        gmm.update(write=False)
    assert gmm.mixture is mixture and mm.learnt_chain is chain
    np.testing.assert_allclose(gmm.r, mm.get_forward_msg(), atol=1e-6)


def test_it_sets_right_what_the_mixture_alone_cannot_tell(tmp_path):
    gmm, mm = network(ROWS, tmp_path)
    gmm.know(TRUE)
    mm.know(TRUE)
    gmm.update()
    before = gmm.measure()["accuracy"]
    for _ in range(2):
        mm.update()
        gmm.update()
    assert before < 0.9 < 0.99 <= gmm.measure()["accuracy"] <= 1.0
    assert mm.measure()["accuracy"] == 1.0
    assert mm.summary()["entropy_rate"] < 0.1


def test_files_and_recognition(tmp_path):
    gmm, mm = network(ROWS, tmp_path)
    mm.know(TRUE)
    gmm.update()
    mm.update()
    mm.draw(View())
    folder = tmp_path / "module002_mm"
    assert sorted(path.name for path in folder.iterdir()) == [
        "Pdz_learn.txt", "class_learn.txt", "confusion_learn.png", "model.npz", "msg_learn.txt",
        "trans_prob_learn.txt", "transitions.png",
    ]  # fmt: skip
    np.testing.assert_allclose(np.loadtxt(folder / "trans_prob_learn.txt").sum(axis=1), 1.0, rtol=1e-5)
    learnt = (folder / "model.npz").read_bytes()
    gmm2, again = network(ROWS[:60], tmp_path, mode="recog")
    gmm2.update()
    again.update()
    assert (folder / "model.npz").read_bytes() == learnt
    expected = mm.infer([gmm.mixture.responsibilities(ROWS[:60])[0]])
    np.testing.assert_allclose(again.get_forward_msg(), expected.forward)
    np.testing.assert_allclose(np.loadtxt(folder / "msg_recog.txt"), expected.backward[0], rtol=1e-5)


def test_it_goes_on_to_the_byte(tmp_path):
    def run(folder, stops):
        gmm, mm = network(ROWS, tmp_path / folder)
        for number in range(3):
            if number == stops:
                states = gmm.state(), mm.state()
                gmm, mm = network(ROWS, tmp_path / folder)
                gmm.resume(states[0])
                mm.resume(states[1])
                gmm.resend()
                mm.resend()
            gmm.update(write=False)
            mm.update(write=False)
        mm.save()
        return mm.folder.state.read_bytes()

    assert run("whole", None) == run("parts", 1) == run("more", 2)


def test_rows_of_nothing_get_what_neighbours_say(tmp_path):
    p = np.full((9, 3), 0.02) + 0.94 * np.eye(3)[np.arange(9) % 3]
    obs, mm = srk.Observation(np.tile(p, (10, 1))), srk.MarkovModel(folder=tmp_path, n_starts=2)
    mm.connect(obs)
    mm.update(write=False)
    gap = p.copy()
    gap[4] = np.nan
    found = mm.infer([gap])
    np.testing.assert_array_equal(found.forward.argmax(axis=1), np.arange(9) % 3)
    np.testing.assert_allclose(found.forward[4], found.backward[0][4])
    above = np.ones((9, 3))
    above[4] = [1, 0, 0]
    assert mm.infer([gap], above).forward[4].argmax() == 0
    assert mm.infer([gap], np.full((9, 3), np.nan)).forward == pytest.approx(found.forward)


def test_sequences_do_not_touch(tmp_path):
    p = np.random.default_rng(0).dirichlet(np.ones(3), 60)
    mm = srk.MarkovModel(lengths=20, n_starts=1, folder=tmp_path)
    mm.connect(srk.Observation(p))
    mm.update(write=False)
    whole = mm.infer([p]).forward
    np.testing.assert_allclose(mm.infer([p[20:40]]).forward, whole[20:40])
    listed = srk.MarkovModel(lengths=[20, 20, 20], n_starts=1, folder=tmp_path)
    listed.connect(srk.Observation(p))
    listed.update(write=False)
    np.testing.assert_array_equal(listed.get_forward_msg(), whole)


def test_new_rows_follow_the_chain_and_what_is_above(tmp_path):
    gmm, mm = network(ROWS, tmp_path)
    gmm.update(write=False)
    mm.update(write=False)
    (drawn,) = mm.sample(3000, np.random.default_rng(0))
    path = drawn.argmax(axis=1)
    moves = np.histogram2d(path[:-1], path[1:], bins=3)[0]
    np.testing.assert_allclose(moves / moves.sum(axis=1, keepdims=True), mm.trans_prob, atol=0.05)
    above = np.eye(3)[np.random.default_rng(1).integers(0, 3, 30)]
    np.testing.assert_array_equal(mm.sample(30, np.random.default_rng(0), above)[0], above)
    assert len(gmm.sample(30, np.random.default_rng(0), above)[0]) == 30


def test_serkets_draws_learn_the_rule_as_well(tmp_path):
    gmm, mm = network(ROWS, tmp_path, method="sampling", num_samp=20)
    gmm.update(write=False)
    mm.update(write=False)
    order = gmm.mixture.means[:, 0].argsort()
    moves = mm.trans_prob[np.ix_(order, order)]
    assert (moves[[0, 1, 2], [1, 2, 0]] > 0.5).all()
    np.testing.assert_array_equal(mm.learnt_chain.emissions, np.eye(3))


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ({"num_samp": 0}, "num_samp must be an integer >= 1. Received: num_samp=0"),
        ({"alpha": 0}, "alpha must be a finite number > 0. Received: alpha=0"),
        ({"method": "gibbs"}, "method must be one of exact, sampling. Received: method='gibbs'"),
        ({"lengths": [3, 0]}, r"lengths must be an integer >= 1, a list of them.* Received: lengths=\[3, 0\]"),
        ({"trust": -1}, "trust must be a finite number >= 0. Received: trust=-1"),
    ],
)
def test_parameters_out_of_range(keywords, text):
    with pytest.raises(InputError, match=text):
        srk.MarkovModel(**keywords)


@pytest.mark.parametrize(
    ("rows", "keywords", "text"),
    [
        (
            np.full((6, 3), -0.5),
            {},
            "mm needs class probabilities >= 0, not all 0 in a row. Received from obs: -0.5",
        ),
        (np.zeros((6, 3)), {}, "Received from obs: 0 to 0"),
        (np.ones((6, 2, 2)), {}, r"class probabilities of shape \(n, K\). Received from obs: shape \(6, 2, 2\)"),
        (np.ones((6, 3)), {"lengths": [3, 4]}, "lengths must sum to the number of rows, 6. .* sum to 7"),
        (np.ones((6, 3)), {"lengths": 4}, "lengths must divide the number of rows, 6. Received: lengths=4"),
        (np.ones((6, 3)), {"mode": "recog"}, "mm has learnt nothing yet"),
    ],
)
def test_rows_that_do_not_suit(rows, keywords, text, tmp_path):
    mm = srk.MarkovModel(folder=tmp_path, **keywords)
    mm.connect(srk.Observation(rows))
    with pytest.raises(InputError, match=text):
        mm.update()


def test_it_observes_one_module_and_hears_classes(tmp_path):
    mm = srk.MarkovModel(folder=tmp_path, n_starts=1)
    mm.connect(srk.Observation(np.ones((6, 3)), name="a"), srk.Observation(np.ones((6, 3)), name="b"))
    with pytest.raises(InputError, match=r"mm observes one module, in the order of time. Received: a, b"):
        mm.update()
    mm.connect(srk.Observation(np.ones((6, 3))))
    mm.update(write=False)
    with pytest.raises(InputError, match=r"mm needs class probabilities of shape \(n, 3\). .* shape \(6, 2\)"):
        mm.set_backward_msg(np.ones((6, 2)))
    with pytest.raises(InputError, match=r"mm learnt from 3 classes. Received: 2"):
        mm.infer([np.ones((6, 2))])
