"""From a config to its tracker."""

import sys

import pytest

from kvae.config import CheckBeforeRun, compose
from kvae.errors import InputError
from kvae.modes import recorded, run_mode
from kvae.process.interrupts import Interrupted
from kvae.runs import RunFolder
from kvae.tracking import About, NoTracker, check_installed, opening, tracked

ABOUT = About("vae", "outputs", {})


@pytest.mark.parametrize(("name", "library"), [("mlflow", "MLflow"), ("tensorboard", "TensorBoard")])
def test_a_library_that_is_not_installed_is_named_before_anything_is_done(tmp_path, monkeypatch, name, library):
    monkeypatch.setitem(sys.modules, name, None)
    config = compose("model=tiny", f"tracking={name}", f"outputs={tmp_path}")
    with pytest.raises(InputError) as caught:
        run_mode(config, tmp_path / "run")
    assert str(caught.value) == (
        f"tracking={name} needs {library}: pip install -c constraints.txt -e '.[tracking]'"
    )
    assert not (tmp_path / "run" / "run.json").exists()


def test_the_command_line_says_so_before_there_is_a_run_folder(tmp_path, monkeypatch, capsys):
    from omegaconf import OmegaConf

    monkeypatch.setitem(sys.modules, "mlflow", None)
    plain = compose("tracking=mlflow").plain
    with pytest.raises(SystemExit):
        CheckBeforeRun().on_run_start(
            OmegaConf.create({**plain, "hydra": {"run": {"dir": str(tmp_path / "run")}}})
        )
    assert "error: tracking=mlflow needs MLflow: pip install" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_needed_and_imported_for_none(monkeypatch):
    for name in ("mlflow", "tensorboard"):
        monkeypatch.setitem(sys.modules, name, None)
    check_installed("none")
    with tracked(compose().tracking, ABOUT) as tracker:
        assert isinstance(tracker, NoTracker)
        tracker.begin(RunFolder("nowhere"))
        tracker.log(1, {"loss": 1.0})
        tracker.finish({}, RunFolder("nowhere"))
        tracker.fail("reason")


def test_workers_that_do_not_write_the_run_folder_record_nothing(monkeypatch):
    workers = '{"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 1}}'
    monkeypatch.setenv("TF_CONFIG", workers)
    config = compose("tracking=mlflow", "train.strategy=multi_worker")
    with recorded(config, ()) as tracker:
        assert isinstance(tracker, NoTracker)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InputError("the loss is not finite"), ("the loss is not finite", False)),
        (MemoryError(), ("MemoryError", False)),
        (Interrupted(15), ("asked to end", True)),
    ],
)
def test_a_tracker_is_told_of_an_end_that_is_not_the_runs_own(monkeypatch, error, told):
    class Told(NoTracker):
        def fail(self, reason, interrupted=False):
            self.told = (reason, interrupted)

    tracker = Told()
    monkeypatch.setattr(opening, "build", lambda options, about: tracker)
    with pytest.raises(type(error)), tracked(compose().tracking, ABOUT):
        raise error
    assert tracker.told == told
