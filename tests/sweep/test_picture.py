"""The picture of a sweep: what its panels hold."""

import numpy as np

from kvae.sweep.folders import Job
from kvae.sweep.picture import as_numbers, in_order, picture
from kvae.sweep.settings import settings_of


def drawn(grid):
    jobs = [
        Job(i, overrides, "finished", metrics={"val_loss": value}) for i, (overrides, value) in enumerate(grid)
    ]
    return picture(settings_of(jobs, "val_loss"), "val_loss")


def test_a_panel_per_key_and_a_line_per_setting_of_the_others():
    grid = [
        ({"dim": dim, "model": model, "seed": seed}, float(dim) + (model == "conv") + 0.1 * int(seed))
        for dim in ("10", "2") for model in ("mlp", "conv") for seed in ("0", "1")
    ]  # fmt: skip
    first, second = drawn(grid).axes
    assert (first.get_xlabel(), second.get_xlabel()) == ("dim", "model")
    assert first.get_ylabel() == "val_loss, mean and sd of seeds"
    lines = {container.get_label(): container.lines[0] for container in first.containers}
    assert lines.keys() == {"model mlp", "model conv"}
    np.testing.assert_allclose(lines["model mlp"].get_xdata(orig=False), [2, 10])
    np.testing.assert_allclose(lines["model mlp"].get_ydata(orig=False), [2.05, 10.05])
    assert [tick.get_text() for tick in second.get_xticklabels()] == ["conv", "mlp"]


def test_many_keys_that_vary_at_random_are_points_with_the_best_marked():
    rng = np.random.default_rng(0)
    rates = (10 ** rng.uniform(-4, -2, 20)).tolist()
    grid = [({"rate": repr(rate), "dim": str(i + 2)}, rate) for i, rate in enumerate(rates)]
    rate, dim = drawn(grid).axes
    assert (rate.get_xscale(), dim.get_xscale()) == ("log", "linear")
    assert len(rate.containers) == 20
    best = min(value for _, value in grid)
    np.testing.assert_allclose(rate.collections[-1].get_offsets(), [[best, best]])
    assert [text.get_text() for text in rate.get_legend().get_texts()] == ["the best"]


def test_seeds_alone_are_shown_one_by_one():
    (axis,) = drawn([({"seed": str(seed)}, float(seed)) for seed in range(3)]).axes
    assert axis.get_xlabel() == "seed"


def test_there_is_no_picture_of_a_single_setting():
    assert drawn([({"dim": "2"}, 1.0)]) is None
    assert picture([], "val_loss") is None


def test_numbers_go_by_size_and_texts_after_them():
    assert sorted(["10", "null", "2", "[1,2]"], key=in_order) == ["2", "10", "[1,2]", "null"]
    assert as_numbers(["1", "x"]) is None
    assert as_numbers(["1", "nan"]) is None
