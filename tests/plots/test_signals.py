"""Pictures of signals: lines over time, with the difference below."""

import matplotlib
import numpy as np
import pytest

from kvae import plots
from kvae.data.signal import Signal
from kvae.plots.style import PALETTE

matplotlib.use("Agg")
SIGNAL = Signal(50, 10.0, "mV")
X = np.random.default_rng(0).normal(size=(9, 50))
X_HAT = X + 0.25


def panels(fig):
    return [axis for axis in fig.axes if axis.axison]


def line(axis, label):
    return next(one for one in axis.get_lines() if one.get_label() == label)


def test_originals_lie_under_reconstructions_with_their_difference_below():
    fig = plots.reconstructions(X, X_HAT, range(9), SIGNAL)
    shown = panels(fig)
    assert len(shown) == 12  # six rows, two panels each
    upper, lower = shown[0], shown[2]
    assert upper.get_title() == "row 0"
    np.testing.assert_array_equal(line(upper, "original").get_ydata(), X[0])
    np.testing.assert_array_equal(line(upper, "reconstruction").get_ydata(), X_HAT[0])
    np.testing.assert_allclose(line(lower, "reconstruction − original").get_ydata(), 0.25)
    for axis in (upper, lower):
        np.testing.assert_allclose(axis.get_lines()[-1].get_xdata(), np.arange(50) / 10)
        assert axis.get_xlim() == (0.0, 4.9)
    assert shown[-1].get_xlabel() == "time (s)" and fig.get_supylabel() == "mV"
    assert {axis.get_ylim() for axis in shown[0:2] + shown[4:6]} == {upper.get_ylim()}  # one scale
    assert [text.get_text() for text in fig.legends[0].get_texts()] == [
        "original",
        "reconstruction",
        "reconstruction − original",
    ]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_rows_leave_no_empty_axes(n):
    assert len(panels(plots.reconstructions(X[:n], X_HAT[:n], range(n), SIGNAL))) == 2 * n


def test_anomalies_are_named_with_their_scores():
    fig = plots.anomalies(X[:2], X_HAT[:2], [4, "b"], np.array([9.25, 8.0]), SIGNAL)
    assert [axis.get_title() for axis in panels(fig)[:2]] == ["row 4 (9.2 nats)", "row b (8.0 nats)"]


def test_samples_stand_beside_rows_of_the_data():
    fig = plots.samples(X, -1.0, 1.0, X_HAT, SIGNAL)
    assert [axis.get_title() for axis in panels(fig)[:2]] == ["samples from the prior", "rows of the data"]
    assert len(panels(fig)) == 12
    np.testing.assert_array_equal(panels(fig)[-1].get_lines()[0].get_ydata(), X_HAT[-1])


def test_components_and_generated_rows_have_a_panel_each():
    fig = plots.components(X[:4], np.array([5, 1000, 2, 3]), SIGNAL)
    assert [axis.get_title() for axis in panels(fig)] == ["0: 5 rows", "1: 1,000 rows", "2: 2 rows", "3: 3 rows"]
    made = plots.generated(X, 0, 1, "between", X_HAT[:2], ["row 1", "row 2"], True, SIGNAL)
    shown = panels(made)
    assert len(shown) == 11 and [axis.get_title() for axis in shown[:3]] == ["row 1", "row 2", ""]
    np.testing.assert_array_equal(shown[0].get_lines()[0].get_ydata(), X_HAT[0])


def test_a_traversal_is_a_line_per_step():
    decoded = np.random.default_rng(1).normal(size=(2, 5, 50))
    fig = plots.traversal(decoded, np.array([7, 3]), np.array([-2, -1, 0, 1, 2]), SIGNAL)
    assert [axis.get_title() for axis in panels(fig)] == ["dimension 7", "dimension 3"]
    np.testing.assert_array_equal([one.get_ydata() for one in panels(fig)[1].get_lines()], decoded[1])
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["-2 sd", "-1 sd", "mean", "+1 sd", "+2 sd"]


def test_predictions_without_the_rows_themselves_have_no_difference():
    fig = plots.predictions(X_HAT[:2], ["a", "b"], None, SIGNAL)
    assert [line.get_color() for axis in panels(fig) for line in axis.get_lines()] == [PALETTE[3]] * 2


@pytest.mark.parametrize("x", [np.zeros((3, 50)), np.full((3, 50), np.nan), np.full((3, 50), 1e300)])
def test_flat_missing_and_absurd_values_are_drawn(x):
    for fig in (plots.reconstructions(x, x, range(3), SIGNAL), plots.samples(x, 0, 1, x, SIGNAL)):
        fig.canvas.draw()


def test_bits_of_signals_are_shown_over_time():
    fig = plots.bits_per_row(np.arange(9.0), 4.0, X[:2], X[7:], range(4), SIGNAL)
    axis = fig.axes[1]
    assert axis.get_xlabel() == "time (s)" and axis.xaxis.get_major_formatter()(20, None) == "2"
