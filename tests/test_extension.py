"""What is added from outside the package: a module on the path and a YAML in `--config-dir` for each thing.

Everything in `tests/outside/` is learnt with, recognised with, and shown in the report, as a user does it.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from command import cold, kvae, run_folder

QUICK = ["data.limit=100", "train.itr=8", "train.log_every=1", "train.jit_compile=false"]


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """A folder that a user works in: modules of their own, and configs under `mine/`."""
    folder = tmp_path_factory.mktemp("somewhere") / "outside"
    return shutil.copytree(Path(__file__).with_name("outside"), folder)


def run(outside, *arguments):
    return kvae(outside, "--config-dir=mine", *arguments)


@pytest.fixture(scope="module")
def learnt(outside):
    """A run with a network, a likelihood, a KL schedule, a metric and a tracker from outside."""
    result = run(outside, "model=mine", "kl=stairs", "metric=blur", "objective=blur", "tracking=lines", *QUICK)
    return run_folder(result, outside), result


@pytest.fixture(scope="module")
def recognised(outside, learnt):
    result = run(outside, "mode=recog", "model=mine", "metric=blur", "data.limit=100")
    return run_folder(result, outside), result


def metrics_of(folder):
    return json.loads((folder / "metrics.json").read_text())


def page_of(folder):
    return (folder / "report.html").read_text(encoding="utf-8")


def assert_error(result, text):
    """A wrong thing is one line on stderr, and no traceback."""
    assert result.returncode == 1
    assert result.stderr.startswith(f"error: {text}") and result.stderr.count("\n") == 1, result.stderr


def test_a_network(learnt, recognised):
    page = page_of(learnt[0])
    assert "my_networks.encoder" in page and "<b>units</b>" not in page
    z = np.loadtxt(recognised[0] / "module001_vae/z_recog.txt")
    assert z.shape == (20, 2) and z.std() > 0


def test_a_likelihood(outside, learnt, recognised):
    assert "my_likelihoods.Logistic" in page_of(learnt[0]) and "Logistic" in learnt[1].stdout
    x_hat = np.loadtxt(recognised[0] / "module001_vae/x_hat_recog.txt")
    assert x_hat.shape == (20, 64) and np.isfinite(x_hat).all()
    using = ["mode=generate", "mode.n=3", "mode.draw=sample", "model=mine", "data.limit=100", "metric=blur"]
    generated = run(outside, *using)
    assert "warning: mode=generate ignores the functions of the group metric: blur" in generated.stdout
    assert np.loadtxt(run_folder(generated, outside) / "module001_vae/x_generate.txt").shape == (3, 64)


@pytest.mark.slow
def test_a_source_of_data(outside):
    learnt = run(outside, "data=waves", "model=tiny", *QUICK[1:])
    assert "30 observations of 6, 10 held out" in learnt.stdout
    assert "my_data.waves" in page_of(run_folder(learnt, outside))
    recognised = run(outside, "mode=recog", "data=waves", "data.n=20", "model=tiny")
    assert len(np.loadtxt(run_folder(recognised, outside) / "module001_vae/z_recog.txt")) == 20
    assert_error(run(outside, "data=waves", "data.n=0"), "data.n must be an integer >= 1. Received: 0")
    assert_error(
        run(outside, "data=wrong", "model=tiny"), "data._target_=my_data.wrong must return an array of rows"
    )


def test_a_kl_schedule(outside, learnt):
    _, loss, reconstruction, kl = np.loadtxt(learnt[0] / "module001_vae/loss.txt").T
    np.testing.assert_allclose((loss - reconstruction) / kl, np.repeat([0.25, 0.5, 0.75, 1.0], 2), rtol=1e-3)
    assert "my_schedules.stairs" in page_of(learnt[0])
    assert_error(
        run(outside, "kl=wrong", "model=tiny", *QUICK),
        "kl._target_=my_schedules.wrong: a KL schedule must return kvae.schedules.KLTerm(scale, capacity). "
        "Received: 'half'\n",
    )


@pytest.mark.slow
def test_a_module_as_prior_with_a_metric_and_a_picture(outside):
    folder = run_folder(run(outside, "prior=halves", "model=tiny", *QUICK), outside)
    learnt = metrics_of(folder)
    assert learnt["share_above"] == learnt["share_above_round2"] == 0.5
    recognised = run_folder(run(outside, "mode=recog", "prior=halves", "model=tiny", "data.limit=100"), outside)
    forward = np.loadtxt(recognised / "module002_halves/forward_recog.txt")
    assert forward.shape == (20, 2)
    assert (
        metrics_of(recognised)["share_above"] == learnt["val_share_above"] == pytest.approx(forward[:, 1].mean())
    )
    assert metrics_of(recognised)["kl"] == pytest.approx(learnt["val_kl"], rel=1e-4)
    for path in (folder, recognised):
        page = page_of(path)
        assert "How many rows are on either side." in page and "Rows above the threshold." in page
        assert "my_modules.Halves" in page


@pytest.mark.slow
def test_a_mode_with_a_metric_and_a_picture(outside, learnt):
    folder = run_folder(run(outside, "mode=centre", "mode.most=0.25", "model=mine", "data.limit=100"), outside)
    assert folder.parent.name == "centre"
    distance = np.loadtxt(folder / "module001_vae/distance.txt")
    assert distance.shape == (20,) and metrics_of(folder) == {"far": pytest.approx(np.mean(distance > 0.25))}
    page = page_of(folder)
    assert "Distances from the centre" in page and "Share of codes further from their mean" in page
    wrong = cold(outside, "--config-dir=mine", "mode=centre", "mode.most=-1")  # it imports TensorFlow on its way
    assert_error(wrong, "mode.most must be a finite number >= 0. Received: -1")


def test_a_tracker(outside, learnt):
    lines = (outside / "lines.txt").read_text().splitlines()
    assert [line.split()[:2] for line in lines[:8]] == [["training", str(n)] for n in range(1, 9)]
    assert "reconstruction" in lines[0].split()
    assert lines[8].startswith("finished ") and "val_blur" in lines[8]
    assert "my_trackers.Lines" in page_of(learnt[0])


def test_a_metric(outside, learnt, recognised):
    folder, result = learnt
    metrics = metrics_of(folder)
    assert 0 < metrics["blur"] <= 0.9 and 0 < metrics["val_blur"] <= 0.9
    assert "blur " in result.stdout and "val_blur " in result.stdout
    page = page_of(folder)
    assert "How much of the contrast of images is lost." in page and "the objective" in page
    assert metrics_of(recognised[0])["blur"] == pytest.approx(metrics["val_blur"], rel=1e-4)
    assert "How much of the contrast of images is lost." in page_of(recognised[0])
    assert_error(
        run(outside, "metric=of_weights", "model=tiny", *QUICK),
        "metric.of_weights._target_=my_metrics.of_weights needs the argument weights",
    )


def test_what_metrics_mean_is_known_where_their_code_is_not(learnt, monkeypatch):
    from kvae.metrics import meaning
    from kvae.report.facts import gather
    from kvae.runs import RunFolder

    monkeypatch.setattr(meaning, "DECLARED", {})
    assert gather(RunFolder(learnt[0])).meaning("val_blur").text == "How much of the contrast of images is lost."
