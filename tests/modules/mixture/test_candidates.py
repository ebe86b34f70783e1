import numpy as np
import pytest

from kvae.modules.mixture import fit as module
from kvae.modules.mixture import fit_mixture
from kvae.modules.mixture.candidates import Candidate, best_first, distinct, finalists
from kvae.modules.mixture.em import Solution
from kvae.modules.mixture.matching import agreement

LABELS = np.arange(300) % 3


def candidate(kind, labels=LABELS, modularity=0.5, score=-1.0):
    return Candidate(kind, Solution(None, None, score, score, 1), np.asarray(labels), modularity)


def test_agreement_is_the_share_of_rows_under_the_best_matching():
    other = (LABELS + 1) % 3
    other[:30] = LABELS[:30]
    assert agreement(LABELS, other, 3) == pytest.approx(0.9)
    assert agreement(LABELS, np.zeros(300, int), 3) == pytest.approx(1 / 3)


def test_candidates_of_the_same_classes_are_one_and_the_first_stays():
    nearly = (LABELS + 1) % 3
    nearly[:3] = 0
    apart = LABELS.copy()
    apart[:30] = 0
    ones = [candidate("a"), candidate("b", nearly), candidate("c", apart), candidate("d", apart)]
    assert [one.kind for one in distinct(ones, 3)] == ["a", "c"]


def test_few_go_on_and_the_classes_of_before_always():
    ones = [
        candidate("previous", modularity=0.1),
        *(
            candidate(kind, modularity=quality)
            for kind, quality in zip("abcd", (0.5, 0.495, 0.48, 0.4), strict=True)
        ),
    ]
    assert [one.kind for one in finalists(ones, "modularity", kept="previous")] == ["previous", "a", "b"]
    assert [one.kind for one in finalists(ones[1:], "modularity", kept="previous")] == ["a", "b"]
    assert [one.kind for one in finalists(ones[1:], "score", kept="previous")] == ["a", "b", "c"]


def test_the_best_come_first_by_what_was_asked_for():
    ones = [candidate("a", modularity=0.3, score=-1.0), candidate("b", modularity=0.4, score=-2.0)]
    assert [one.kind for one in best_first(ones, "modularity")] == ["b", "a"]
    assert [one.kind for one in best_first(ones, "score")] == ["a", "b"]
    assert [one.kind for one in best_first(ones, "modularity", kept="a")] == ["a", "b"]


def test_a_partition_that_many_starts_lead_to_is_run_once(monkeypatch):
    runs = []
    em = module.run_em
    monkeypatch.setattr(module, "run_em", lambda rows, r, *rest: runs.append(len(rows)) or em(rows, r, *rest))
    rng = np.random.default_rng(0)
    labels = np.arange(10_500) % 3
    z = 8 * np.eye(3)[labels] + rng.normal(size=(10_500, 3))
    fit = fit_mixture(z, 3, n_starts=6, selection="modularity")
    assert len(fit.scores) == 1
    assert runs.count(10_500) == 1
    assert runs.count(10_000) == 7  # six at first, of which one goes on
    assert agreement(labels, fit.r.argmax(axis=1), 3) > 0.999
