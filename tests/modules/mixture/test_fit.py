import numpy as np
import pytest

from kvae.metrics import clustering_metrics
from kvae.modules.mixture import fit_mixture
from kvae.modules.mixture.fit import as_told
from kvae.modules.mixture.matching import match_components
from kvae.modules.mixture.nearest import nearest
from kvae.modules.mixture.neighbours import modularity
from kvae.modules.mixture.starts import one_hot, starts, within_variance

LABELS = np.repeat([0, 1, 2], [300, 200, 100])


@pytest.fixture(scope="module")
def z():
    rng = np.random.default_rng(0)
    centres = np.array([[0, 0, 0], [6, 0, 0], [0, 6, 6]], float)
    return centres[LABELS] + rng.normal(size=(600, 3)) * [1.0, 2.0, 0.5]


def test_three_groups_are_found_with_their_shapes(z):
    fit = fit_mixture(z, 3, ridge=0.01, concentration=0.0)
    assert clustering_metrics(fit.r.argmax(1), LABELS)["accuracy"] > 0.99
    order = np.argsort(-fit.mixture.weights)
    np.testing.assert_allclose(fit.mixture.weights[order], [1 / 2, 1 / 3, 1 / 6], atol=0.02)
    np.testing.assert_allclose(np.diagonal(fit.mixture.covs[order[0]]), [1.0, 4.0, 0.25], rtol=0.25)
    assert fit.sizes.sum() == 600


def test_the_same_seed_gives_the_same_fit(z):
    np.testing.assert_array_equal(fit_mixture(z, 4, seed=3).r, fit_mixture(z, 4, seed=3).r)


def test_a_fit_does_not_depend_on_the_unit_or_the_origin(z):
    fit, moved = fit_mixture(z, 3), fit_mixture(1000 * z - 5e4, 3)
    np.testing.assert_allclose(clustering_metrics(fit.r.argmax(1), moved.r.argmax(1))["accuracy"], 1.0)


def test_components_keep_their_numbers_from_fit_to_fit(z):
    previous = one_hot((LABELS + 2) % 3, 3)
    fit = fit_mixture(z, 3, previous=previous)
    np.testing.assert_allclose(np.mean(fit.r.argmax(1) == (LABELS + 2) % 3), 1.0, atol=0.01)


def test_the_classes_of_before_are_always_run_to_their_end(z):
    before = one_hot(np.random.default_rng(0).integers(0, 3, 600), 3)  # worse than any start
    assert "previous" in [kind for kind, _, _ in fit_mixture(z, 3, previous=before).scores]


def test_a_prior_over_classes_decides_where_the_data_do_not():
    z = np.random.default_rng(0).normal(size=(200, 2))
    above = np.where(one_hot(np.arange(200) % 2, 2) > 0, 0.999, 0.001)
    fit = fit_mixture(z, 2, log_prior=np.log(above))
    assert np.mean(fit.r.argmax(1) == np.arange(200) % 2) > 0.95


def test_what_is_above_decides_also_where_neighbours_would_choose_otherwise():
    """Four groups in a square, in two classes: neighbours do not know which pairs belong together."""
    rng, corner = np.random.default_rng(0), np.arange(400) % 4
    z = np.stack([corner % 2 * 6, corner // 2 * 4], axis=1) + rng.normal(size=(400, 2))
    labels = corner // 2  # the nearer pairs are the others
    for truth in (labels, corner % 2):
        told = np.log(np.where(one_hot(truth, 2) > 0, 0.7, 0.3))
        fit = fit_mixture(z, 2, selection="modularity", log_prior=told)
        assert np.mean(fit.r.argmax(1) == truth) > 0.95
        assert [one[1] for one in fit.scores] == sorted((one[1] for one in fit.scores), reverse=True)
    alone = np.mean(fit_mixture(z, 2, selection="modularity").r.argmax(1) == corner % 2)
    assert min(alone, 1 - alone) < 0.02


def test_more_components_than_groups_stay_usable(z):
    fit = fit_mixture(z, 8)
    assert np.all(np.isfinite(fit.r))
    assert np.all(fit.mixture.weights > 0)


def test_constant_rows_do_not_break_the_fit():
    fit = fit_mixture(np.ones((30, 2)), 2)
    assert np.all(np.isfinite(fit.r))


@pytest.mark.parametrize("spread", [0.0, 1e-9, 0.03])
@pytest.mark.parametrize("equal_weights", [True, False])
def test_dimensions_that_say_nothing_do_not_decide(spread, equal_weights):
    """Codes that a VAE leaves unused: with a ridge of one size for all dimensions a single class was left."""
    rng, labels = np.random.default_rng(0), np.arange(900) % 6
    angle = labels * np.pi / 3
    z = 4 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + rng.normal(size=(900, 2))
    rows = np.concatenate([z, rng.normal(size=(900, 6)) * spread + 2.0], axis=1)
    fit = fit_mixture(rows, 6, equal_weights=equal_weights, concentration=0.0, n_starts=6)
    assert clustering_metrics(fit.r.argmax(1), labels)["accuracy"] > 0.94
    assert fit.mixture.means.shape == (6, 8)
    np.testing.assert_allclose(fit.mixture.responsibilities(rows)[0], fit.r, atol=1e-6)


def test_the_best_is_best_by_what_was_asked_for(z):
    """A bent group: by the likelihood the best two halves cut through it, by the neighbours they do not."""
    rng = np.random.default_rng(0)
    angle = rng.uniform(-1.2, 1.2, 200)
    arc = 3 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + rng.normal(size=(200, 2)) * 0.2
    x = np.concatenate([arc, rng.normal(size=(200, 2)) * [0.4, 0.5] + [1.5, 0]])
    truth, fits = np.repeat([0, 1], 200), {}
    for place, name in enumerate(("score", "modularity"), start=1):
        fits[name] = fit_mixture(x, 2, selection=name, n_starts=6)
        values = [one[place] for one in fits[name].scores]
        assert values == sorted(values, reverse=True)
    by_neighbours = fits["modularity"]
    assert by_neighbours.modularity == pytest.approx(modularity(by_neighbours.r.argmax(1), nearest(x), 2))
    assert clustering_metrics(by_neighbours.r.argmax(1), truth)["accuracy"] > 0.94
    assert by_neighbours.modularity > fits["score"].modularity + 0.01
    assert fits["score"].score > by_neighbours.score


def test_match_components_undoes_a_permutation():
    r = one_hot(LABELS, 3)
    order = np.array([2, 0, 1])
    np.testing.assert_array_equal(r[:, order][:, match_components(r[:, order], r)], r)


def test_starts_are_of_several_kinds(z):
    kinds = [start.kind for start in starts(z, 3, 6, seed=0)]
    assert kinds == ["neighbours", "neighbours", "kmeans", "kmeans", "kmeans", "kmeans"]


def test_within_variance_is_that_of_numpy(z):
    expected = np.sum([z[k == LABELS].var(0) * np.mean(k == LABELS) for k in range(3)], axis=0)
    np.testing.assert_allclose(within_variance(z, one_hot(LABELS, 3)), expected)
    np.testing.assert_allclose(within_variance(z + 1e6, one_hot(LABELS, 3)), expected, rtol=1e-5)


def test_a_single_start_is_enough(z):
    assert clustering_metrics(fit_mixture(z, 3, n_starts=1).r.argmax(1), LABELS)["accuracy"] > 0.6


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (1e-6, 0.0), (1e6, 1e8)])
def test_rows_that_repeat_are_learnt(kind, scale, offset):
    rows = np.array([[0, 0, 0, 0], [4, 4, 0, 0], [0, 0, 4, 4]], float) * scale + offset
    truth = np.repeat([0, 1, 2], 10)
    fit = fit_mixture(rows[truth], 3, covariance_type=kind)
    assert clustering_metrics(fit.r.argmax(1), truth)["accuracy"] == 1.0
    assert np.linalg.eigvalsh(fit.mixture.covs).min() > 0


def test_more_components_than_distinct_rows_are_learnt():
    z = np.random.default_rng(0).integers(0, 2, (100, 2)).astype(float)
    fit = fit_mixture(z, 6)
    assert np.linalg.eigvalsh(fit.mixture.covs).min() > 1e-12
    assert np.isfinite(fit.log_likelihood)
    np.testing.assert_allclose(fit.r.sum(axis=1), 1.0)


def by_hand(mixture, z, log_prior):
    """Responsibilities of a mixture under a message, in NumPy."""
    log_r = mixture.log_prob(z) + np.log(mixture.weights) + log_prior
    r = np.exp(log_r - log_r.max(axis=1, keepdims=True))
    return r / r.sum(axis=1, keepdims=True)


def hints(labels, share, sure):
    """A message that knows the class of some rows, `(n, 3)`, as log-probabilities."""
    above = np.full((len(labels), 3), 1 / 3)
    known = np.random.default_rng(1).random(len(labels)) < share
    above[known] = (1 - sure) / 2
    above[known, labels[known]] = sure
    return np.log(above)


@pytest.mark.parametrize("order", [[0, 1, 2], [1, 0, 2], [2, 0, 1]])
def test_a_message_that_knows_classes_decides_their_numbers(z, order):
    previous = fit_mixture(z, 3).r[:, order]
    log_prior = hints(LABELS, 0.1, 0.95)
    fit = fit_mixture(z, 3, seed=1, previous=previous, log_prior=log_prior)
    assert np.mean(fit.r.argmax(axis=1) == LABELS) > 0.99
    np.testing.assert_allclose(fit.r, by_hand(fit.mixture, z, log_prior), atol=1e-3)


@pytest.mark.parametrize("n_starts", [1, 12])
def test_a_weak_message_leaves_the_numbers(z, n_starts):
    numbers = (LABELS + 1) % 3
    noise = np.random.default_rng(0).uniform(0.3, 0.36, (600, 3))
    fit = fit_mixture(z, 3, n_starts=n_starts, previous=one_hot(numbers, 3), log_prior=np.log(noise))
    assert np.mean(fit.r.argmax(axis=1) == numbers) > 0.99
    np.testing.assert_allclose(fit.r, by_hand(fit.mixture, z, np.log(noise)), atol=1e-3)


def test_how_sure_a_message_must_be():
    """K! SURE = 6,000, whose logarithm is 8.7 nats: of rows with a hint of log 18 = 2.9 nats each, four do."""
    previous = one_hot(np.repeat([0, 1, 2], 20), 3)
    for n, changes in ((2, False), (3, False), (4, True)):
        log_prior = np.log(np.full((60, 3), 1 / 3))
        log_prior[:n] = np.log([0.05, 0.9, 0.05])
        told = as_told(previous, log_prior)
        assert (told[:20].argmax(axis=1) == (1 if changes else 0)).all(), n
        np.testing.assert_array_equal(np.sort(told, axis=1), np.sort(previous, axis=1))


def test_classes_that_a_message_rules_out_do_not_count_without_bound():
    previous = one_hot(np.repeat([0, 1], 20), 2)
    log_prior = np.full((40, 2), np.log(0.5))
    log_prior[0] = [-np.inf, 0.0]
    assert np.isfinite(as_told(previous, np.maximum(log_prior, -1e300))).all()
    assert as_told(previous, log_prior)[0].argmax() == 1


def test_probabilities_are_those_of_the_mixture_and_the_message():
    """Rows without classes and a weak message: after the fit, other numbers would agree better with it."""
    rng = np.random.default_rng(6)
    z, log_prior = rng.normal(size=(60, 2)), np.log(rng.dirichlet(np.full(4, 50), 60))
    fit = fit_mixture(z, 4, seed=6, n_starts=3, log_prior=log_prior)
    assert (match_components(fit.r, np.exp(log_prior)) != np.arange(4)).any()
    np.testing.assert_allclose(fit.r, by_hand(fit.mixture, z, log_prior), atol=0.02)
