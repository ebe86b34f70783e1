import numpy as np
import pytest

from kvae import plots
from kvae.plots.table_cells import MOST_COLUMNS, MOST_ROWS


def texts(axis):
    return [text.get_text() for text in axis.texts]


def test_the_columns_with_the_most_surprising_cells_are_shown_with_their_values():
    rng = np.random.default_rng(0)
    surprise = rng.uniform(0, 2, (20, 30))
    surprise[3, 28], surprise[0, 1], surprise[19, 29] = 9.0, np.nan, 9.0  # the last row is not shown
    values = [[f"{i}/{j}" for j in range(30)] for i in range(20)]
    names = [f"column {j}" for j in range(30)]
    fig = plots.cells(surprise, values, [f"id{i}" for i in range(20)], names)
    axis = fig.axes[0]
    shown = [label.get_text() for label in axis.get_xticklabels()]
    assert len(shown) == MOST_COLUMNS and "column 28" in shown and shown == sorted(shown, key=names.index)
    assert [label.get_text() for label in axis.get_yticklabels()] == [f"id{i}" for i in range(MOST_ROWS)]
    assert "3/28" in texts(axis) and len(axis.texts) == MOST_ROWS * MOST_COLUMNS
    np.testing.assert_array_equal(axis.images[0].get_array()[3, shown.index("column 28")], 9.0)


def test_one_row_of_one_column_and_signs_of_formulas_are_drawn():
    fig = plots.cells(np.array([[np.nan]]), [["$5_000$"]], [7], ["$"])
    fig.canvas.draw()
    assert texts(fig.axes[0]) == ["$5_000$"]


@pytest.mark.parametrize("n", [2, 50])
def test_pair_trends_have_shapes_in_the_diagonal(n):
    found = np.random.default_rng(0).uniform(0.5, 1, (n, n))
    found[:, 1] = found[1] = 0.3
    found[0, 1] = found[1, 0] = np.nan
    np.fill_diagonal(found, np.nan)
    shapes = np.linspace(0.6, 0.9, n)
    fig = plots.trends(found, shapes, [f"c{i}" for i in range(n)])
    image = np.ma.filled(fig.axes[0].images[0].get_array(), np.nan)
    names = [label.get_text() for label in fig.axes[0].get_xticklabels()]
    assert len(names) == min(n, 40) and "c1" in names
    np.testing.assert_allclose(np.diag(image), [shapes[int(name[1:])] for name in names])
    if n == 2:
        assert texts(fig.axes[0]) == ["(.60)", "(.90)"] and np.isnan(image[0, 1])
    assert np.isnan(found[0, 0])  # what is given stays as it is
