"""Pictures of tables of mixed kinds."""

import numpy as np
import pytest
from mixed_table import mixed_columns, mixed_rows

from kvae import plots
from kvae.metrics.calibration import Ranks, Reliability
from kvae.plots.mixed import edges_for, shown_categories
from kvae.table import Column

X, COLUMNS = mixed_rows(200), mixed_columns().columns
STREET = Column("street", "categorical", {"name": "categorical"}, None, 40)
AMOUNT = Column("amount_of_money_in_$_a_year_before_taxes", "positive", {"name": "gamma"})


def drawn(figure):
    figure.canvas.draw()
    return figure


def titles(figure):
    return [axis.get_title() for axis in figure.axes if axis.get_title()]


def test_a_panel_per_column():
    x_hat = np.where(np.isnan(X), 1.0, X)
    for figure in (plots.table_reconstructions(X, x_hat, COLUMNS), plots.table_samples(X, X[:50], COLUMNS)):
        assert titles(drawn(figure)) == [column.name for column in COLUMNS]
    many = plots.table_samples(np.zeros((5, 30)), np.zeros((5, 30)), [AMOUNT] * 30)
    assert len(titles(many)) == 24 and titles(many)[0] == "amount_of_money_in_$_a_year…"


def test_the_bars_of_categories_are_their_shares():
    figure = plots.table_samples(X, X[X[:, 4] == 1], COLUMNS)
    widths = [bar.get_width() for bar in figure.axes[4].patches]
    np.testing.assert_allclose(widths, [np.mean(X[:, 4] == 0), np.mean(X[:, 4] == 1), 0, 1])


def test_of_a_box_the_share_of_rows_that_tick_it_is_shown():
    box = Column("news", "categorical", {"name": "categorical"}, ("x",), 1, missing="learn")
    ticked = np.where(np.arange(40)[:, None] % 4 == 0, 0.0, np.nan)
    figure = drawn(plots.table_samples(ticked, np.repeat(ticked, 2, axis=0)[:6], [box]))
    np.testing.assert_allclose([bar.get_width() for bar in figure.axes[0].patches], [0.25, 2 / 6])


def test_the_share_of_rows_whose_category_comes_back():
    x_hat = X.copy()
    x_hat[:, 4] = 1
    widths = [bar.get_width() for bar in plots.table_reconstructions(X, x_hat, COLUMNS).axes[4].patches]
    np.testing.assert_allclose(widths, [np.mean(X[:, 4] == 0), np.mean(X[:, 4] == 1), 0, 1])


def test_categories_that_share_a_bar_and_that_no_row_has_come_back_never():
    x = np.arange(30)[:, None] % 3.0
    axis = plots.table_reconstructions(x, x, [STREET]).axes[0]
    n = len(axis.get_yticks())
    assert [bar.get_width() for bar in axis.patches[n:]] == [1.0] * 3 + [0.0] * (n - 3)


def test_columns_without_values_with_one_value_and_with_many_categories():
    columns = (AMOUNT, Column("flat", "continuous", {"name": "gaussian"}), STREET)
    x = np.stack([np.full(100, np.nan), np.full(100, 7.25), np.arange(100) % 40], axis=1)
    assert drawn(plots.table_reconstructions(x, x, columns)) and drawn(plots.table_samples(x, x, columns))
    shares = np.array([0.02, 0.3] + [0.68 / 38] * 38)
    chosen, names = shown_categories(shares, STREET)
    assert chosen.tolist() == list(range(9)) and names[-1] == "(others)" and len(names) == 10


def test_very_many_other_categories_leave_the_bars_of_the_named_ones_visible():
    users = Column("user", "categorical", {"name": "large_categorical"}, None, 1000)
    x = np.concatenate([np.zeros(30), np.ones(20), np.arange(950)])[:, None]
    few = np.concatenate([np.zeros(24), np.arange(76)])[:, None]
    axis = drawn(plots.table_samples(x, x, [users])).axes[0]
    assert axis.get_xlim() == (0, pytest.approx(1.2 * 0.031))
    assert [text.get_text() for text in axis.texts] == ["94% 94%"]
    axis = drawn(plots.table_samples(few, few, [users])).axes[0]
    assert axis.get_xlim()[1] >= 0.67 and not axis.texts


@pytest.mark.parametrize(
    ("values", "first", "is_log"),
    [
        ([0, 1, 2, 3], [-0.5, 0.5, 1.5, 2.5, 3.5], False),
        (np.geomspace(1, 1e4, 500) + 0.1, None, True),
        (np.arange(1000), None, False),
        ([2.5, 2.5], None, False),
    ],
)
def test_edges_of_bins(values, first, is_log):
    edges, log = edges_for(np.array(values, np.float32))
    assert log is is_log and np.all(np.diff(edges) > 0)
    assert first is None or edges.tolist() == first
    if len(values) == 1000:  # whole numbers: as many values in each bin
        assert np.all(np.diff(edges) == np.diff(edges)[0]) and np.diff(edges)[0] == int(np.diff(edges)[0])


def test_numbers_are_worded_along_the_axis():
    year = [lambda values: [f"year {value:.0f}" for value in values], *[None] * 6]
    axis = drawn(plots.table_samples(X, X, COLUMNS, year)).axes[0]
    assert all(label.get_text().startswith("year ") for label in axis.get_xticklabels())
    axis = drawn(plots.table_reconstructions(X, X, COLUMNS, year)).axes[0]
    labels = [*axis.get_xticklabels(), *axis.get_yticklabels()]
    assert labels and all(label.get_text().startswith("year ") for label in labels)
    steps = np.arange(-1.0, 2.0)
    means = np.tile(40 + 30 * steps[None, :, None], (1, 1, 7))
    figure = drawn(plots.table_traversal(means, {}, np.array([0]), steps, COLUMNS, year))
    labels = figure.axes[titles(figure).index("age")].get_yticklabels()
    assert labels and all(label.get_text().startswith("year ") for label in labels)


def test_calibration_is_shown_of_columns_that_have_values():
    rng = np.random.default_rng(0)
    ranks, reliability = Ranks(), Reliability()
    ranks.add(rng.random(500), np.zeros(500), rng)
    reliability.add(np.tile([0.3, 0.7], (100, 1)), np.ones(100))
    assert titles(drawn(plots.calibration_numbers({"age": ranks, "gone": Ranks()}))) == ["age"]
    assert titles(drawn(plots.calibration_categories({"sex": reliability}))) == ["sex"]
    assert plots.calibration_numbers({}) is None and plots.calibration_categories({"a": Reliability()}) is None


def test_a_cluster_is_shown_by_the_columns_that_set_it_apart():
    apart = np.array([0.1, 0.0, 2.0, 0.0, 0.3, 0.0, 0.0])
    figure = drawn(plots.cluster("cluster 3: 50 rows", X[:50], X, apart, COLUMNS))
    assert titles(figure)[:3] == ["2.00 nats: income", "0.30 nats: sex", "0.10 nats: age"]


def test_a_traversal_shows_the_columns_that_change_the_most():
    steps, dimensions = np.arange(-3.0, 4.0), np.array([4, 0])
    means = np.zeros((2, 7, 9)) + np.linspace(0, 1, 9)
    means[0, :, 2] += steps
    sex = np.full((2, 7, 2), 0.5)
    sex[1, :, 0], sex[1, :, 1] = np.linspace(0, 1, 7), np.linspace(1, 0, 7)
    columns = [*COLUMNS, STREET, AMOUNT]
    street = np.full((2, 7, 40), 1 / 40)
    figure = drawn(plots.table_traversal(means, {4: sex, 7: street}, dimensions, steps, columns))
    assert len(figure.axes) == 2 * 8 and {"income", "sex"} <= set(titles(figure))
    assert [axis.get_ylabel() for axis in figure.axes if axis.get_ylabel()] == ["dim 4", "dim 0"]
    shown = figure.axes[titles(figure).index("income")].lines[0].get_ydata()
    np.testing.assert_allclose(shown, means[0, :, 2])


def test_numbers_alone_have_no_legend_of_bars():
    numbers = [column for column in COLUMNS if column.is_number]
    places = [place for place, column in enumerate(COLUMNS) if column.is_number]
    assert plots.table_reconstructions(X, X, COLUMNS).legends
    assert not plots.table_reconstructions(X[:, places], X[:, places], numbers).legends
