import numpy as np

from kvae import plots
from kvae.data.lossy_sheets import FORMATS, QUALITIES, from_sheet, lossy_sheets
from kvae.data.sheets import sheet_of

POINTS = [(2.0, 9.0, 12.0, "1"), (20.0, 4.0, 16.0, "3"), (10.0, 6.0, 14.0, "2")]


def test_both_errors_stand_against_size_with_the_choice_marked():
    fig = plots.rate_distortion(POINTS, "3", (3.0, 18.0), {"JPEG": [(200.0, 1.0, 30.0, "q1")]})
    quality, error = fig.axes
    np.testing.assert_allclose(quality.lines[0].get_xdata(), [2.0, 10.0, 20.0])
    np.testing.assert_allclose(quality.lines[0].get_ydata(), [12.0, 14.0, 16.0])
    np.testing.assert_allclose(error.lines[0].get_ydata(), [9.0, 6.0, 4.0])
    np.testing.assert_allclose(quality.collections[0].get_offsets(), [[20.0, 16.0]])
    np.testing.assert_allclose(error.collections[0].get_offsets(), [[20.0, 4.0]])
    assert (quality.lines[2].get_ydata()[0], error.lines[2].get_ydata()[0]) == (18.0, 3.0)
    names = [text.get_text() for text in quality.get_legend().get_texts()]
    assert names == ["kvae", "JPEG", "chosen: 3 bits", "codes not rounded"]
    fig.canvas.draw()


def test_lines_of_many_runs_are_told_apart():
    fig = plots.rate_distortion_of_runs({f"KL_param {i}": POINTS for i in range(12)})
    assert len({(line.get_color(), line.get_linestyle()) for line in fig.axes[0].lines}) == 12
    assert not plots.rate_distortion_of_runs({"": POINTS}).legends


def test_images_come_back_from_a_sheet_in_their_order():
    images = np.random.default_rng(0).integers(0, 256, (11, 5, 7, 3), dtype=np.uint8)
    assert np.array_equal(from_sheet(sheet_of(images), images.shape), images)


def test_more_quality_is_more_bytes_and_less_error():
    grey = (np.add.outer(np.arange(16), np.arange(16)) * 8).astype(np.uint8)
    images = np.stack([np.roll(grey, i, axis=0) for i in range(20)])[..., None]
    found = list(lossy_sheets(images))
    assert {one.name for one in found} <= FORMATS.keys() and len(found) >= len(QUALITIES)
    jpeg = [one for one in found if one.name == "JPEG"]
    errors = [float(((one.images.astype(float) - images) ** 2).mean()) for one in jpeg]
    assert [one.quality for one in jpeg] == list(QUALITIES)
    assert jpeg[-1].n_bytes > jpeg[0].n_bytes and errors[-1] < errors[0] / 10
    assert all(one.images.shape == images.shape and one.images.dtype == np.uint8 for one in found)
