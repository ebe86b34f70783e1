"""What signs mean to agents: percepts and vocabularies by hand, and the language that a community begins with."""

import numpy as np
import pytest

from kvae.modules.naming_game.chain import normalised
from kvae.modules.naming_game.language import Language, apart, begun, named_by
from kvae.modules.naming_game.messages import class_called, hint, teaching, trust_in
from kvae.modules.naming_game.percept import Percept

TRUTH = np.arange(400) % 4


def seen_as(classes, sharpness=0.9, k=4):
    """Class probabilities of an agent that sees `classes`, sure by `sharpness`."""
    p = np.full((len(classes), k), (1 - sharpness) / (k - 1))
    p[np.arange(len(classes)), classes] = sharpness
    return p


def test_the_evidence_is_bayes_rule():
    p = np.array([[0.6, 0.4], [0.9, 0.1], [0.3, 0.7]])
    percept = Percept.of(p)
    np.testing.assert_allclose(percept.shares, [0.6, 0.4])
    ratios = percept.evidence[:, 0] / percept.evidence[:, 1]
    np.testing.assert_allclose(ratios, (0.4 / 0.6) * p[:, 0] / p[:, 1])
    np.testing.assert_array_equal(percept.classes, [0, 0, 1])
    words = np.array([[0.8, 0.2], [0.1, 0.9]])
    by_hand = np.log([[w @ (row / percept.shares) for w in words] for row in p])
    np.testing.assert_allclose(np.diff(percept.log_p(words)), np.diff(by_hand), rtol=1e-12)


def test_an_object_that_is_not_seen_says_nothing():
    p = seen_as(TRUTH[:8])
    p[3] = np.nan
    percept = Percept.of(p)
    assert np.ptp(percept.log_p(seen_as(np.arange(4)))[3]) == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(percept.shares, np.delete(p, 3, axis=0).mean(axis=0))
    signs = np.zeros(8, int)
    np.testing.assert_allclose(
        percept.vocabulary(signs, 4), Percept.of(np.delete(p, 3, axis=0)).vocabulary(signs[:7], 4)
    )


def test_a_vocabulary_is_learnt_by_counts():
    p, signs = seen_as(TRUTH, 0.7), (TRUTH + 1) % 4
    percept = Percept.of(p)
    by_hand = np.array([(p[signs == w].sum(axis=0) + percept.shares) / (101.0) for w in range(4)])
    np.testing.assert_allclose(percept.vocabulary(signs, 4), by_hand)
    unused = percept.vocabulary(np.zeros(400, int), 4)
    np.testing.assert_allclose(unused[1:], np.tile(percept.shares, (3, 1)))
    before = percept.vocabulary(signs, 4)
    r = percept.evidence * before[signs]
    r /= r.sum(axis=1, keepdims=True)
    by_hand = np.array([(r[signs == w].sum(axis=0) + percept.shares) / 101.0 for w in range(4)])
    np.testing.assert_allclose(percept.vocabulary(signs, 4, before), by_hand)


def test_agents_come_to_use_one_number_for_one_thing():
    order = np.array([2, 0, 3, 1])
    percepts = [Percept.of(seen_as(TRUTH)), Percept.of(seen_as(order[TRUTH]))]
    language = begun(percepts, 4, np.random.default_rng(0)).played(percepts, 10, np.random.default_rng(1))
    own = language.log_p(percepts).argmax(axis=2)
    np.testing.assert_array_equal(own[0], own[1])
    for signs, classes, words in zip(language.signs, (TRUTH, order[TRUTH]), language.vocabularies, strict=True):
        assert np.mean(class_called(words)[signs] == classes) > 0.98
    assert (apart(percepts, 4).signs[0] == apart(percepts, 4).signs[1]).mean() == 0


@pytest.mark.parametrize("good", [0, 1])
def test_the_language_is_kept_that_names_what_all_can_see(good):
    """One agent tells 2 from 3; the other has them as one, and two classes of 0 that only it can tell apart."""
    rng = np.random.default_rng(0)
    mixed = np.where(TRUTH == 3, 2, TRUTH)
    mixed = np.where((TRUTH == 0) & (rng.random(400) < 0.3), 3, mixed)
    views = [seen_as(TRUTH, 0.99), seen_as(mixed, 0.99)][:: 1 if good == 0 else -1]
    percepts = [Percept.of(view) for view in views]
    language = begun(percepts, 4, rng)
    signs = language.signs[good]
    assert np.mean(class_called(language.vocabularies[good])[signs] == TRUTH) > 0.95
    other = named_by(percepts, 1 - good, 4).played(percepts, 10, rng)
    assert language.understood(percepts) > other.understood(percepts) + 0.05


def test_who_names_may_lack_a_view_of_some():
    p = seen_as(TRUTH, 0.99)
    p[::5] = np.nan
    percepts = [Percept.of(p), Percept.of(seen_as(3 - TRUTH, 0.99))]
    np.testing.assert_array_equal(named_by(percepts, 0, 4).signs, np.tile(TRUTH, (2, 1)))


def test_what_agents_are_told():
    vocabulary = np.array([[0.1, 0.8, 0.1], [0.7, 0.2, 0.1], [0.6, 0.1, 0.3]])
    np.testing.assert_array_equal(class_called(vocabulary), [1, 0, 2])
    message = teaching(np.array([0, 2]), vocabulary, 0.9)
    np.testing.assert_allclose(message, [[0.05, 0.9, 0.05], [0.05, 0.05, 0.9]])
    shares, log_m = np.array([0.5, 0.3, 0.2]), np.log([[0.2, 0.3, 0.5]])
    told = hint(log_m, vocabulary, shares) * shares  # as the agent's weights multiply it
    np.testing.assert_allclose(told / told.sum(), np.array([[0.2, 0.3, 0.5]]) @ vocabulary)
    signs = np.array([[0, 1, 2, 2], [0, 1, 2, 1]])
    assert trust_in(signs, 0, 3) == pytest.approx((3 + 1) / (4 + 3))


def test_the_joint_posterior_is_that_of_the_model_that_is_written_down():
    """p(w | z_1, z_2) by enumeration of the classes of both agents, for one object."""
    rng = np.random.default_rng(0)
    words = [rng.dirichlet(np.ones(3), 3) for _ in range(2)]
    density = rng.random((2, 3))  # p(z_a | c)
    shares = [np.full(3, 1 / 3)] * 2
    joint = np.zeros(3)
    for w in range(3):
        for c in range(3):
            for d in range(3):
                joint[w] += words[0][w, c] * density[0, c] * words[1][w, d] * density[1, d]
    percepts = [
        Percept.of(row[None] * share / (row @ share), share) for row, share in zip(density, shares, strict=True)
    ]
    language = Language(np.zeros((2, 1), int), words)
    np.testing.assert_allclose(
        normalised(language.log_p(percepts).sum(axis=0))[0], joint / joint.sum(), rtol=1e-10
    )
