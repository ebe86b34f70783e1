"""One job of a sweep, in this process."""

import json

import pytest

from kvae.config import child, compose
from kvae.errors import InputError, PrunedError
from kvae.process.interrupts import Interrupted
from kvae.sweep.folders import JobFolder
from kvae.sweep.isolation import FAILED, PRUNED


@pytest.fixture
def job(tmp_path):
    folder = JobFolder(tmp_path / "0")
    folder.begin(0, [], {})
    return folder


def ends_with(monkeypatch, what):
    """Let the mode end so; what it is called with."""
    calls = []

    def run_mode(config, folder, trackers, wait):
        calls.append((config, folder, list(trackers)))
        if isinstance(what, BaseException):
            raise what

    monkeypatch.setattr(child, "run_mode", run_mode)
    return calls


@pytest.mark.parametrize(
    ("what", "status", "noted", "reason"),
    [
        (None, 0, "finished", ""),
        (PrunedError("weak"), PRUNED, "pruned", "weak"),
        (InputError("data.path=x does not exist"), FAILED, "failed", "data.path=x does not exist"),
        (ZeroDivisionError("a\nb"), FAILED, "failed", "ZeroDivisionError: a b (the traceback is in run.log)"),
        (Interrupted(15), 143, "interrupted", ""),
    ],
)
def test_how_a_job_ended_is_noted_and_is_its_exit_status(monkeypatch, job, what, status, noted, reason):
    calls = ends_with(monkeypatch, what)
    config = compose("seed=5").plain
    assert child.run(config, job.path) == status
    record = json.loads(job.record.read_text())
    assert (record["status"], record["reason"]) == (noted, reason)
    ((checked, folder, trackers),) = calls
    assert (checked.run.seed, folder, trackers) == (5, job.path, [])


def test_a_trial_is_watched_by_its_pruner(monkeypatch, job, tmp_path):
    optuna = pytest.importorskip("optuna", reason="the extra [sweep] is not installed")
    from kvae.sweep.folders import SweepFolder
    from kvae.sweep.search import Pruning, Search, between

    storage = SweepFolder(tmp_path).storage
    Search(storage, "vae", "minimize", {"seed": between(0, 9)}, optuna.samplers.RandomSampler, 0).ask(1)
    calls = ends_with(monkeypatch, None)
    pruner = {"_target_": "optuna.pruners.ThresholdPruner", "upper": 3.0}
    child.run(compose().plain, job.path, {"storage": storage, "name": "vae", "number": 0, "pruner": pruner})
    ((_, _, (tracker,)),) = calls
    assert isinstance(tracker, Pruning)
    tracker.log(10, {"val_reconstruction": 2.0, "val_kl": 0.5})
    with pytest.raises(PrunedError, match=r"after iteration 20 \(3.5000 nats\)"):
        tracker.log(20, {"val_reconstruction": 2.0, "val_kl": 1.5})
