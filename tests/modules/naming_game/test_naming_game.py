"""Two and three agents with mixtures of their own, from made data: they agree, go on, recognise and report."""

import numpy as np
import pytest

import kvae.modules as srk
from kvae.errors import InputError
from kvae.modules.hooks import View
from kvae.modules.module import forward_without
from kvae.modules.naming_game.chain import normalised
from kvae.modules.nodes import build, options_for
from kvae.options.rules import build_section

N = 150
TRUTH = np.arange(N) % 3


def views(n_agents=2, seed=0, n=N):
    """What each agent sees: the groups, in places of its own, the first two of them close for the second agent."""
    rng = np.random.default_rng(seed)
    centres = np.stack([6 * np.eye(3)[order] for order in ([0, 1, 2], [2, 0, 1], [1, 0, 2])[:n_agents]])
    centres[1:, 0] = 0.35 * centres[1:, 0] + 0.65 * centres[1:, 1]
    return [centre[np.arange(n) % 3] + rng.normal(size=(n, 3)) for centre in centres]


def community(tmp_path, data, game_mode="learn", **keys):
    """Mixtures on the views, and the game on them."""
    agents = []
    for number, view in enumerate(data):
        agent = srk.GMM(3, name=f"gmm_{'abc'[number]}", n_starts=1, seed=number, mode=game_mode)
        agent.connect(srk.Observation(view, folder=tmp_path))
        agents.append(agent)
    game = srk.NamingGame(3, sweeps=10, mode=game_mode, **keys)
    game.connect(*agents)
    return agents, game


def rounds(agents, game, number=2):
    for _ in range(number):
        for module in (*agents, game):
            module.update(write=False)


@pytest.mark.parametrize("n_agents", [2, 3])
def test_agents_agree_and_teach_each_other(n_agents, tmp_path):
    data = views(n_agents)
    agents, game = community(tmp_path, data, category=TRUTH)
    rounds(agents, game, 1)
    before = [agent.mixture.responsibilities(view)[0] for agent, view in zip(agents, data, strict=True)]
    first = game.measure()
    rounds(agents, game, 2)
    found = game.measure()
    assert found["kappa"] > 0.97 and found["ari"] > 0.98
    assert {"kappa_alone", "ari_gmm_a", "ari_gmm_b_alone", "accuracy_gmm_b"} <= found.keys()
    assert ("kappa_gmm_a_gmm_b" in found) == (n_agents == 3)
    assert found["ari_gmm_b"] > found["ari_gmm_b_alone"] and first["kappa"] > first["kappa_alone"]
    assert 0.5 < game.progress()["acceptance"] <= 1.0
    # The mixture's classes are better for the sign.
    labels = [np.argmax(r, axis=1) for r in (before[1], agents[1].r)]
    errors = [N - sum(np.bincount(labels_of[k == TRUTH]).max() for k in range(3)) for labels_of in labels]
    assert errors[1] < errors[0]


def test_what_an_agent_was_told_does_not_count_as_seen(tmp_path):
    agents, game = community(tmp_path, views())
    rounds(agents, game, 2)
    for agent in agents:
        alone = agent.mixture.responsibilities(np.asarray(agent.observed[0].get_forward_msg()))[0]
        changed = np.abs(agent.r - alone).max()
        assert changed > 1e-3 or agent is agents[0]
        np.testing.assert_allclose(forward_without(agent, game), alone, atol=1e-12)
    observed = [agent.get_forward_msg() for agent in agents]
    for found, agent in zip(game.alone(observed), agents, strict=True):
        np.testing.assert_array_equal(found, forward_without(agent, game))
    other = srk.NamingGame(3, name="other")  # what others above it say stays in
    other.connect(*agents)
    message = np.tile([0.5, 0.3, 0.2], (N, 1))
    other.send_backward_msgs([message, message])
    alone = agents[0].mixture.responsibilities(
        np.asarray(agents[0].observed[0].get_forward_msg()), np.log(message)
    )
    np.testing.assert_allclose(forward_without(agents[0], game), alone[0], atol=1e-12)


def test_no_communication_and_all_accepted(tmp_path):
    data = views()
    agents, game = community(tmp_path / "none", data, communication="none", category=TRUTH)
    rounds(agents, game)
    np.testing.assert_array_equal(game.signs, [agent.classes for agent in agents])
    assert [agent.get_backward_msg() for agent in agents] == [None, None]
    assert game.infer([agent.r for agent in agents]).backward == [None, None]
    assert game.progress() == {}
    assert game.measure()["kappa"] == pytest.approx(game.measure()["kappa_alone"], abs=0.02)
    agents, game = community(tmp_path / "all", data, communication="all", category=TRUTH)
    rounds(agents, game)
    assert game.progress() == {"acceptance": 1.0}
    np.testing.assert_allclose(game.measure()["accuracy"], 1.0, atol=0.1)


def test_the_forward_message_is_the_posterior_and_recognition_gives_it_too(tmp_path):
    data = views()
    agents, game = community(tmp_path, data)
    rounds(agents, game)
    percepts = [agent.mixture.responsibilities(view)[0] for agent, view in zip(agents, data, strict=True)]
    likelihoods = [
        (p / share) @ words.T
        for p, share, words in zip(percepts, game.shares, game.language.vocabularies, strict=True)
    ]
    joint = np.prod(likelihoods, axis=0)
    joint /= joint.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(game.get_forward_msg(), joint, atol=1e-9)
    sent = game.infer(percepts)
    np.testing.assert_allclose(sent.forward, joint, atol=1e-9)
    # What agent 0 makes of what it is told, with its own weights and percept: p(class | both views).
    told = sent.backward[0] * percepts[0]
    words = game.language.vocabularies[0]
    exact = (normalised(np.log(likelihoods[1])) @ words) * (percepts[0] / game.shares[0])
    np.testing.assert_allclose(
        told / told.sum(axis=1, keepdims=True), exact / exact.sum(axis=1, keepdims=True), atol=1e-9
    )
    above = np.tile([0.7, 0.2, 0.1], (N, 1))
    by_hand = joint * above / (joint * above).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(game.infer(percepts, above).forward, by_hand, atol=1e-9)


@pytest.mark.parametrize("communication", ["game", "all", "none"])
def test_it_goes_on_to_the_byte_and_recognises(communication, tmp_path):
    data = views()
    agents, game = community(tmp_path, data, communication=communication)
    rounds(agents, game, 1)
    game.write()
    again = srk.NamingGame(3, communication=communication, sweeps=10)
    again.connect(*agents)
    again.use_folder(game.folder)
    again.load()
    rounds(agents, game, 1)
    sent = [agent.get_backward_msg() for agent in agents]
    drawn = again.sample(4, np.random.default_rng(0))
    assert drawn is None if communication == "none" else drawn[0].shape == (4, 3)
    for agent in agents:  # as it stood when the state was kept
        agent._backward.clear()
    again.resend()
    again.update(write=False)
    assert again.updates == game.updates == 2
    np.testing.assert_array_equal(again.language.signs, game.language.signs)
    for module, message in zip(agents, sent, strict=True):
        np.testing.assert_array_equal(module._backward.get(again), message)


def test_every_update_draws_anew_and_again_from_the_seed():
    def signs_of(seed, updates):
        game = srk.NamingGame(3, sweeps=1, seed=seed)
        game.connect(srk.Observation(p_of(200)), srk.Observation(p_of(200)))
        for _ in range(updates):
            game.language = None  # from the beginning
            game.update(write=False)
        return game.signs

    np.testing.assert_array_equal(signs_of(0, 1), signs_of(0, 1))
    assert (signs_of(0, 1) != signs_of(1, 1)).any()
    assert (signs_of(0, 1) != signs_of(0, 2)).any()


def test_recognition_writes_what_the_learnt_game_says(tmp_path):
    agents, game = community(tmp_path, views(), category=TRUTH)
    rounds(agents, game)
    for module in (*agents, game):
        module.write()
    game.draw(View(rounds=[{"round": 1, "kappa": 0.5, "kappa_alone": 0.4, "acceptance": 0.9}], labels=TRUTH))
    folder = game.folder.path
    assert {path.name for path in folder.iterdir()} == {
        "signs_learn.txt", "own_learn.txt", "Pdz_learn.txt", "acc_learn.txt", "model.npz", "naming.png",
        "confusion_learn.png",
    }  # fmt: skip
    signs = np.loadtxt(folder / "signs_learn.txt")
    np.testing.assert_array_equal(signs, game.signs.T)
    fresh = views(seed=5, n=30)
    others, again = community(tmp_path, fresh, game_mode="recog", category=TRUTH[:30])
    for module in (*others, again):
        module.update()
    names = np.loadtxt(folder / "signs_recog.txt").astype(int)
    assert names.shape == (30, 2)
    np.testing.assert_array_equal(names[:, 0], np.loadtxt(folder / "Pdz_recog.txt").argmax(axis=1))
    assert again.measure()["accuracy"] > 0.9 and "kappa" not in again.measure()
    meaning = {sign: np.bincount(TRUTH[game.signs[0] == sign]).argmax() for sign in range(3)}
    assert np.mean([meaning[sign] == label for sign, label in zip(names[:, 0], TRUTH, strict=False)]) > 0.9


def test_an_agent_without_a_view_takes_what_it_hears():
    p = np.full((90, 3), 0.02) + 0.94 * np.eye(3)[TRUTH[:90]]
    other = p[:, [2, 0, 1]].copy()
    other[:30] = np.nan
    game = srk.NamingGame(3, sweeps=10)
    game.connect(srk.Observation(p), srk.Observation(other, gaps=True))
    game.update(write=False)
    assert np.mean(game.signs[0, :30] == game.signs[1, :30]) > 0.7
    np.testing.assert_array_equal(game.get_forward_msg().argmax(axis=1), game.own[0])
    np.testing.assert_array_equal(game.own[1, :30], -1)
    game.know(TRUTH[:90])
    assert game.measure()["ari_obs_alone"] == game.measure()["kappa_alone"] == 1.0
    sent = game.infer([p, np.full_like(p, np.nan)])  # where a modality is missing altogether
    np.testing.assert_array_equal(sent.forward.argmax(axis=1), game.own[0])
    game.mode = "recog"
    game.take(sent)
    assert "ari_obs_alone" in game.measure() and "kappa_alone" not in game.measure()
    told = game.infer([p, other]).backward[1]
    np.testing.assert_array_equal(told[:30].argmax(axis=1), p[:30, [2, 0, 1]].argmax(axis=1))


def test_new_objects_have_one_sign_for_all_agents(tmp_path):
    agents, game = community(tmp_path, views())
    rounds(agents, game)
    told = game.sample(500, np.random.default_rng(0))
    signs = [
        (message * shares).argmax(axis=1)[:, None] == np.array([words[w].argmax() for w in range(3)])
        for message, shares, words in zip(told, game.shares, game.language.vocabularies, strict=True)
    ]
    np.testing.assert_array_equal(*signs)
    np.testing.assert_allclose(signs[0].mean(axis=0), 1 / 3, atol=0.1)
    above = np.tile([0.0, 1.0, 0.0], (5, 1))
    told = game.sample(5, np.random.default_rng(0), above)[0] * game.shares[0]
    np.testing.assert_allclose(told / told.sum(axis=1, keepdims=True), game.language.vocabularies[0][[1] * 5])


def p_of(n=20, k=3):
    return np.random.default_rng(0).dirichlet(np.ones(k), n)


@pytest.mark.parametrize(
    ("observed", "text"),
    [
        ([p_of()], r"game needs at least two agents to observe\. Received: 1"),
        ([p_of(), p_of(k=4)], r"needs as many classes as signs, K=3.* Received from obs: shape \(20, 4\)"),
        ([p_of(), 2 * p_of()], r">= 0 that add up to 1 in every row\. Received from obs: .* sums 2 to 2"),
        ([p_of(), p_of() - 0.5], r">= 0 that add up to 1 in every row\. Received from obs: -0\.4"),
        ([p_of(), p_of(30)], r"game needs the same number of rows from each .*obs 20, obs 30"),
        ([p_of(), np.full((20, 3), np.nan)], r"agents that see some object\. Received: obs sees none"),
    ],
)
def test_what_agents_cannot_send(observed, text):
    game = srk.NamingGame(3)
    game.connect(*[srk.Observation(p, gaps=True) for p in observed])
    with pytest.raises(InputError, match=text):
        game.update(write=False)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"K": 1}, r"K must be an integer >= 2\. Received: K=1"),
        ({"communication": "some"}, r"communication must be one of game, all, none\. Received: .*'some'"),
        ({"sweeps": 0}, r"sweeps must be an integer >= 1\. Received: sweeps=0"),
    ],
)
def test_parameters_out_of_range(keys, text):
    with pytest.raises(InputError, match=text):
        srk.NamingGame(**{"K": 3, **keys})


def test_a_message_from_above_that_does_not_fit():
    game = srk.NamingGame(3)
    with pytest.raises(InputError, match=r"signs of shape \(n, 3\)\. Received from above: shape \(2, 4\)"):
        game.check_backward(np.ones((2, 4)), "above")
    with pytest.raises(InputError, match=r">= 0, not all 0 in a row\. Received from above: 0 to 0"):
        game.check_backward(np.zeros((2, 3)), "above")


def test_a_state_of_another_game_is_refused(tmp_path):
    agents, game = community(tmp_path, views())
    rounds(agents, game, 1)
    state = game.state()
    with pytest.raises(InputError, match=r"learnt vocabularies of shape \(2, 3, 3\)\. Received: K=4"):
        srk.NamingGame(4).resume(state)
    other = srk.NamingGame(3)
    other.connect(*agents, srk.Observation(p_of()))
    with pytest.raises(InputError, match=r"learnt with 2 agents\. Received: 3"):
        other.resume(state)


def test_the_node_gives_the_game():
    values = {"module": "naming_game", "observes": ["a", "b"], "K": 4, "communication": "all", "sweeps": 7}
    node = build_section(options_for("key", values, True), values, "key.")
    made = build("game", node, 3, "key")
    assert (made.K, made.communication, made.sweeps, made.seed, made.name) == (4, "all", 7, 3, "game")


@pytest.mark.parametrize("equal_weights", [False, True])
def test_agents_whose_classes_are_unequal_get_the_exact_posterior(equal_weights):
    """p(w | z_1, z_2) and p(c_1 | z_1, z_2) of docs/modules.md, by the densities of the agents' mixtures."""
    rng = np.random.default_rng(0)
    rare = (rng.random(300) < 0.1).astype(int)
    views = [rng.normal(size=(300, 2)) + sign * 2.6 * rare[:, None] for sign in (1, -1)]
    agents = [srk.GMM(2, name=f"g{i}", equal_weights=equal_weights) for i in range(2)]
    for agent, view in zip(agents, views, strict=True):
        agent.connect(srk.Observation(view))
    game = srk.NamingGame(2, sweeps=5)
    game.connect(*agents)
    for module in (*agents, game, *agents, game):
        module.update(write=False)
    found = game.infer([agent.mixture.responsibilities(z)[0] for agent, z in zip(agents, views, strict=True)])
    density = [np.exp(agent.mixture.log_prob(z)) for agent, z in zip(agents, views, strict=True)]
    first, second = (p @ words.T for p, words in zip(density, game.language.vocabularies, strict=True))
    np.testing.assert_allclose(found.forward, first * second / (first * second).sum(1, keepdims=True), atol=1e-9)
    p = (second / second.sum(axis=1, keepdims=True)) @ game.language.vocabularies[0] * density[0]
    own = agents[0].mixture.responsibilities(views[0], np.log(found.backward[0]))[0]
    np.testing.assert_allclose(own, p / p.sum(axis=1, keepdims=True), atol=1e-9)
