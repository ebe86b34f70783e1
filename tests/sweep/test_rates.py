"""Error against size of a sweep's jobs: which lines there are, and when there is no picture."""

import numpy as np

from kvae.sweep.folders import Job, JobFolder, SweepFolder
from kvae.sweep.rates import rates_of
from kvae.sweep.summary import summarise


def measured(number, rate, psnr, **overrides):
    metrics = {"bits_per_observation_gross": rate, "psnr": psnr, "mse": 1.0}
    return Job(
        number,
        {key.replace("_", ".", 1): value for key, value in overrides.items()},
        "finished",
        None,
        "",
        metrics,
    )


def test_a_line_per_setting_through_its_bits():
    grid = [(kl, bits) for kl in ("2", "0.5", "10") for bits in ("4", "2")]
    jobs = [
        measured(i, 10.0 * int(bits) / float(kl), 20.0 + int(bits), model_KL_param=kl, mode_bits=bits)
        for i, (kl, bits) in enumerate(grid)
    ]
    fig = rates_of([*jobs, Job(9, {"model.KL_param": "99"}, "failed")])
    (axis,) = fig.axes
    assert [text.get_text() for text in fig.legends[0].get_texts()] == [
        "KL_param 0.5",
        "KL_param 2",
        "KL_param 10",
    ]
    np.testing.assert_allclose(axis.lines[0].get_xdata(), [40.0, 80.0])
    np.testing.assert_allclose(axis.lines[0].get_ydata(), [22.0, 24.0])
    assert [text.get_text() for text in axis.texts][:2] == ["2", "4"]
    fig.canvas.draw()


def test_settings_stand_beside_the_points_where_bits_do_not_vary():
    jobs = [measured(i, 5.0 + i, 20.0 - i, model_KL_param=str(i), mode_bits="4") for i in range(3)]
    (axis,) = rates_of(jobs).axes
    assert len(axis.lines) == 1
    assert [text.get_text() for text in axis.texts] == ["KL_param 0", "KL_param 1", "KL_param 2"]


def test_there_is_no_picture_of_what_did_not_measure_both():
    assert rates_of([]) is None
    assert rates_of([measured(0, 1.0, 2.0, mode_bits="2"), Job(1, {}, "finished", metrics={"psnr": 3.0})]) is None


def test_the_picture_is_one_of_the_results(tmp_path):
    planned = [[f"mode.bits={bits}"] for bits in (2, 4)]
    SweepFolder(tmp_path).write_plan(["mode.bits=2,4"], "psnr", planned)
    for number, overrides in enumerate(planned):
        one = JobFolder(tmp_path / str(number))
        one.begin(number, overrides, {})
        one.run.write_metrics({"bits_per_observation_gross": 3.0 + number, "psnr": 20.0 + number, "seconds": 1.0})
        one.end("finished")
    assert summarise(tmp_path)
    names = ["sweep.html", "sweep.csv", "sweep.png", "sweep_rate_distortion.png"]
    assert [path.name for path in SweepFolder(tmp_path).results] == names
