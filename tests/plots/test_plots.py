import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

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


@pytest.mark.parametrize("columns", [4, 30, 300])
def test_columns_in_units_of_their_own_can_all_be_read(columns):
    x = rng.normal(size=(10, columns)) * np.geomspace(1e-3, 1e6, columns)
    figures = plots.reconstructions(x, x, range(10)), plots.samples(x, 0, 1, x), plots.components(x, np.arange(10))
    for figure in figures:
        assert drawn(figure)
        low, high = figure.axes[0].get_ylim()
        assert columns > 4 or high - low < 0.1  # the first column's own scale
    assert columns != 300 or figures[0].axes[-1].get_ylabel() == "value / range of the column"


def test_vectors_of_one_unit_keep_their_values():
    x = rng.random((10, 300))
    figure = plots.reconstructions(x, x / 2, range(10))
    maps = [axis.images[0].get_array() for axis in figure.axes[:2]]
    np.testing.assert_array_equal(maps[0], x)
    np.testing.assert_array_equal(maps[1], x / 2)
    assert figure.axes[-1].get_ylabel() == "value"


def test_groups_of_points_are_named_in_the_map():
    z = rng.normal(size=(40, 2))
    figure = plots.latent_map(z, np.array(["a", "b"] * 20))
    assert {text.get_text() for text in figure.axes[0].texts} == {"a", "b"}
    many = plots.latent_map(z, np.array([f"c{i}" for i in range(40)]))
    assert "40 labels, too many to colour" in many.axes[0].get_title()


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
    columns = plots.components(np.zeros((3, 5)), np.arange(3))
    assert [axis.get_title() for axis in columns.axes[:5]] == [f"column {i}" for i in range(5)]
    assert [text.get_text() for text in columns.axes[0].get_xticklabels()] == [
        "0: 0 rows",
        "1: 1 rows",
        "2: 2 rows",
    ]
    rounds = plots.rounds([{"round": r, "accuracy": 0.5, "nmi": 0.4, "ari": 0.3} for r in (1, 2)])
    assert [line.get_label() for line in rounds.axes[0].lines] == ["accuracy", "nmi", "ari"]
    confusion = plots.confusion(np.array([1, 1, 0, 2]), np.array(["a", "a", "b", "b"]))
    assert [text.get_text() for text in confusion.axes[0].get_xticklabels()] == ["1", "0", "2"]


def test_figures_are_not_kept_once_they_are_drawn():
    before = plt.get_fignums()
    plots.loss_curve([{"iteration": 1, "loss": 1.0, "reconstruction": 1.0, "kl": 0.0}])
    assert plt.get_fignums() == before


@pytest.mark.parametrize("shape", [(4, 4, 1), (3,), (300,)])
@pytest.mark.parametrize("n", [1, 4])
def test_traversals_and_generated_observations(shape, n):
    decoded = rng.random((n, 7, *shape))
    assert drawn(plots.traversal(decoded, np.arange(n), np.arange(-3.0, 4.0)))
    assert drawn(plots.generated(decoded[0], 0.0, 1.0, "title"))
    sheet = plots.generated(decoded[0], 0.0, 1.0, "title", rng.random((2, *shape)), ("row 3", "row 8"))
    texts = " ".join(text.get_text() for text in sheet.findobj(Text))
    assert drawn(sheet) and "row 3" in texts and "row 8" in texts
    assert drawn(plots.generated(decoded[0], 0.0, 1.0, "title", decoded[0, :2], ("row 3", "row 8"), ordered=True))


@pytest.mark.parametrize("latent_dim", [1, 8, 200])
def test_kl_per_dimension_is_sorted(latent_dim):
    kl = rng.random(latent_dim)
    figure = plots.kl_per_dim(kl, kl > 0.5)
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    np.testing.assert_array_equal(heights, np.sort(kl)[::-1])
    assert drawn(figure) and figure.axes[0].get_title().startswith(f"{np.sum(kl > 0.5)} of {latent_dim} ")


@pytest.mark.parametrize("truth", [None, np.arange(50) < 5, np.zeros(50, bool)])
def test_a_histogram_shows_the_threshold(truth):
    known, scores = rng.normal(size=200), rng.normal(size=50)
    scores[0] = 1e6  # what lies far off does not press the rest flat
    figure = plots.score_histogram(scores, 1.5, truth, ("learning rows", known))
    assert drawn(figure) and figure.axes[0].get_xlim()[1] < 10
    assert any(line.get_xdata()[0] == 1.5 for line in figure.axes[0].lines)
    names = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert "learning rows (200)" in names
    alone = plots.score_histogram(scores, 1.5, truth)
    assert names[1:] == [text.get_text() for text in alone.axes[0].get_legend().get_texts()]
    assert drawn(plots.score_histogram(np.ones(2), 1.0, others=("held-out rows", np.ones(3))))


@pytest.mark.parametrize("shape", [(4, 4, 1), (3,), (20,), (60,)])
def test_anomalies_have_their_row_and_score(shape):
    x = rng.random((4, *shape))
    figure = plots.anomalies(x, x, [5, 9, 2, 7], np.arange(4.0))
    texts = " ".join(text.get_text() for text in figure.findobj(Text))
    assert drawn(figure)
    assert "9\n1.0 nats" in texts or "9 (1.0 nats)" in texts or "0.0 nats, the highest, to 3.0" in texts


def test_images_are_drawn_as_they_are_and_ink_is_dark():
    x = np.stack([np.zeros((2, 2, 1)), np.ones((2, 2, 1))])

    def grey_of(value):
        (image,) = plots.samples(x, 0.0, 1.0).axes[0].images
        return image.cmap(image.norm(image.get_array()))[0, 3 * value, 0]  # images of two pixels, and one between

    assert (grey_of(0), grey_of(1)) == (0.0, 1.0)
    with plots.ink(True):
        assert (grey_of(0), grey_of(1)) == (1.0, 0.0)
    assert grey_of(0) == 0.0


@pytest.mark.parametrize("d", [3, 20, 41])
def test_columns_are_called_by_their_names(d):
    rng = np.random.default_rng(0)
    x, names = rng.normal(size=(10, d)), [f"$height_{i} (mm)" for i in range(d)]
    figures = [
        plots.reconstructions(x, x + 0.1, list(range(10)), names),
        plots.anomalies(x, x + 0.1, list(range(10)), np.arange(10.0), names),
        plots.samples(x, 0.0, 1.0, x, names),
        plots.generated(x, 0.0, 1.0, "title", columns=names),
        plots.traversal(rng.normal(size=(4, 7, d)), np.arange(4), np.arange(-3.0, 4.0), names),
        plots.components(x, np.ones(10, int), names),
    ]
    for figure in figures:
        axes = figure.axes[0]
        shown = {one.get_title() for one in figure.axes} | {one.get_text() for one in axes.get_xticklabels()}
        if d <= 40:
            assert {name[:16] for name in names} <= {text[:16].rstrip("…") for text in shown}
        else:
            assert {name[:15] for name in names[::2]} <= {text[:15] for text in shown}
            assert any(one.get_xlabel() == "41 columns, of which one in 2 is named" for one in figure.axes)
        assert not any("column " in one.get_title() for one in figure.axes)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.2, 0.8, (0, 1)),
        (-0.1, 1.1, (0, 1)),
        (3, 200, (0, 255)),
        (0, 60, (0, 60)),
        (-1, 1, (-1, 1)),
        (0, 900, (0, 900)),
    ],
)
def test_colours_are_shown_as_they_are_and_grey_is_stretched(low, high, expected):
    image = np.linspace(low, high, 2 * 2 * 3).reshape(1, 2, 2, 3)
    bottom, top = expected
    for figure in (plots.samples(image, low, high), plots.components(image, np.ones(1, int))):
        drawn = figure.axes[0].images[0].get_array()[:2, :2].reshape(-1)
        np.testing.assert_allclose(drawn, np.clip((image.ravel() - bottom) / (top - bottom), 0, 1), atol=1e-6)
    grey = plots.samples(image[..., :1], low, image[..., 0].max()).axes[0].images[0].get_array()
    assert grey.min() == pytest.approx(0.0, abs=1e-6) and grey.max() == pytest.approx(1.0)


def test_anomalous_images_are_named_by_both_ends_of_their_files():
    x = rng.random((2, 4, 4, 1))
    figure = plots.anomalies(x, x, ["a/b/photo_of_0001.png", "b.png"], np.arange(2.0))
    names = [text.get_text() for text in figure.axes[0].texts]
    assert names == ["photo…0001.png\n0.0 nats", "b.png\n1.0 nats"]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sheet_has_every_image_at_its_place_and_nothing_where_there_is_none(channels):
    x = np.arange(1, 13).reshape(12, 1, 1, 1) / 12 * np.ones((4, 5, channels))
    figure = plots.samples(x, 0.0, 1.0)
    sheet = np.ma.filled(figure.axes[0].images[0].get_array(), np.nan).reshape(9, 59, channels)
    for i, image in enumerate(x):
        top, left = 5 * (i // 10), 6 * (i % 10)
        np.testing.assert_allclose(sheet[top : top + 4, left : left + 5], image, rtol=1e-6)
    nothing = sheet[5:, 12:]
    assert np.all(np.isnan(nothing) if channels == 1 else nothing == 1.0)
    pairs = plots.reconstructions(x, x[::-1], range(10)).axes[0]
    at = dict(zip([text.get_text() for text in pairs.get_yticklabels()], pairs.get_yticks(), strict=True))
    assert at == {"original": 1.5, "reconstruction": 6.5}


def test_what_agents_recall_is_drawn_of_images_and_of_vectors():
    sizes = np.array([[10, 20, 30], [11, 19, 30]])
    images = [np.random.default_rng(a).random((3, 4, 4, 1)) for a in range(2)]
    fig = plots.recalled(images, ["gmm_a", "gmm_b"], sizes)
    assert [axis.get_title() for axis in fig.axes] == ["0: 10", "1: 20", "2: 30", "0: 11", "1: 19", "2: 30"]
    assert [fig.axes[i].get_ylabel() for i in (0, 3)] == ["gmm_a", "gmm_b"]
    vectors = [image.reshape(3, -1) for image in images]
    fig = plots.recalled(vectors, ["gmm_a", "gmm_b"], sizes)
    np.testing.assert_array_equal(fig.axes[1].images[0].get_array(), vectors[1])


def test_agreement_of_agents_is_drawn_by_round_without_acceptance_where_nothing_was_proposed():
    rows = [{"round": n, "kappa": 0.5 + n / 10, "kappa_alone": 0.4} for n in (1, 2)]
    lines = plots.naming(rows).axes[0].lines
    np.testing.assert_array_equal(lines[0].get_xydata(), [[1, 0.6], [2, 0.7]])
    assert len(lines[2].get_xdata()) == 0


def test_accuracy_of_every_module_is_drawn_by_round_and_equal_ones_stay_visible():
    rows = [{"round": 1.0, "accuracy": 0.5}, {"round": 2.0, "accuracy": 1.0}]
    figure = plots.accuracy({"gmm1": rows, "mlda1": [rows[0] | {"accuracy": 0.7}, rows[1]], "late": rows[1:]})
    assert drawn(figure)
    lines = figure.axes[0].get_lines()
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["gmm1", "mlda1", "late"]
    assert [list(line.get_ydata()) for line in lines] == [[0.5, 1.0], [0.7, 1.0], [1.0]]
    assert [list(line.get_xdata()) for line in lines][2] == [2.0]
    assert len({(line.get_color(), line.get_marker()) for line in lines}) == 3
    assert lines[0].get_markersize() > lines[1].get_markersize()  # the one below is seen around the one above
