import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from kvae import plots

rng = np.random.default_rng(0)


def drawn(figure):
    """Whether a figure draws without an error or a warning."""
    assert isinstance(figure, Figure)
    figure.canvas.draw()
    return True


@pytest.mark.parametrize("shape", [(8, 8, 1), (5, 4, 3), (64,), (3,), (6, 5, 2)])
@pytest.mark.parametrize("n", [1, 3, 10])
def test_reconstructions_and_samples(shape, n):
    x = rng.random((n, *shape))
    assert drawn(plots.reconstructions(x, x, list(range(n))))
    assert drawn(plots.samples(x, 0.0, 1.0))


@pytest.mark.parametrize("latent_dim", [1, 2, 5])
@pytest.mark.parametrize(
    "labels",
    [None, np.array(["a", "b"] * 20), np.arange(40) % 10, np.arange(40), np.array([f"c{i}" for i in range(40)])],
    ids=["none", "text", "ten", "many numbers", "many texts"],
)
def test_latent_map(latent_dim, labels):
    assert drawn(plots.latent_map(rng.normal(size=(40, latent_dim)), labels))


@pytest.mark.parametrize("n", [1, 2])
def test_latent_map_of_few_rows(n):
    assert drawn(plots.latent_map(rng.normal(size=(n, 5)), None))


def test_the_plane_is_that_of_the_largest_variance():
    z = rng.normal(size=(500, 3)) * [0.1, 3.0, 1.0]
    points, names = plots.in_the_plane(z)
    np.testing.assert_allclose(points.var(0), np.linalg.eigvalsh(np.cov(z.T, bias=True))[:0:-1], rtol=1e-6)
    assert "% of the variance" in names[0]


@pytest.mark.parametrize("n", [1, 100])
@pytest.mark.parametrize("held_out", [True, False])
def test_loss_curve(n, held_out):
    names = ["loss", "reconstruction", "kl"]
    names += [f"val_{name}" for name in names] if held_out else []
    rows = [{"iteration": i + 1, **dict.fromkeys(names, 100.0 / (i + 1))} for i in range(n)]
    assert drawn(plots.loss_curve(rows))


def test_pictures_of_a_mixture_show_what_they_name():
    import numpy as np

    from kvae import plots

    images = plots.components(np.random.default_rng(0).random((7, 4, 4, 1)), np.arange(7))
    assert images.axes[6].get_title() == "6: 6 rows"
    lines = plots.components(np.zeros((3, 5)), np.arange(3))
    assert len(lines.axes[0].lines) == 3
    rounds = plots.rounds([{"round": r, "accuracy": 0.5, "nmi": 0.4, "ari": 0.3} for r in (1, 2)])
    assert [line.get_label() for line in rounds.axes[0].lines] == ["accuracy", "nmi", "ari"]
    confusion = plots.confusion(np.array([1, 1, 0, 2]), np.array(["a", "a", "b", "b"]))
    assert [text.get_text() for text in confusion.axes[0].get_xticklabels()] == ["1", "0", "2"]


def test_figures_are_not_kept_once_they_are_drawn():
    before = plt.get_fignums()
    plots.loss_curve([{"iteration": 1, "loss": 1.0, "reconstruction": 1.0, "kl": 0.0}])
    assert plt.get_fignums() == before
