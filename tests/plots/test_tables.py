"""Pictures of a table before it is learnt."""

import numpy as np
import pytest
from mixed_table import mixed_columns, mixed_rows

from kvae.data.inspection import Bars, Histogram, associations, bars, gap_patterns, histogram
from kvae.plots.table_association import table_association
from kvae.plots.table_columns import Panel, table_columns
from kvae.plots.table_gaps import table_gaps

rng = np.random.default_rng(0)


def drawn(figure):
    figure.canvas.draw()
    return figure


def test_a_panel_per_column_shows_its_name_and_values():
    x, columns = mixed_rows(), mixed_columns().columns
    spreads = [
        histogram(x[:, j]) if column.is_number else bars(x[:, j], column.categories)
        for j, column in enumerate(columns)
    ]
    panels = [Panel(one.name, one.kind, spread) for one, spread in zip(columns, spreads, strict=True)]
    figure = drawn(table_columns(panels))
    shown = [axis for axis in figure.axes if axis.axison]
    assert [axis.get_title().strip() for axis in shown] == [column.name for column in columns]
    by_name = dict(zip([column.name for column in columns], shown, strict=True))
    assert [label.get_text() for label in by_name["sex"].get_yticklabels()] == ["male", "female"]
    heights = [bar.get_height() for bar in by_name["visits"].patches]
    np.testing.assert_array_equal(heights, np.bincount(x[:, 3].astype(int)))


def test_values_that_many_rows_share_do_not_hide_the_others():
    spread = histogram(np.where(np.arange(2000) < 1500, 0, rng.normal(50, 4, 2000)))
    axis = drawn(table_columns([Panel("a", "", spread)])).axes[0]
    assert axis.get_ylim()[1] < 4 * spread.counts.max()
    assert [text.get_text() for text in axis.texts[1:]] == ["0 (1,500 ↑)"]
    many = Bars(("x", "y"), (10, 5), 900, 5000)
    axis = drawn(table_columns([Panel("a", "", many)])).axes[0]
    assert axis.get_xlim()[1] == 30 and [text.get_text() for text in axis.texts[1:]] == ["5,000 →"]


def test_dates_are_written_as_dates_and_what_is_beyond_is_counted():
    spread = Histogram(np.arange(3.0), np.array([4, 5]), below=1, above=12)
    axis = drawn(table_columns([Panel("a", "", spread, lambda value: f"day {value:.0f}")])).axes[0]
    assert axis.get_xlabel() == "1 further left, 12 further right"
    assert all(label.get_text().startswith("day ") for label in axis.get_xticklabels())


@pytest.mark.parametrize("name", ["$x_{1$", "a\nb", "größe", "", "名前", "=1+1", "x" * 300])
def test_any_name_can_be_drawn(name):
    spread = histogram(rng.normal(size=50))
    assert drawn(table_columns([Panel(name, name, spread), Panel(name, "", bars(np.zeros(3), [name])),
                                Panel(name, "", None)]))  # fmt: skip
    assert drawn(table_gaps(gap_patterns(np.eye(2, dtype=bool), [name, "b"])))
    assert drawn(table_association(np.ones((2, 2)), [name, "b"]))


def test_gaps_stand_under_their_columns():
    missing = np.zeros((100, 3), bool)
    missing[:30, 1] = missing[10:30, 2] = True
    above, below = drawn(table_gaps(gap_patterns(missing, "abc"))).axes
    assert [bar.get_height() for bar in above.patches] == [30, 20]
    assert [label.get_text() for label in below.get_xticklabels()] == ["b", "c"]
    assert [label.get_text() for label in below.get_yticklabels()] == [
        "70 rows (70.0%)", "20 rows (20.0%)", "10 rows (10.0%)",
    ]  # fmt: skip


def test_of_many_columns_those_that_go_together_are_shown():
    found = np.full((100, 100), 0.1)
    found[7, 90] = found[90, 7] = 0.9
    names = [f"c{i}" for i in range(100)]
    axis = drawn(table_association(found, names)).axes[0]
    assert {"c7", "c90"} <= {label.get_text() for label in axis.get_xticklabels()}
    assert axis.images[0].get_array().shape == (40, 40)
    assert table_association(np.ones((1, 1)), ["a"]) is None


def test_numbers_stand_in_a_small_map_but_on_its_diagonal():
    columns = mixed_columns().columns
    found = associations(mixed_rows(), columns)
    texts = drawn(table_association(found, [column.name for column in columns])).axes[0].texts
    assert len(texts) == len(columns) * (len(columns) - 1)
