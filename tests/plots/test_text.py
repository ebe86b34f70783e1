"""Labels, names and values of users in pictures."""

import io

import matplotlib.text
import numpy as np
import pytest

from kvae import plots
from kvae.plots.text import fonts_for, in_order, name_of, plain, rows_with
from kvae.sweep.folders import Job
from kvae.sweep.picture import picture
from kvae.sweep.settings import settings_of

rng = np.random.default_rng(0)
ODD = [
    "$\\frac$", "a $5 b$", "$", "\\$", "_under", "", "数字", "مرحبا", "हिन्दी", "😀", "x" * 300,
    "a\nb\tc\x00\x1b[31m",
    "\ud800half", "{x}%s #1 ~ ^ & \\", "\N{RIGHT-TO-LEFT OVERRIDE}turned",
]  # fmt: skip


def saved(figure):
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    assert stream.getvalue().startswith(b"\x89PNG")
    return figure


def legend_of(figure):
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


@pytest.mark.parametrize("label", ODD)
def test_any_label_is_drawn_as_text(label):
    labels, z = np.array([label, "other"] * 20), rng.normal(size=(40, 2))
    latent = saved(plots.latent_map(z, labels))
    assert sorted(legend_of(latent)) == sorted([name_of(label), "other"])
    table = saved(plots.confusion(rng.integers(0, 2, 40), labels))
    shown = [text.get_text() for text in table.axes[0].get_yticklabels()]
    assert shown == ["other"] if label == "" else name_of(label, 16) in shown  # no label is no class
    for figure in (latent, table):
        texts = [text for text in figure.findobj(matplotlib.text.Text) if "$" in text.get_text()]
        assert not any(text.get_parse_math() for text in texts)


def test_labels_that_nobody_could_see_have_names():
    z = rng.normal(size=(40, 2))
    for labels in (np.array([np.nan, 1.0] * 20), np.array(["NaT", "2020-01-01"] * 20, "datetime64[D]")):
        figure = saved(plots.latent_map(z, labels))
        assert "(missing)" in legend_of(figure)
        drawn = [len(marks.get_offsets()) for marks in figure.axes[0].collections]
        assert drawn == [20, 20]
        saved(plots.confusion(rng.integers(0, 2, 40), labels))
    assert "(empty)" in legend_of(plots.latent_map(z, np.array(["", "a"] * 20)))
    saved(plots.latent_map(z, np.full(40, np.nan)))


def test_labels_are_in_the_order_of_their_numbers():
    assert in_order(np.array(["item 10", "item 2", "b", "10", "9"])).tolist() == [
        "9",
        "10",
        "b",
        "item 2",
        "item 10",
    ]
    assert in_order(np.array([10, 9, 10])).tolist() == [9, 10]
    assert in_order(np.array(["²", "1"])).tolist() == ["1", "²"]  # a digit that is no number
    table = plots.confusion(np.array([0, 1, 2]), np.array(["10", "9", "a"]))
    assert [text.get_text() for text in table.axes[0].get_yticklabels()] == ["9", "10", "a"]
    assert [text.get_text() for text in table.axes[0].get_xticklabels()] == ["1", "0", "2"]


def test_rows_with_a_label_are_found_where_it_is_not_like_itself():
    labels = np.array([1.0, np.nan, 2.0, np.nan])
    assert rows_with(labels, labels[1]).tolist() == [False, True, False, True]
    assert rows_with(labels, 2.0).tolist() == [False, False, True, False]


def test_ten_thousand_labels_leave_a_picture_that_can_be_read():
    labels = np.array([f"label {i}" for i in range(10_000)])
    figure = saved(plots.confusion(rng.integers(0, 10, 10_000), labels))
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert len(names) <= 60 and names[0] == "label 0"
    assert (
        "10000 labels, too many to colour"
        in plots.latent_map(rng.normal(size=(10_000, 2)), labels).axes[0].get_title()
    )


def test_texts_are_kept_but_for_what_cannot_be_drawn():
    assert plain("a $5 b$, größer, 数字 \\alpha") == "a $5 b$, größer, 数字 \\alpha"
    assert plain("a\r\nb\x07 \ud800") == "a b� �"
    assert plain("x" * 500, 10) == "x" * 9 + "…"


def test_titles_keep_their_lines():
    figure, axes = plots.figure(3, 3)
    axes[0, 0].set_title("one\ntwo $x$")
    saved(figure)
    assert axes[0, 0].get_title() == "one\ntwo $x$"


def test_only_fonts_that_have_shapes_are_chosen():
    assert fonts_for("plain") == ()
    assert not any("Last Resort" in font for font in fonts_for("数字"))


def sweep_of(grid, objective="val_loss"):
    jobs = [Job(i, overrides, "finished", metrics={objective: value}) for i, (overrides, value) in enumerate(grid)]
    return saved(picture(settings_of(jobs, objective), objective))


def test_keys_and_values_of_a_sweep_are_text():
    values = [(path, other) for path in ("a $1 b$.csv", "x" * 100, "") for other in ("_1", "$2$")]
    figure = sweep_of([({"data.path": p, "_a": o}, float(i)) for i, (p, o) in enumerate(values)], "val_$loss$")
    first, second = figure.axes
    assert [text.get_text() for text in first.get_legend().get_texts()] == ["_a _1", "_a $2$"]
    assert [text.get_text() for text in first.get_xticklabels()] == ["(empty)", "a $1 b$.csv", "x" * 15 + "…"]
    assert second.get_xlabel() == "_a" and second.get_ylabel() == "val_$loss$"


def test_powers_of_ten_stay_formulas():
    (axis,) = sweep_of([({"rate": repr(10.0**-i)}, float(i)) for i in range(8)]).axes
    shown = [text for text in axis.get_xticklabels() if "10^" in text.get_text()]
    assert shown and all(text.get_parse_math() for text in shown)
