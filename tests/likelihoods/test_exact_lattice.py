"""Stages for coding say what training says, and the same for one row as for many."""

import numpy as np
import pytest
from likelihoods.test_staged_mixture import KINDS, made

from kvae.exact.array import Exact

EACH = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind[0]}levels")


def given(kind):
    likelihood, params, x = made(*kind, scale=0.2)  # no probability below what masses tell from 0
    params = np.rint(params * 2**14) / 2**14  # as exact decoders give them
    return likelihood, params, np.rint(x * (kind[0] - 1)).astype(np.int32)


def masses_of(stage, params, levels):
    components, masses = stage.mixtures(Exact(params), levels)
    return components if masses is None else components @ masses


@EACH
def test_masses_are_the_probabilities_that_are_learnt(kind):
    likelihood, params, levels = given(kind)
    log_p = np.asarray(likelihood.log_density(levels / (kind[0] - 1), params)).reshape(len(levels), -1)
    found = np.full(log_p.shape, np.nan)
    for stage in likelihood.coding_stages():
        masses = masses_of(stage, params, levels)
        assert (masses == np.rint(masses)).all() and masses.sum(axis=-1).max() <= 2.0**53
        chosen = np.take_along_axis(masses, levels.reshape(len(levels), -1)[:, stage.places, None], axis=-1)[
            ..., 0
        ]
        found[:, stage.places] = np.log(chosen / masses.sum(axis=-1))
    np.testing.assert_allclose(found, log_p, atol=2e-3)


@EACH
def test_rows_alone_and_later_pixels_change_nothing(kind):
    likelihood, params, levels = given(kind)
    for stage in likelihood.coding_stages():
        together = masses_of(stage, params, levels)
        for row in range(len(levels)):
            alone = masses_of(stage, params[row : row + 1], levels[row : row + 1])
            np.testing.assert_array_equal(alone[0], together[row])
        other = levels.copy()
        later = [it.places for it in likelihood.coding_stages()[stage.number :]]
        other.reshape(len(levels), -1)[:, np.concatenate(later)] = 0
        np.testing.assert_array_equal(masses_of(stage, params, other), together)


def test_stages_share_all_pixels_out():
    for kind in KINDS:
        likelihood, _, levels = given(kind)
        places = np.concatenate([stage.places for stage in likelihood.coding_stages()])
        np.testing.assert_array_equal(np.sort(places), np.arange(levels[0].size))
