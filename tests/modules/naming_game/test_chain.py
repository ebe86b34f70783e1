"""The chain of signs against its formula, and its stationary distribution against brute force."""

import itertools

import numpy as np
import pytest

from kvae.modules.naming_game.chain import drawn, judged, normalised, play_sweep


def log_p(agents, n, k, seed=0, spread=1.5):
    return spread * np.random.default_rng(seed).normal(size=(agents, n, k))


def transition(log_p, speaker):
    """The matrix of one turn for one object, by the formula: from a held sign (row) to the next (column)."""
    agents, k = log_p.shape
    p = np.exp(log_p)
    proposal = p[speaker] / p[speaker].sum()
    matrix = np.zeros((k, k))
    for held, new in itertools.product(range(k), repeat=2):
        accept = np.prod([min(1.0, p[j, new] / p[j, held]) for j in range(agents) if j != speaker])
        matrix[held, new] += proposal[new] * accept
        matrix[held, held] += proposal[new] * (1 - accept)
    return matrix


@pytest.mark.parametrize("agents", [2, 3, 4])
def test_each_turn_leaves_the_joint_posterior_as_it_is(agents):
    values = log_p(agents, 1, 4)[:, 0]
    joint = np.exp(values.sum(axis=0))
    joint /= joint.sum()
    for speaker in range(agents):
        matrix = transition(values, speaker)
        np.testing.assert_allclose(joint[:, None] * matrix, (joint[:, None] * matrix).T, atol=1e-15)
        np.testing.assert_allclose(joint @ matrix, joint, rtol=1e-12)


@pytest.mark.parametrize("agents", [2, 3])
def test_a_sweep_moves_signs_as_the_formula_says(agents):
    values, n, k = log_p(agents, 1, 3, seed=1), 50_000, 3
    held = np.arange(agents) % k
    signs = np.repeat(held[:, None], n, axis=1)
    after, accepted = play_sweep(np.repeat(values, n, axis=1), signs, np.random.default_rng(2))
    acceptances = []
    for listener in range(agents):
        expected = np.eye(k)[held[listener]]
        for speaker in (a for a in range(agents) if a != listener):
            p = np.exp(values[:, 0])
            ratio = np.minimum(1.0, p[:, :, None] / p[:, None, :])  # of new (axis 1) over held (axis 2), per judge
            accept = np.prod(np.delete(ratio, speaker, axis=0), axis=0)
            acceptances.append(p[speaker] / p[speaker].sum() @ accept @ expected)
            expected = expected @ transition(values[:, 0], speaker)
        found = np.bincount(after[listener], minlength=k) / n
        np.testing.assert_allclose(found, expected, atol=5 * 0.5 / np.sqrt(n))
    assert accepted == pytest.approx(np.mean(acceptances), abs=0.01)


@pytest.mark.parametrize("agents", [2, 3])
def test_the_game_leads_to_the_joint_posterior(agents):
    values, log_prior = log_p(agents, 3, 4, 3, 0.8), log_p(1, 3, 4, 4, 0.8)[0]
    many = 4_000
    repeated, prior = np.repeat(values, many, axis=1), np.repeat(log_prior, many, axis=0)
    signs, rng = np.zeros((agents, 3 * many), int), np.random.default_rng(5)
    for _ in range(40):
        signs, _ = play_sweep(repeated, signs, rng, log_prior=prior)
    joint = normalised(values.sum(axis=0) + log_prior)
    for held in signs:
        found = np.stack([np.bincount(part, minlength=4) for part in held.reshape(3, many)]) / many
        np.testing.assert_allclose(found, joint, atol=5 * 0.5 / np.sqrt(many))


def test_where_all_is_accepted_the_listener_says_what_the_speaker_says():
    values = log_p(2, 1, 3, seed=6)
    n = 50_000
    signs, accepted = play_sweep(
        np.repeat(values, n, axis=1), np.zeros((2, n), int), np.random.default_rng(0), accept_all=True
    )
    assert accepted == 1.0
    for listener, speaker in ((0, 1), (1, 0)):
        found = np.bincount(signs[listener], minlength=3) / n
        np.testing.assert_allclose(found, normalised(values[speaker, 0]), atol=5 * 0.5 / np.sqrt(n))


def test_signs_that_cannot_be_are_neither_drawn_nor_accepted():
    log_values = np.log(np.array([[1e-300, 1.0, 1e-300]] * 1000))
    rng = np.random.default_rng(0)
    assert set(drawn(log_values, rng)) == {1}
    ones = np.ones(1000, int)
    assert not judged(log_values, ones - 1, ones, rng).any()
    assert judged(log_values, ones, ones - 1, rng).all()
