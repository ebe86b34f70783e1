from dataclasses import replace

import numpy as np
import pytest

from kvae.modules.mixture.em import Prior, Rows, run_em
from kvae.modules.mixture.starts import one_hot


def test_the_m_step_is_the_posterior_mode_of_numpy():
    rng = np.random.default_rng(0)
    z, r = rng.normal(size=(30, 2)) + 50, rng.dirichlet(np.ones(3), size=30)
    rows = Rows(z)
    mixture = Prior(ridge=0.7, pseudo_count=2.0).estimate(rows.summed(r), rows.centre)
    count = r.sum(0)
    np.testing.assert_allclose(mixture.weights, (count + 2) / (30 + 6))
    for k in range(3):
        mean = np.average(z, axis=0, weights=r[:, k])
        scatter = (r[:, k, None] * (z - mean)).T @ (z - mean) + 0.7 * np.eye(2)
        np.testing.assert_allclose(mixture.means[k], mean)
        np.testing.assert_allclose(mixture.covs[k], scatter / (count[k] + 4))


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_covariance_types(kind):
    rng = np.random.default_rng(0)
    rows = Rows(rng.normal(size=(40, 3)) @ rng.normal(size=(3, 3)))
    covs = Prior(0.1, covariance_type=kind).estimate(rows.summed(rng.dirichlet(np.ones(2), 40)), rows.centre).covs
    diagonal = np.diagonal(covs, axis1=1, axis2=2)
    assert (np.count_nonzero(covs) == covs.shape[0] * 3) == (kind in ("diag", "spherical"))
    assert np.allclose(covs[0], covs[1]) == (kind == "tied")
    assert np.allclose(diagonal, diagonal[:, :1]) == (kind == "spherical")


@pytest.mark.parametrize(("equal_weights", "pseudo_count"), [(True, 5.0), (False, 5.0), (False, 0.0)])
def test_every_iteration_raises_the_score(equal_weights, pseudo_count):
    rng = np.random.default_rng(0)
    z = np.concatenate([rng.normal(size=(60, 2)), rng.normal(size=(30, 2)) * 0.3 + [4, 1]])
    rows, r = Rows(z), rng.dirichlet(np.ones(3), size=90)
    prior = Prior(1.0, pseudo_count, equal_weights)
    scores = [run_em(rows, r, prior, itr, tol=-np.inf).score for itr in range(1, 25)]
    assert np.all(np.diff(scores) > -1e-9)
    assert scores[-1] > scores[0]


def test_the_estimated_weights_maximise_the_score_where_fewer_than_one_extra_row_is_asked_for():
    rng = np.random.default_rng(0)
    rows, r = Rows(rng.normal(size=(20, 2))), rng.dirichlet(np.array([50.0, 5.0, 0.5]), size=20)
    prior = Prior(1.0, pseudo_count=0.1)
    found = prior.estimate(rows.summed(r), rows.centre)

    def score(weights):
        return r.sum(0) @ np.log(weights) + prior.log_density(replace(found, weights=weights))

    for other in rng.dirichlet(20 * found.weights + 0.5, size=200):
        assert score(other) < score(found.weights)


def test_the_products_of_many_rows_are_not_kept(monkeypatch):
    rng = np.random.default_rng(0)
    z, r = rng.normal(size=(90, 2)), one_hot(np.arange(90) % 2, 2)
    whole = run_em(Rows(z), r, Prior(1.0), 5)
    monkeypatch.setattr("kvae.modules.mixture.gaussians.FEWEST", 30)
    monkeypatch.setattr("kvae.modules.mixture.gaussians.CHUNK", 30)
    monkeypatch.setattr("kvae.modules.mixture.em.MOST_KEPT", 30)
    rows = Rows(z)
    assert len(rows.parts) == 3
    assert rows.kept is None
    np.testing.assert_allclose(run_em(rows, r, Prior(1.0), 5).r, whole.r)
