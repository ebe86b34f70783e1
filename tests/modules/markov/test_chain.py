"""Forward-backward against the enumeration of all paths."""

import itertools

import numpy as np
import pytest

from kvae.modules.markov import chain as chains
from kvae.modules.markov.chain import Chain


def begins(lengths):
    first = np.zeros(sum(lengths), bool)
    first[np.cumsum([0, *lengths[:-1]])] = True
    return first


def enumerated(chain, evidence, first):
    """Log p, posteriors, messages, moves and starts, path by path."""
    n, k = evidence.shape
    total, posterior, message, moves, starts = (
        0.0,
        np.zeros((n, k)),
        np.zeros((n, k)),
        np.zeros((k, k)),
        np.zeros(k),
    )
    for path in itertools.product(range(k), repeat=n):
        prior = np.prod([
            chain.start[s] if first[t] else chain.transitions[path[t - 1], s] for t, s in enumerate(path)
        ])  # fmt: skip
        seen = evidence[range(n), path]
        total += prior * seen.prod()
        for t, s in enumerate(path):
            posterior[t, s] += prior * seen.prod()
            message[t, s] += prior * np.delete(seen, t).prod()
            if first[t]:
                starts[s] += prior * seen.prod()
            else:
                moves[path[t - 1], s] += prior * seen.prod()
    message /= message.sum(axis=1, keepdims=True)
    return np.log(total), posterior / total, message, moves / total, starts / total


@pytest.mark.parametrize("lengths", [[7], [3, 1, 3], [1], [2], [1, 1]])
@pytest.mark.parametrize("stretch", [1, 20, 4_000_000])
def test_it_agrees_with_all_paths(lengths, stretch, monkeypatch):
    monkeypatch.setattr(chains, "STRETCH", stretch)
    rng = np.random.default_rng(sum(lengths))
    chain = Chain(rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(3), 3))
    evidence = rng.random((sum(lengths), 3)) ** 4 * 10.0 ** rng.integers(-3, 3, (sum(lengths), 1))
    evidence[0, 1] = 0.0
    found = chain.infer(evidence, begins(lengths))
    got = found.log_p, found.posterior, found.message, found.moves, found.starts
    for one, other in zip(got, enumerated(chain, evidence, begins(lengths)), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


def test_nothing_underflows_in_long_sequences():
    chain = Chain(np.array([0.5, 0.5]), np.array([[1 - 1e-12, 1e-12], [1e-12, 1 - 1e-12]]))
    evidence = np.tile([[1e-200, 1e-198]], (5001, 1))
    found = chain.infer(evidence, np.arange(5001) == 0)
    assert found.log_p == pytest.approx(5001 * np.log(1e-198) + np.log(0.5), rel=1e-12)
    np.testing.assert_allclose(found.posterior[:, 1], 1.0)


def test_draws_follow_the_posterior_of_paths():
    rng = np.random.default_rng(0)
    chain = Chain(rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(3), 3))
    first = begins([3, 2])
    found = chain.infer(rng.random((5, 3)), first)
    drawn = np.array([found.draw(rng) for _ in range(8000)])
    shares = np.stack([(drawn == s).mean(axis=0) for s in range(3)], axis=1)
    assert np.abs(shares - found.posterior).max() < 4 * 0.5 / np.sqrt(8000)
    moved = sum(np.histogram2d(drawn[:, t - 1], drawn[:, t], bins=3)[0] for t in (1, 2, 4)) / 8000
    assert np.abs(moved - found.moves).max() < 4 * np.sqrt(3 * 0.25 / 8000)
