import numpy as np
import pytest

from kvae.uses.cells import Usual


def test_within_what_is_known_it_is_the_share_of_rows():
    rng = np.random.default_rng(0)
    known = rng.exponential(size=(999, 2))
    known[:500, 1] = np.nan
    usual = Usual.of(known)
    np.testing.assert_allclose(usual.typical(), np.nanmedian(known, axis=0))
    at = np.array([[0.3, 0.3], [1.0, np.nan], [2.0, 0.1]])
    below, surprise = usual.share_below(at), usual.surprise(at)
    assert np.isnan(below[1, 1]) and np.isnan(surprise[1, 1])
    for j in range(2):
        column = known[~np.isnan(known[:, j]), j]
        for i in (0, 2):
            assert below[i, j] == np.mean(column < at[i, j])
            assert surprise[i, j] == pytest.approx(-np.log((1 + np.sum(column >= at[i, j])) / (1 + len(column))))


def test_beyond_what_is_known_it_goes_on_as_the_tail_does():
    """-log p of a model that is right falls off by a nat per nat, and so does what is said of it."""
    rng = np.random.default_rng(0)
    known = rng.exponential(size=(20_000, 1))
    usual = Usual.of(np.concatenate([known, 3 * known], axis=1))
    far = np.array([[20.0, 60.0]])
    np.testing.assert_allclose(usual.surprise(far), [[20, 20]], rtol=0.08)
    ordered = usual.surprise(np.linspace(0, 30, 400)[:, None].repeat(2, 1))
    assert (np.diff(ordered, axis=0) > -0.02).all()


def test_columns_that_are_always_foretold_do_not_cry_wolf():
    usual = Usual.of(np.full((100, 1), 1e-6))
    assert usual.surprise(np.array([[0.01]]))[0, 0] < 3.1
    assert usual.surprise(np.array([[10.0]]))[0, 0] == pytest.approx(-np.log(0.05) + 10, abs=0.01)


def test_rare_categories_are_as_surprising_as_they_are_rare():
    """A column that nothing foretells: 97 % one category, 3 % another."""
    scores = np.repeat([-np.log(0.97), -np.log(0.03)], [970, 30])
    usual = Usual.of(scores[:, None])
    rare = usual.surprise(np.array([[-np.log(0.03)]]))[0, 0]
    assert rare == pytest.approx(-np.log(0.03), abs=0.05)


def test_a_column_without_scores_is_taken_at_its_word():
    usual = Usual.of(np.full((5, 1), np.nan))
    assert usual.surprise(np.array([[4.0], [-1.0]])).tolist() == [[4.0], [0.0]]
    assert np.isnan(usual.typical()[0]) and usual.share_below(np.array([[4.0]])).tolist() == [[0.0]]
