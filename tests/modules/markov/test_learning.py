"""Learning of chains: Baum-Welch against its own objective, starts, and draws."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from kvae.modules.markov.chain import Chain
from kvae.modules.markov.learning import Learnt, Prior, baum_welch, learn_chain, sampled_chain


def drawn_path(chain, n, rng):
    path = [rng.choice(len(chain), p=chain.start)]
    for _ in range(n - 1):
        path.append(rng.choice(len(chain), p=chain.transitions[path[-1]]))
    return np.array(path)


def noisy(path, k, sharp, rng):
    evidence = np.exp(sharp * np.eye(k)[path] + rng.normal(size=(len(path), k)))
    return evidence / evidence.sum(axis=1, keepdims=True)


TRUE = Chain(np.array([1.0, 0, 0]), np.array([[0.1, 0.8, 0.1], [0.0, 0.2, 0.8], [0.9, 0.1, 0.0]]))


@pytest.mark.parametrize("trust", [None, 0.5])
def test_it_ends_where_the_posterior_is_flat(trust):
    rng = np.random.default_rng(1)
    evidence, first = noisy(drawn_path(TRUE, 200, rng), 3, 2.0, rng), np.arange(200) % 50 == 0
    prior = Prior(0.5, trust if trust is None else 20.0)
    begun = Learnt(Chain(np.full(3, 1 / 3), rng.dirichlet(np.ones(3), 3)), np.full((3, 3), 0.2) + 0.4 * np.eye(3))
    begun = begun if trust else Learnt(begun.chain, np.eye(3))
    found = baum_welch(evidence, first, begun, prior, 3000, tol=1e-14)

    def softmax(values):
        return np.exp(values) / np.exp(values).sum(axis=-1, keepdims=True)

    def score(values):
        start, transitions, emissions = softmax(values[:3]), softmax(values[3:12].reshape(3, 3)), np.eye(3)
        if trust:
            emissions = softmax(values[12:].reshape(3, 3))
        learnt = Learnt(Chain(start, transitions), emissions)
        return learnt.chain.infer(learnt.states(evidence), first).log_p + prior.log_density(learnt)

    parts = [found.chain.start, found.chain.transitions.ravel()] + ([found.emissions.ravel()] if trust else [])
    flat = np.log(np.concatenate(parts))
    assert score(flat) == pytest.approx(found.score, abs=1e-6)
    assert np.abs(approx_fprime(flat, score, 1e-6)).max() < 1e-2
    assert found.score > baum_welch(evidence, first, begun, prior, 3).score


def test_transitions_are_found():
    rng = np.random.default_rng(2)
    path = drawn_path(TRUE, 3000, rng)
    for trust in (None, 0.3):
        found = learn_chain(noisy(path, 3, 3.0, rng), np.arange(3000) == 0, trust=trust, n_starts=3)
        np.testing.assert_allclose(found.chain.transitions, TRUE.transitions, atol=0.04)


def test_classes_that_are_merged_below_are_told_apart_by_time():
    """0 1 2 3 in turn, but below 1 and 3 are one class, and 0 is split in two at random."""
    rng = np.random.default_rng(3)
    true = np.arange(800) % 4
    seen = np.where(true == 3, 1, true)
    seen[(true == 0) & (rng.random(800) < 0.5)] = 3
    evidence, first = noisy(seen, 4, 4.0, rng), np.arange(800) == 0
    found = learn_chain(evidence, first)
    classes = found.chain.infer(found.states(evidence), first).posterior.argmax(axis=1)
    assert sorted({(int(a), int(b)) for a, b in zip(true, classes, strict=True)}) == sorted(
        (t, int(classes[t])) for t in range(4)
    )
    assert len(set(classes)) == 4
    firm = learn_chain(evidence, first, trust=None)
    merged = firm.chain.infer(evidence, first).posterior.argmax(axis=1)
    assert (merged[true == 1] == merged[true == 3][0]).mean() > 0.9  # classes are the states: they stay merged


def test_rows_without_an_order_leave_the_classes_as_they_are():
    rng = np.random.default_rng(4)
    true = rng.integers(0, 4, 1200)
    evidence, first = noisy(true, 4, 4.0, rng), np.arange(1200) == 0
    found = learn_chain(evidence, first)
    np.testing.assert_array_equal(found.emissions.argmax(axis=1), np.arange(4))
    assert np.diagonal(found.emissions).min() > 0.9
    message = found.chain.infer(found.states(evidence), first).message
    assert np.abs(message - 0.25).max() < 0.2


def test_draws_count_what_is_expected_of_neighbours():
    rng = np.random.default_rng(5)
    p, first = rng.dirichlet(np.ones(3), 40), np.arange(40) % 20 == 0
    inner = np.flatnonzero(~first)
    expected = p[inner - 1].T @ p[inner] + 0.1
    found = sampled_chain(p, first, 4000, 0.1, np.random.default_rng(0)).chain
    np.testing.assert_allclose(found.transitions, expected / expected.sum(axis=1, keepdims=True), atol=0.01)
    starts = p[first].sum(axis=0) + 1.0
    np.testing.assert_allclose(found.start, starts / starts.sum(), atol=0.02)
