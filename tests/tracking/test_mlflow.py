"""Runs in MLflow, read back by MLflow's own client."""

import shutil

import numpy as np
import pytest

from kvae import callbacks
from kvae.callbacks import track_row
from kvae.config import compose
from kvae.errors import InputError
from kvae.runs import RunFolder
from kvae.runs.files import read_json, write_json

pytest.importorskip("mlflow", reason="needs the extra [tracking]: MLflow is not installed")

from mlflow import MlflowClient

from kvae.tracking import About
from kvae.tracking.mlflow import MAX_PARAM, PARENT, MLflow, begin_parent, end_parent, shortened, valid
from kvae.tracking.recorder import Point

STORE = ["tracking=mlflow"]


def client_of(outputs):
    return MlflowClient(tracking_uri=f"sqlite:///{outputs / 'mlflow.db'}")


def runs_of(outputs, experiment="vae"):
    client = client_of(outputs)
    found = client.get_experiment_by_name(experiment)
    return client, [] if found is None else client.search_runs([found.experiment_id])


def steps(client, run, name):
    return [metric.step for metric in client.get_metric_history(run.info.run_id, name)]


def names_of(client, run, path=None):
    """Every file of a run in MLflow."""
    for item in client.list_artifacts(run.info.run_id, path):
        yield from names_of(client, run, item.path) if item.is_dir else [item.path]


def about(config):
    """What a record says of a config's run."""
    return About(config.run.name, config.run.outputs, config.plain)


def begun(outputs, *overrides, name="run"):
    """A sink and its run folder, without a training."""
    config = compose(*STORE, f"outputs={outputs}", *overrides)
    sink = MLflow(config.tracking, about(config))
    folder = RunFolder(outputs / name)
    folder.path.mkdir(exist_ok=True)
    sink.begin(folder)
    return sink, folder


@pytest.fixture(scope="module")
def finished(record, empty_store, tmp_path_factory):
    outputs = tmp_path_factory.mktemp("mlflow")
    shutil.copy(empty_store, outputs / "mlflow.db")
    return record(outputs / "vae/learn/run", *STORE, f"outputs={outputs}")


def test_a_run_has_its_curves_metrics_and_parameters(finished):
    client, (run,) = runs_of(finished.path.parents[2])
    rows = finished.vae.read_log("val_loss")
    assert steps(client, run, "training/val_loss") == [5, 10, 15, 20]
    history = client.get_metric_history(run.info.run_id, "training/val_loss")
    np.testing.assert_allclose([metric.value for metric in history], [row["val_loss"] for row in rows], rtol=1e-6)
    metrics = {name: value for name, value in run.data.metrics.items() if "/" not in name}
    assert metrics == pytest.approx(finished.read_metrics())
    assert run.data.params["train.itr"] == "20" and run.data.params["train.batch_size"] == "null"
    assert (run.info.run_name, run.info.status) == ("learn/run", "FINISHED")
    assert run.data.tags["kvae.folder"] == str(finished.path)


def test_only_small_files_are_kept(finished):
    client, (run,) = runs_of(finished.path.parents[2])
    names = set(names_of(client, run))
    assert {"metrics.json", "run.json", "module001_vae/loss.txt", "module001_vae/samples.png"} <= names
    assert not [name for name in names if "z_learn" in name or "model" in name.rpartition("/")[2]]
    assert run.info.artifact_uri.startswith((finished.path.parents[2] / "mlflow").as_uri())


def test_a_run_that_is_resumed_goes_on_in_the_same_run(record, finished, tmp_path):
    outputs = shutil.copytree(finished.path.parents[2], tmp_path / "outputs")
    record(outputs / "vae/learn/run", *STORE, f"outputs={outputs}", "train.itr=40")
    client, (run,) = runs_of(outputs)
    assert steps(client, run, "training/loss") == [5, 10, 15, 20, 25, 30, 35, 40]
    assert steps(client, run, "val_loss") == [20, 40]
    assert run.info.status == "FINISHED"
    assert run.data.params["train.itr"] == "20"  # MLflow keeps a parameter as it was first
    assert run.data.tags["resumed.train.itr"] == "40"


@pytest.mark.slow
def test_training_goes_on_when_the_store_breaks_in_the_middle(record, outputs, monkeypatch, caplog, capfd):
    def breaks(row, track):
        if row["iteration"] == 10:
            (outputs / "mlflow.db").write_bytes(b"no database any more" * 1000)
        track_row(row, track)

    monkeypatch.setattr(callbacks, "track_row", breaks)
    monkeypatch.setattr("kvae.tracking.recorder.PAUSE", 0.0)
    folder = record(outputs / "run", *STORE)
    assert [row["iteration"] for row in folder.vae.read_log("loss")] == [5, 10, 15, 20]
    assert folder.finished
    said = [entry.message for entry in caplog.records if entry.levelname == "WARNING"]
    assert len(said) == 2
    assert said[0].startswith(f"warning: MLflow at sqlite:///{outputs}/mlflow.db cannot be written: ")
    assert said[1].endswith("is incomplete; the run folder is not")
    assert capfd.readouterr().err == ""


def test_an_end_that_is_not_the_runs_own_is_told(outputs):
    for name, interrupted, status in (("a", False, "FAILED"), ("b", True, "KILLED")):
        sink, folder = begun(outputs, name=name)
        sink.fail("the loss is not finite", interrupted)
        run = sink.client.get_run(read_json(folder.mlflow_run)["run_id"])
        assert (run.info.status, run.data.tags["kvae.reason"]) == (status, "the loss is not finite")
    sink, _ = begun(outputs, name="b")  # goes on
    run = sink.client.get_run(sink.run_id)
    assert run.info.status == "RUNNING" and "kvae.reason" not in run.data.tags


def test_curves_go_on_after_their_last_step(outputs):
    sink, folder = begun(outputs)
    sink.write([Point("training/loss", 1.0, step, 1.7e9) for step in (5, 10)])
    assert sink.begin(folder) == {"training/loss": 10}


def test_a_run_that_the_store_does_not_know_is_a_new_one(outputs):
    sink, folder = begun(outputs)
    write_json(folder.mlflow_run, {"run_id": "0" * 32})
    assert sink.begin(folder) == {}
    assert read_json(folder.mlflow_run) == {"run_id": sink.run_id}
    sink.client.delete_run(sink.run_id)
    deleted = sink.run_id
    sink.begin(folder)
    assert sink.run_id != deleted


def test_a_damaged_id_is_an_input_error(outputs):
    sink, folder = begun(outputs)
    folder.mlflow_run.write_text("[1]")
    with pytest.raises(
        InputError, match=r"mlflow\.json is missing or damaged: .* Delete it for a new run in MLflow"
    ):
        sink.begin(folder)


def test_the_jobs_of_a_sweep_stand_below_it(outputs, monkeypatch):
    config = compose(*STORE, f"outputs={outputs}")
    parent = begin_parent(config.tracking, about(config), "sweep of three")
    monkeypatch.setenv(PARENT, parent)
    sink, _ = begun(outputs)
    assert sink.client.get_run(sink.run_id).data.tags["mlflow.parentRunId"] == parent
    end_parent(parent, failed=False)
    run = sink.client.get_run(parent)
    assert (run.info.run_name, run.info.status) == ("sweep of three", "FINISHED")
    assert begin_parent(config.tracking, about(config), "again", parent) == parent
    assert sink.client.get_run(parent).info.status == "RUNNING"
    table = outputs / "sweep.csv"
    table.write_text("job\n")
    end_parent(parent, failed=True, files=[table])
    assert (sink.client.get_run(parent).info.status, list(names_of(sink.client, run))) == ("FAILED", ["sweep.csv"])
    other = begin_parent(config.tracking, about(config), "another")
    end_parent(other, failed=True)
    assert sink.client.get_run(other).info.status == "FAILED"


def test_all_files_of_the_run_folder_are_kept_when_asked_for(record, finished, outputs):
    folder = record(outputs / "run", *STORE, "mode=recog", f"mode.run={finished.path}", "tracking.artifacts=all")
    client, (run,) = runs_of(outputs)
    names = set(names_of(client, run))
    assert names == {path.relative_to(folder.path).as_posix() for path in folder.files(small=False)}
    assert "module001_vae/z_recog.txt" in names
    assert {name: run.data.metrics[name] for name in folder.read_metrics()} == pytest.approx(folder.read_metrics())


def test_an_experiment_of_its_own(outputs):
    sink, _ = begun(outputs, "tracking.experiment=mine")
    assert [run.info.run_id for run in runs_of(outputs, "mine")[1]] == [sink.run_id]


def test_names_and_values_are_fitted_to_the_limits(outputs):
    many = [f"+train.optimizer.key{number}={number}" for number in range(120)]
    sink, folder = begun(outputs, *many, f"+train.optimizer.long={'x' * (MAX_PARAM + 1)}")
    params = sink.client.get_run(sink.run_id).data.params
    assert all(params[f"train.optimizer.key{number}"] == str(number) for number in range(120))
    assert params["train.optimizer.long"] == "x" * (MAX_PARAM - 3) + "..."
    sink.begin(folder)  # nothing that was shortened counts as changed
    assert not [name for name in sink.client.get_run(sink.run_id).data.tags if name.startswith("resumed.")]


def test_names_that_mlflow_refuses_are_mended():
    assert valid("model.a@b/c d") == "model.a_b/c d"
    assert shortened("abcdef", 6) == "abcdef" and shortened("abcdefg", 6) == "abc..."
