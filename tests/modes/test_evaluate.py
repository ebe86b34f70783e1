"""The codes of a traversal."""

from types import SimpleNamespace

import numpy as np
import pytest

from kvae import plots
from kvae.data import InputSpec, Scaling
from kvae.metrics import Spread
from kvae.modes import evaluate


@pytest.fixture
def encoded():
    """What is known of codes in four dimensions, of which the second holds nothing."""
    return SimpleNamespace(
        spread=SimpleNamespace(mean=np.array([1.0, 2.0, 3.0, 4.0])),
        sd=np.array([0.5, 1.0, 2.0, 3.0]),
        kl_per_dim=np.array([0.3, 0.9, 2.0, 1.0]),
        variance_per_dim=np.array([0.2, 0.0, 3.0, 8.0]),
        z_mean=np.zeros((3, 4)),
        rows=np.arange(3),
    )


def test_a_traversal_moves_one_dimension_by_its_own_deviation_and_leaves_the_others_at_their_mean(encoded):
    codes = evaluate.traversed(encoded, np.array([2, 0])).reshape(2, 7, 4)
    assert codes.dtype == np.float32
    steps = np.arange(-3.0, 4.0)
    np.testing.assert_array_equal(codes[0, :, 2], 3.0 + 2.0 * steps)
    np.testing.assert_array_equal(codes[0][:, [0, 1, 3]], np.tile([1.0, 2.0, 4.0], (7, 1)))
    np.testing.assert_array_equal(codes[1, :, 0], 1.0 + 0.5 * steps)
    np.testing.assert_array_equal(codes[1][:, 1:], np.tile([2.0, 3.0, 4.0], (7, 1)))


def test_active_dimensions_are_shown_by_their_kl_in_the_data_s_own_units(encoded, monkeypatch):
    shown = {}
    monkeypatch.setattr(plots, "kl_per_dim", lambda *arguments: None)
    monkeypatch.setattr(plots, "latent_map", lambda *arguments: None)
    monkeypatch.setattr(plots, "traversal", lambda decoded, dimensions, steps, columns: shown.update(locals()))
    learnt = SimpleNamespace(
        vae=SimpleNamespace(decode=lambda z: z[:, :2], likelihood=SimpleNamespace(given=())),
        spec=InputSpec((2,), Scaling("divisor", 0.0, 10.0), "none", ("a", "b")),
    )
    chosen = SimpleNamespace(part=SimpleNamespace(labels=None))
    folder = SimpleNamespace(vae=SimpleNamespace(write_figure=lambda name, draw, *shown: draw(*shown)))
    evaluate.draw(learnt, chosen, encoded, folder)
    assert shown["dimensions"].tolist() == [2, 3, 0]
    assert shown["decoded"].shape == (3, 7, 2) and shown["columns"] == ("a", "b")
    np.testing.assert_array_equal(shown["decoded"][2, :, 0], 10.0 * (1.0 + 0.5 * shown["steps"]))


def test_the_mean_of_pieces_is_that_of_all():
    z = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32)
    spread = Spread()
    spread.add(z[:4])
    spread.add(z[4:])
    np.testing.assert_allclose(spread.mean, z.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(spread.square / spread.n, z.var(axis=0), rtol=1e-4)
