import numpy as np
import pytest
from scipy.spatial.distance import cdist

from kvae.modules.mixture.nearest import nearest
from kvae.modules.mixture.neighbours import Voters, joined_by_links, joined_cells, links, modularity, voted
from kvae.modules.mixture.starts import kmeans


@pytest.fixture(scope="module")
def moons():
    """Two bent groups that no pair of Gaussians fits, `(400, 2)`, and their classes."""
    from sklearn.datasets import make_moons

    return make_moons(400, noise=0.06, random_state=0)


def test_modularity_is_newmans_sum_over_all_pairs():
    rng = np.random.default_rng(0)
    graph, labels = nearest(rng.normal(size=(50, 3)), 4), rng.integers(0, 3, 50)
    a = np.zeros((50, 50))
    np.add.at(a, (np.repeat(np.arange(50), 4), graph.ravel()), 1.0)
    a += a.T
    degree, m2 = a.sum(axis=1), a.sum()
    expected = sum(
        (a[i, j] - degree[i] * degree[j] / m2) / m2 for i in range(50) for j in range(50) if labels[i] == labels[j]
    )
    assert modularity(labels, graph, 3) == pytest.approx(expected)
    assert modularity(np.zeros(50, int), graph, 3) == pytest.approx(0.0)


def test_modularity_prefers_groups_of_neighbours_to_halves(moons):
    x, labels = moons
    graph = nearest(x)
    assert modularity(labels, graph, 2) > modularity(kmeans(x, 2, 0), graph, 2) + 0.01


def test_cells_are_joined_to_groups_of_any_shape(moons):
    x, labels = moons
    found = joined_cells(kmeans(x, 30, 0), nearest(x), 2)
    assert max(np.mean(found == labels), np.mean(found != labels)) > 0.98
    assert max(np.mean(kmeans(x, 2, 0) == labels), np.mean(kmeans(x, 2, 0) != labels)) < 0.9


def test_joining_takes_the_two_that_gain_most_for_the_smaller_one():
    # 0 and 1 are as good as one; 2 and 3 hold together; between the pairs there is little.
    between = np.array([[8, 6, 1, 0], [6, 8, 0, 1], [1, 0, 9, 4], [0, 1, 4, 9]], float)
    np.testing.assert_array_equal(joined_by_links(between, 2), [0, 0, 1, 1])
    np.testing.assert_array_equal(joined_by_links(between, 4), [0, 1, 2, 3])
    empty = np.insert(np.insert(between, 2, 0, axis=0), 2, 0, axis=1)  # a cell without rows
    assert len(np.unique(joined_by_links(empty, 2)[[0, 1, 3, 4]])) == 2


def test_links_are_counted_from_both_ends():
    np.testing.assert_array_equal(links(np.array([0, 0, 1]), np.array([[1], [2], [1]]), 2), [[2, 2], [2, 0]])


def test_votes_mend_single_rows(moons):
    x, labels = moons
    wrong = np.random.default_rng(0).random(400) < 0.1
    r = np.eye(2)[np.where(wrong, 1 - labels, labels)]
    found = voted(r, nearest(x))
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-6)
    assert np.mean(found.argmax(axis=1) == labels) > 0.99


def test_one_turn_of_votes_is_a_share_times_what_is_above():
    r = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]])
    graph, above = np.array([[1], [0], [3], [1]]), np.array([[0.5, 0.5]] * 3 + [[0.4, 0.6]])
    # Rows 0 and 1 name each other, so each has two votes of the other; 3 names 1, and 2 names 3.
    votes = r + np.array([[2, 0], [2, 1], [0, 1], [1, 1]])
    np.testing.assert_allclose(voted(r, graph), votes / votes.sum(axis=1, keepdims=True), rtol=1e-6)
    told = votes * above
    np.testing.assert_allclose(voted(r, graph, above), told / told.sum(axis=1, keepdims=True), rtol=1e-6)


def test_new_rows_are_looked_up(moons):
    x, labels = moons
    voters = Voters(x[::2], labels[::2])
    found = voters.vote(x[1::2], np.full((200, 2), 0.5), 5)
    assert np.mean(found.argmax(axis=1) == labels[1::2]) > 0.99
    order = np.argsort(cdist(x[1:2], x[::2])[0])[:5]
    np.testing.assert_allclose(found[0], (np.bincount(labels[::2][order], minlength=2) + 0.5) / 6)
    told = voters.vote(x[1:2], np.full((1, 2), 0.5), 5, np.array([[0.0, 1.0]]))
    np.testing.assert_array_equal(told, [[0.0, 1.0]])
