"""Modules that learn again from other rows: the numbers of their classes keep their meaning."""

import numpy as np
import pytest

import kvae.modules as srk

LABELS = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], 60))
POINTS = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])[LABELS] + np.random.default_rng(1).normal(size=(180, 2))
WORDS = np.random.default_rng(2).multinomial(40, (np.eye(3) * 0.7 + 0.1)[LABELS])
GMM = (lambda: srk.GMM(3), POINTS, lambda module: module.r)
MLDA = (lambda: srk.MLDA(3, n_starts=3), WORDS, lambda module: module.p)


@pytest.mark.parametrize(("make", "data", "classes"), [GMM, MLDA], ids=["gmm", "mlda"])
@pytest.mark.parametrize("rows", [slice(0, 120), slice(0, 180), slice(90, 180)], ids=["more", "all", "others"])
def test_classes_keep_their_numbers(make, data, classes, rows):
    for seed in range(3):
        module = make()
        module.seed = seed
        module.connect(srk.Observation(data[:90].astype(float)))
        module.update(write=False)
        number = [np.bincount(classes(module).argmax(1)[LABELS[:90] == k]).argmax() for k in range(3)]
        assert sorted(number) == [0, 1, 2]
        module.connect(srk.Observation(data[rows].astype(float)))
        assert classes(module) is None
        module.update(write=False)
        assert np.mean(classes(module).argmax(1) == np.array(number)[LABELS[rows]]) > 0.95


def test_words_of_another_vocabulary_are_learnt_anew():
    mlda = srk.MLDA(3, n_starts=3)
    mlda.connect(srk.Observation(WORDS.astype(float)))
    mlda.update(write=False)
    mlda.connect(srk.Observation(np.hstack([WORDS, WORDS])[:100].astype(float)))
    mlda.update(write=False)
    assert mlda.p.shape == (100, 3) and [words.shape for words in mlda.topics.words] == [(3, 6)]


def test_codes_of_another_width_are_learnt_anew():
    gmm = srk.GMM(3)
    gmm.connect(srk.Observation(POINTS))
    gmm.update(write=False)
    gmm.connect(srk.Observation(np.hstack([POINTS, POINTS])[:100]))
    gmm.update(write=False)
    assert gmm.r.shape == (100, 3)
