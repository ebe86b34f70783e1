"""What is around every mode: its folder, its devices, and who is told of it."""

import importlib

import pytest
import tensorflow as tf

from kvae.config import compose
from kvae.errors import InputError
from kvae.modes import recog, run_mode
from kvae.modes.options import PACKAGE
from kvae.options.found import names_in
from kvae.runs.lock import is_held
from kvae.training import devices


class Told:
    """A tracker that keeps what it is told."""

    def __init__(self):
        self.of = []

    def finish(self, metrics, folder):
        self.of.append(("finish", metrics, folder.path))

    def fail(self, reason, interrupted=False):
        self.of.append(("fail", reason, interrupted))


@pytest.fixture
def runs(monkeypatch):
    """Let `mode=recog` do something else: a function that is called with config, folder and tracker."""
    monkeypatch.setattr(devices, "prepare", lambda strategy, device: None)
    return lambda what: monkeypatch.setattr(recog, "run", what)


def test_a_mode_has_its_folder_to_itself_and_without_leftovers(runs, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".part-z.txt").write_text("half")
    found, told = {}, Told()

    def run(config, folder, tracker):
        found.update(held=is_held(folder.path), left=sorted(path.name for path in folder.path.glob(".part-*")))
        found.update(device=tf.constant(1.0).device, format=folder.format)
        return {"loss": 1.0}, folder

    runs(run)
    metrics, shown = run_mode(compose("mode=recog", "train.device=cpu", "format=npy"), tmp_path / "run", [told])
    assert found.pop("device").endswith("CPU:0")
    assert found == {"held": True, "left": [], "format": "npy"}
    assert (metrics, shown.path) == ({"loss": 1.0}, tmp_path / "run")
    assert told.of == [("finish", {"loss": 1.0}, tmp_path / "run")]
    assert not is_held(tmp_path / "run")


@pytest.mark.parametrize(
    ("error", "told_of"),
    [(InputError("wrong"), ("fail", "wrong", False)), (KeyboardInterrupt(), ("fail", "asked to end", True))],
)
def test_who_records_a_mode_is_told_that_it_did_not_end_well(runs, tmp_path, error, told_of):
    def run(config, folder, tracker):
        raise error

    runs(run)
    told = Told()
    with pytest.raises(type(error)):
        run_mode(compose("mode=recog"), tmp_path / "run", [told])
    assert told.of == [told_of]
    assert not is_held(tmp_path / "run")


def test_devices_are_prepared_before_the_mode_and_it_computes_where_it_is_told(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(devices, "prepare", lambda strategy, device: seen.append(("prepared", strategy, device)))
    monkeypatch.setattr(devices, "device_named", lambda name: seen.append(name) or "/device:CPU:0")
    monkeypatch.setattr(
        recog, "run", lambda config, folder, tracker: seen.append("run") or ({"loss": 0.0}, folder)
    )
    run_mode(compose("mode=recog", "train.device=cpu"), tmp_path / "run")
    assert seen == [("prepared", None, "cpu"), "cpu", "run"]


@pytest.mark.parametrize("name", names_in(PACKAGE))
def test_every_mode_is_a_module_that_runs(name):
    assert callable(importlib.import_module(f"{PACKAGE}.{name}").run)
    assert compose(f"mode={name}").mode.name == name
