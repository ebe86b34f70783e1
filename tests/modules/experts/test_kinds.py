"""Closed forms of the messages, by integration on a grid, by draws, and in linear Gaussian models."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from kvae.modules.experts.alignment import rotations, turned
from kvae.modules.experts.evidence import Evidence, evidence_of
from kvae.modules.experts.kinds import opinion
from kvae.modules.message import Gaussian

GRID = np.linspace(-12, 12, 20_001)
MEANS = np.array([[[0.8]], [[-0.5]], [[1.6]]])
VARIANCES = np.array([[[0.3]], [[0.6]], [[0.15]]])
WEIGHTS = np.array([1.0, 0.5, 2.0])


def evidence(means=MEANS, variances=VARIANCES, floor=1e-6):
    return evidence_of(means, variances, np.ones((len(means), means[0].shape[1])), floor)


def moments(density):
    density = density / np.trapezoid(density, GRID)
    mean = np.trapezoid(GRID * density, GRID)
    return mean, np.trapezoid((GRID - mean) ** 2 * density, GRID)


def factors():
    """t_i on the grid: posteriors divided by N(0, 1)."""
    scales = np.sqrt(VARIANCES[:, 0, 0])
    return [norm.pdf(GRID, m, s) / norm.pdf(GRID) for m, s in zip(MEANS[:, 0, 0], scales, strict=True)]


@pytest.mark.parametrize("above", [(0.0, 1.0), (0.7, 0.4)])
def test_all_kinds_agree_with_integration(above):
    t, prior = factors(), norm.pdf(GRID, above[0], np.sqrt(above[1]))
    message = Gaussian(np.array([[above[0]]]), np.array([[above[1]]]))

    def normal(density):
        return density / np.trapezoid(density, GRID)

    w = WEIGHTS
    powered = [factor**weight for factor, weight in zip(t, w, strict=True)]
    expected = {
        "poe": prior * powered[0] * powered[1] * powered[2],
        "moe": sum(weight * normal(prior * factor) for factor, weight in zip(t, w, strict=True)),
        "mopoe": sum(
            normal(prior * np.prod([powered[i] for i in subset], axis=0))
            for subset in ([0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2])
        ),
    }
    for kind, density in expected.items():
        found = opinion(kind, evidence(), message, WEIGHTS)
        np.testing.assert_allclose((found.mean[0, 0], found.cov[0, 0]), moments(density), rtol=1e-6)


def test_a_mixture_has_the_moments_of_its_draws():
    rng = np.random.default_rng(0)
    means, variances = rng.normal(size=(3, 1, 2)), rng.uniform(0.1, 0.8, size=(3, 1, 2))
    cov = np.array([[1.0, 0.5], [0.5, 0.8]])
    prior = Gaussian(np.array([[0.3, -0.2]]), cov[None])
    found = opinion("moe", evidence(means, variances), prior, WEIGHTS)
    assert found.cov.shape == (1, 2, 2)
    draws = []
    for m, v, w in zip(means[:, 0], variances[:, 0], WEIGHTS, strict=True):
        own, theirs = np.linalg.inv(cov), np.diag(1 / v) - np.eye(2)
        both = np.linalg.inv(own + theirs)
        mean = both @ (own @ prior.mean[0] + m / v)  # N(0, I) has no linear part
        draws.append(multivariate_normal(mean, both).rvs(int(100_000 * w), random_state=1))
    draws = np.concatenate(draws)
    np.testing.assert_allclose(found.mean[0], draws.mean(0), atol=0.01)
    np.testing.assert_allclose(found.cov[0], np.cov(draws.T), atol=0.01)


@pytest.mark.parametrize("kind", ["poe", "moe", "mopoe"])
def test_rows_take_part_with_what_they_have(kind):
    means = np.repeat(MEANS, 5, axis=1)
    variances = np.repeat(VARIANCES, 5, axis=1)
    gaps = means.copy()
    gaps[0, 1], gaps[:2, 2], gaps[:, 3] = np.nan, np.nan, np.nan
    prior = Gaussian(np.full((5, 1), 0.2), np.full((5, 1), 0.9))
    found = opinion(kind, evidence(gaps, variances), prior, WEIGHTS)
    for row, members in enumerate(([0, 1, 2], [1, 2], [2], [], [0, 1, 2])):
        if not members:
            np.testing.assert_allclose((found.mean[row, 0], found.cov[row, 0]), (0.2, 0.9), rtol=1e-12)
            continue
        alone = opinion(kind, evidence(MEANS[members], VARIANCES[members]), prior.rows([0]), WEIGHTS[members])
        np.testing.assert_allclose((found.mean[row], found.cov[row]), (alone.mean[0], alone.cov[0]), rtol=1e-12)
    without = opinion(kind, evidence(gaps, variances), prior, WEIGHTS, without=2)
    alone = opinion(kind, evidence(MEANS[:2], VARIANCES[:2]), prior.rows([0]), WEIGHTS[:2])
    np.testing.assert_allclose(without.mean[0], alone.mean[0], rtol=1e-12)
    np.testing.assert_allclose(without.mean[2, 0], 0.2)


def test_of_two_experts_each_kind_tells_one_what_the_other_has():
    for kind in ("poe", "moe", "mopoe"):
        found = opinion(kind, evidence(MEANS[:2], VARIANCES[:2]), unit(1), np.ones(2), 0)
        np.testing.assert_allclose((found.mean[0, 0], found.cov[0, 0]), (-0.5, 0.6))


def unit(n, d=1):
    return Gaussian(np.zeros((n, d)))


@pytest.mark.parametrize("with_messages", [False, True])
def test_linear_gaussian_models_have_the_true_joint_posterior(with_messages):
    """z ~ N(0, 1), x_i = z + noise of precision a_i; encoders that minimise the VAE's loss, in closed form."""
    rng = np.random.default_rng(0)
    a = np.array([3.0, 0.7])
    z = rng.normal(size=400_000)
    x = z + rng.normal(size=(2, len(z))) / np.sqrt(a)[:, None]
    means, variances, contained = [], [], []
    for i in range(2):
        j = 1 - i
        prior_precision = 1 + a[j] if with_messages else 1.0
        told = a[j] * x[j] if with_messages else np.zeros(len(z))  # precision times mean of the message
        expected = x[i] * (told @ x[i]) / (x[i] @ x[i])  # an encoder sees x_i alone: E[told | x_i]
        precision = a[i] + prior_precision
        means.append(((a[i] * x[i] + expected) / precision)[:, None])
        variances.append(np.full((len(z), 1), 1 / precision))
        contained.append([prior_precision])
    found = opinion("poe", evidence_of(means, variances, np.array(contained), 1e-6), unit(len(z)), np.ones(2))
    np.testing.assert_allclose(found.cov[:, 0], 1 / (1 + a.sum()))
    np.testing.assert_allclose(found.mean[:, 0], (a @ x) / (1 + a.sum()), atol=0.02)


def test_a_floor_bounds_how_sure_an_expert_is():
    sure = evidence_of([np.ones((1, 1))], [np.full((1, 1), 1e-9)], np.ones((1, 1)), 0.01)
    found = opinion("poe", sure, unit(1), np.ones(1))
    np.testing.assert_allclose((found.mean[0, 0], found.cov[0, 0]), (1.0, 0.01))
    wide = evidence_of([np.ones((1, 1))], [np.full((1, 1), 3.0)], np.ones((1, 1)), 0.01)
    assert isinstance(wide, Evidence) and wide.precision[0, 0, 0] == 0.0


def test_rotations_are_found_also_where_rows_lack_a_modality():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(200, 4)) * [2.0, 1.5, 1.0, 0.5]
    true = [np.eye(4), *(np.linalg.qr(rng.normal(size=(4, 4)))[0] for _ in range(2))]
    codes = np.stack([z @ one.T for one in true])
    codes[0, :50], codes[1, 50:120] = np.nan, np.nan
    maps = rotations(codes)
    np.testing.assert_allclose(maps, true, atol=1e-9)
    apart = codes[:2].copy()
    apart[0, 100:], apart[1, :100] = np.nan, np.nan
    assert np.isfinite(rotations(apart)).all()


def test_a_turned_gaussian_has_the_moments_of_turned_draws():
    rng = np.random.default_rng(0)
    rotation = np.linalg.qr(rng.normal(size=(2, 2)))[0]
    cov = np.array([[0.5, 0.2], [0.2, 0.3]])
    draws = rng.multivariate_normal([1.0, -1.0], cov, 200_000) @ rotation
    full = turned(Gaussian(np.array([[1.0, -1.0]]), cov[None]), rotation)
    np.testing.assert_allclose(full.mean[0], draws.mean(0), atol=0.01)
    np.testing.assert_allclose(full.cov[0], np.cov(draws.T), atol=0.01)
    diagonal = turned(Gaussian(np.zeros((1, 2)), np.array([[0.5, 0.3]])), rotation)
    np.testing.assert_allclose(diagonal.cov[0], np.diagonal(rotation.T @ np.diag([0.5, 0.3]) @ rotation))
