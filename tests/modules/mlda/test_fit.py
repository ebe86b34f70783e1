"""The fit of topics: bounds by a second route, topics of data drawn from the model, trust."""

import itertools

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.sparse import csr_array
from scipy.special import digamma, gammaln
from scipy.stats import beta as beta_distribution

from kvae.modules.mlda.allocation import divergence, expected_words, rows_of
from kvae.modules.mlda.em import Rows, Solution, run_allocation, run_em
from kvae.modules.mlda.fit import fit_topics, ranked
from kvae.modules.mlda.topics import Topics
from kvae.modules.mlda.trust import agreement, explained
from kvae.modules.mlda.words import all_words

WIDTHS = (30, 20)


def drawn(n, k, alpha, totals=(60, 40), seed=0, widths=WIDTHS):
    """Counts of every modality drawn from the model, p(topic) of rows, and p(word | topic)."""
    rng = np.random.default_rng(seed)
    phi = [rng.dirichlet(np.full(width, 0.2), k) for width in widths]
    theta = rng.dirichlet(np.full(k, alpha), n) if alpha else np.eye(k)[rng.integers(k, size=n)]
    counts = [rng.multinomial(total, theta @ words) for total, words in zip(totals, phi, strict=True)]
    return counts, theta, phi


def modalities_of(counts):
    return all_words(counts, [None] * len(counts), "mlda", [f"m{i}" for i in range(len(counts))])


def distance(found, true):
    """Total variation between topics of one modality, in the order that fits best."""
    from scipy.optimize import linear_sum_assignment

    table = 0.5 * np.abs(found[:, None] - true[None]).sum(axis=2)
    return table[linear_sum_assignment(table)]


@pytest.mark.parametrize(("alpha", "given"), [(0.0, 0.0), (0.3, 0.3)])
def test_it_recovers_the_topics_of_data_drawn_from_its_own_model(alpha, given):
    counts, theta, phi = drawn(400, 4, alpha)
    fit = fit_topics(modalities_of(counts), 4, alpha=given, calibrate=False, itr=300, n_starts=3)
    for found, true in zip(fit.topics.words, phi, strict=True):
        assert distance(found, true).max() < 0.06
    order = np.argmax(theta.T @ fit.p, axis=1)
    assert np.abs(fit.p[:, order] - theta).mean() < 0.05


@pytest.mark.parametrize("alpha", [0.0, 0.05, 2.0])
def test_the_bound_never_falls(alpha):
    counts, _, _ = drawn(60, 3, 0.5)
    above = np.random.default_rng(1).dirichlet(np.ones(3), 60)
    rows = Rows(modalities_of(counts), [0.5, 1.0], 3, 0.1, above)
    p = np.random.default_rng(2).dirichlet(np.ones(3), 60)
    solution = run_allocation(rows, p, alpha, 60, tol=0) if alpha else run_em(rows, p, 60, tol=0)
    steps = np.diff(solution.scores)
    assert len(steps) > 5 and steps.min() > -1e-9 * abs(solution.score)


def test_the_score_of_one_topic_per_row_is_its_log_likelihood():
    counts, _, _ = drawn(20, 3, 0.0, totals=(6, 4))
    above, trust = np.random.default_rng(1).dirichlet(np.ones(3), 20), [0.5, 2.0]
    rows = Rows(modalities_of(counts), trust, 3, 0.2, above)
    solution = run_em(rows, above, 3, tol=0)
    topics, expected = solution.topics, 0.0
    for n in range(20):
        p = topics.shares * above[n]
        for count, words, factor in zip(counts, topics.words, trust, strict=True):
            p = p * np.prod(words ** (factor * count[n]), axis=1)
        expected += np.log(p.sum())
        np.testing.assert_allclose(solution.p[n], p / p.sum(), rtol=1e-9)
    expected += np.log(topics.shares).sum()
    expected += sum(0.2 * factor * np.log(words).sum() for words, factor in zip(topics.words, trust, strict=True))
    assert solution.score == pytest.approx(expected, rel=1e-12)


def test_the_bound_of_allocation_is_that_of_its_distributions_word_by_word():
    rng = np.random.default_rng(0)
    x, words, gamma = rng.integers(0, 3, (5, 6)), rng.dirichlet(np.ones(6), 3), rng.gamma(2.0, size=(5, 3))
    prior = rng.gamma(1.0, size=(5, 3))
    of_rows, of_words, log_p = expected_words(csr_array(x.astype(float)), words, gamma)
    bound = log_p - divergence(gamma, prior)
    log_theta = digamma(gamma) - digamma(gamma.sum(axis=1, keepdims=True))
    for n in range(5):
        q = np.exp(log_theta[n])[:, None] * words
        q = q / q.sum(axis=0)
        np.testing.assert_allclose(of_rows[n], (q * x[n]).sum(axis=1))
        terms = (x[n] * q * (log_theta[n][:, None] + np.log(words) - np.log(q))).sum()

        def log_density(a, n=n):
            return gammaln(a.sum()) - gammaln(a).sum() + ((a - 1) * log_theta[n]).sum()

        assert bound[n] == pytest.approx(terms + log_density(prior[n]) - log_density(gamma[n]))
    np.testing.assert_allclose(of_words.sum(), x.sum())
    parts = [
        expected_words(csr_array(x[rows].astype(float)), words, gamma[rows])[1] for rows in ([0, 1], [2, 3, 4])
    ]
    np.testing.assert_allclose(sum(parts), of_words)


def test_the_bound_of_allocation_is_below_the_log_likelihood_and_near_it():
    counts, _, _ = drawn(1, 2, 1.0, totals=(12,), widths=(5,))
    words, x = np.random.default_rng(3).dirichlet(np.ones(5), 2), counts[0][0]

    def density(share):
        p = share * words[0] + (1 - share) * words[1]
        return np.prod(p**x) * beta_distribution.pdf(share, 0.8, 0.8)

    exact = np.log(quad(density, 0, 1)[0])
    gamma, prior, table = np.full((1, 2), 6.0), np.full((1, 2), 0.8), csr_array(counts[0].astype(float))
    for _ in range(200):
        gamma = prior + expected_words(table, words, gamma)[0]
    bound = expected_words(table, words, gamma)[2] - divergence(gamma, prior)
    assert exact - 0.5 < bound[0] < exact


def test_large_tables_are_read_in_parts(monkeypatch):
    counts, _, _ = drawn(50, 3, 0.5)
    x, words = csr_array(counts[0].astype(float)), np.random.default_rng(0).dirichlet(np.ones(30), 3)
    whole = expected_words(x, words, np.ones((50, 3)))
    monkeypatch.setattr("kvae.modules.mlda.allocation.AT_ONCE", 3 * 40)
    parts = list(rows_of(x, 3))
    assert len(parts) > 10 and parts[0].start == 0 and parts[-1].stop == 50
    assert all(a.stop == b.start for a, b in itertools.pairwise(parts))
    for first, second in zip(whole, expected_words(x, words, np.ones((50, 3))), strict=True):
        np.testing.assert_allclose(first, second)


def test_words_that_come_many_times_over_are_trusted_the_less():
    rng, labels = np.random.default_rng(0), np.arange(1500) % 3
    words = 0.5 * np.kron(np.eye(3), [0.5, 0.5]) + 0.5 / 6  # two words of each topic, and half of all at random
    said = np.eye(3)[[rng.choice(3, p=p) for p in (0.8 * np.eye(3) + 0.2 / 3)[labels]]]
    fit = fit_topics(modalities_of([10 * rng.multinomial(12, words[labels]), said]), 3, n_starts=3)
    assert 0.06 < fit.topics.trust[0] < 0.16  # as if each came once
    assert fit.topics.trust[1] == 1.0
    assert (np.argmax(np.eye(3)[labels].T @ fit.p, axis=1)[labels] == fit.p.argmax(axis=1)).mean() > 0.95


def test_what_a_row_of_class_probabilities_is_scaled_to_does_not_matter():
    counts, theta, _ = drawn(300, 3, 0.0, totals=(8, 40))
    said = np.eye(3)[theta.argmax(axis=1)]
    fits = [
        fit_topics(all_words([counts[0], said], weights, "mlda", ["a", "b"]), 3, n_starts=3)
        for weights in ([8.0, 1.0], [8.0, 200.0])
    ]
    assert fits[1].topics.trust[1] == pytest.approx(1 / 200)
    np.testing.assert_allclose(fits[0].topics.trust[0], fits[1].topics.trust[0], rtol=0.2)
    np.testing.assert_allclose(fits[0].p, fits[1].p, atol=0.02)


def test_what_modalities_tell_of_each_other_by_the_joint_table():
    words = [np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([[0.7, 0.3], [0.4, 0.6]])]
    shares = np.array([0.25, 0.75])
    topics = Topics(shares, words, [1.0, 1.0])
    pairs = np.array([[a, b] for a in (0, 1) for b in (0, 1)])
    evidence = [np.log(words[m].T[pairs[:, m]]) for m in (0, 1)]
    joint = np.einsum("k,ka,kb->ab", shares, *words)
    expected = np.log(joint / np.outer(joint.sum(axis=1), joint.sum(axis=0)))[pairs[:, 0], pairs[:, 1]].mean()
    assert explained(topics, 0, 1.0, evidence, np.ones(4, bool)) == pytest.approx(expected)
    assert explained(topics, 1, 1.0, evidence, np.ones(4, bool)) == pytest.approx(expected)
    modalities = modalities_of([np.eye(2)[pairs[:, m]] for m in (0, 1)])
    assert agreement(topics, modalities) == pytest.approx(expected)
    better = Solution(topics, evidence[0], -9.0, [-9.0])
    alone = Topics(shares, [words[0], np.full((2, 2), 0.5)], [1.0, 1.0])  # tells nothing of the second
    modalities = modalities_of([np.eye(2)[[0, 0, 1, 1, 0]], np.eye(2)[[0, 0, 1, 1, 1]]])
    finalists = [("likely", Solution(alone, evidence[0], -1.0, [-1.0])), ("joint", better)]
    assert [kind for kind, _ in ranked(finalists, modalities)] == ["joint", "likely"]
    assert [kind for kind, _ in ranked(finalists, None)] == ["likely", "joint"]


def test_topics_keep_the_numbers_of_the_fit_before_and_of_what_is_above():
    counts, theta, _ = drawn(200, 4, 0.0)
    first = fit_topics(modalities_of(counts), 4, n_starts=2, seed=0)
    again = fit_topics(modalities_of(counts), 4, n_starts=2, seed=1, previous=first.p)
    np.testing.assert_array_equal(first.p.argmax(axis=1), again.p.argmax(axis=1))
    above = 0.6 * theta + 0.1
    led = fit_topics(modalities_of(counts), 4, n_starts=2, seed=1, previous=first.p, above=above)
    np.testing.assert_array_equal(led.p.argmax(axis=1), theta.argmax(axis=1))
