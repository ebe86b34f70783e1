"""TensorBoard's event files, read back by TensorBoard's own reader."""

import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from kvae.modes import learn
from kvae.process.interrupts import Interrupted
from kvae.runs import RunFolder

pytest.importorskip("tensorboard", reason="needs the extra [tracking]: TensorBoard is not installed")

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata


def events(folder):
    found = EventAccumulator(str(folder.tensorboard), size_guidance={"tensors": 0})
    return found.Reload()


def curve(found, tag):
    return {event.step: float(tf.make_ndarray(event.tensor_proto)) for event in found.Tensors(tag)}


@pytest.fixture(scope="module")
def finished(record, tmp_path_factory):
    """A run with `tracking=tensorboard`, and the same without."""
    path = tmp_path_factory.mktemp("tensorboard")
    return [record(path / name, f"tracking={name}") for name in ("tensorboard", "none")]


@pytest.fixture
def copied(finished, tmp_path):
    """A copy of the tracked run, to go on with."""
    return RunFolder(shutil.copytree(finished[0].path, tmp_path / "run"))


@pytest.mark.slow
def test_the_curves_are_those_of_the_loss_files(finished):
    folder, found = finished[0], events(finished[0])
    for name in ("loss", "val_loss"):
        rows = folder.vae.read_log(name)
        for column in rows[0].keys() - {"iteration"}:
            recorded = curve(found, f"training/{column}")
            assert list(recorded) == [5, 10, 15, 20]
            np.testing.assert_allclose(list(recorded.values()), [row[column] for row in rows], rtol=1e-6)


def test_the_final_metrics_are_those_of_metrics_json(finished):
    found = events(finished[0])
    for name, value in finished[0].read_metrics().items():
        assert curve(found, f"metrics/{name}") == {20: pytest.approx(value, rel=1e-6)}


def test_the_pictures_are_those_of_the_run(finished):
    folder, found = finished[0], events(finished[0])
    for name in ("loss", "reconstructions_learn", "latent_learn", "samples"):
        (event,) = found.Tensors(f"module001_vae/{name}")
        pixels = tf.io.decode_png(event.tensor_proto.string_val[2]).numpy()
        np.testing.assert_array_equal(pixels, Image.open(folder.vae.path / f"{name}.png").convert("RGB"))


def test_the_config_is_there_as_hyperparameters(finished):
    content = events(finished[0]).SummaryMetadata(metadata.SESSION_START_INFO_TAG).plugin_data.content
    start = metadata.parse_session_start_info_plugin_data(content)
    assert start.hparams["train.itr"].number_value == 20
    assert start.hparams["model.likelihood"].string_value == "bernoulli"
    assert start.group_name == str(finished[0].path)  # two runs of one config stay two rows


def test_results_are_those_of_a_run_that_is_not_tracked(finished):
    tracked, plain = finished
    for path in plain.path.rglob("*"):
        own = path.is_dir() or path.name in ("metrics.json", "report.html", "run.json", "seconds.json")
        assert own or (tracked.path / path.relative_to(plain.path)).read_bytes() == path.read_bytes()


def test_a_run_that_is_resumed_goes_on_without_a_step_twice(record, copied):
    found = events(record(copied.path, "tracking=tensorboard", "train.itr=40"))
    steps = [event.step for event in found.Tensors("training/loss")]
    assert steps == [5, 10, 15, 20, 25, 30, 35, 40]
    assert list(curve(found, "metrics/val_loss")) == [20, 40]


def test_a_run_that_is_finished_already_is_not_recorded_anew(record, copied):
    before = sorted(copied.tensorboard.iterdir())
    record(copied.path, "tracking=tensorboard")
    assert sorted(copied.tensorboard.iterdir()) == before


@pytest.mark.slow
def test_a_loop_that_was_interrupted_and_goes_on_elsewhere_has_its_whole_history_there(
    record, tmp_path, monkeypatch
):
    def ends(self, *args):
        raise Interrupted(15)

    loop = ["prior=gmm", "prior.n_components=2", "prior.rounds=2", "prior.n_starts=1", "tracking=tensorboard"]
    with monkeypatch.context() as patch, pytest.raises(Interrupted):
        patch.setattr(learn, "finish", ends)
        record(tmp_path / "begun", *loop)
    begun = RunFolder(tmp_path / "begun")
    ended = events(begun).Tensors("ended")[0]
    assert ended.tensor_proto.string_val[0] == b"interrupted: asked to end"
    folder = record(tmp_path / "rest", *loop, f"train.resume={begun.path}")
    found = events(folder)
    assert [event.step for event in found.Tensors("training/loss")] == [5, 10, 15, 20, 25, 30, 35, 40]
    rows = folder.module(2, "gmm").read_log("rounds")
    assert curve(found, "mixture/nmi") == {
        20: pytest.approx(rows[0]["nmi"], rel=1e-6),
        40: pytest.approx(rows[1]["nmi"], rel=1e-6),
    }
    assert len(found.Tensors("module002_gmm/confusion_learn")) == 1


def test_recognition_records_its_metrics_and_pictures(record, finished, tmp_path):
    folder = record(tmp_path / "run", "mode=recog", "tracking=tensorboard", f"mode.run={finished[0].path}")
    found = events(folder)
    assert curve(found, "metrics/loss") == {0: pytest.approx(folder.read_metrics()["loss"], rel=1e-6)}
    assert found.Tensors("module001_vae/reconstructions_recog")
    assert "training/loss" not in found.Tags()["tensors"]
