"""Which jobs a sweep has."""

import sys
from types import SimpleNamespace

import hydra
import pytest
from omegaconf import OmegaConf

from kvae.config import sweeps
from kvae.config.errors import CONF
from kvae.errors import InputError
from kvae.metrics import meaning, own
from kvae.runs.lock import is_held
from kvae.sweep.folders import JobFolder, SweepFolder


def values(**lists):
    return {key: [f"{key}={value}" for value in texts.split(",")] for key, texts in lists.items()}


def test_every_combination_in_the_order_that_was_typed():
    found = sweeps.combinations(values(a="1,2", b="3", c="4,5"), ())
    assert found == [["a=1", "b=3", "c=4"], ["a=1", "b=3", "c=5"], ["a=2", "b=3", "c=4"], ["a=2", "b=3", "c=5"]]
    assert sweeps.combinations({}, ()) == [[]]


def test_keys_that_vary_together_go_first_with_first():
    found = sweeps.combinations(values(a="1,2,2", seed="0,1", b="7,7,8"), ["a", "b"])
    assert found == [
        ["seed=0", "a=1", "b=7"], ["seed=0", "a=2", "b=7"], ["seed=0", "a=2", "b=8"],
        ["seed=1", "a=1", "b=7"], ["seed=1", "a=2", "b=7"], ["seed=1", "a=2", "b=8"],
    ]  # fmt: skip


@pytest.mark.parametrize(("b", "received"), [("7,8,9", "a has 2, b has 3"), (None, "a has 2, b has 0")])
def test_keys_that_vary_together_need_as_many_values(b, received):
    of = values(a="1,2") if b is None else values(a="1,2", b=b)
    with pytest.raises(InputError, match=rf"together=\['a', 'b'\] needs equally many .* Received: {received}"):
        sweeps.combinations(of, ["a", "b"])


def test_a_mistake_in_the_first_and_the_last_job_is_told_before_any_of_them():
    wrong, right = compose_raw("seed=-1"), compose_raw("seed=1")
    with pytest.raises(InputError, match=r"seed must be an integer from 0 to 4294967295. Received: -1"):
        sweeps.check_jobs([wrong, wrong])
    sweeps.check_jobs([wrong, right])
    sweeps.check_jobs([wrong, compose_raw("seed=-2")])  # two mistakes: the jobs tell them


def compose_raw(*overrides):
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        return hydra.compose("config", overrides=list(overrides))


@pytest.mark.parametrize(
    ("launcher", "n"),
    [
        ({"_target_": "x.BasicLauncher"}, 1),
        ({"_target_": "x.JoblibLauncher", "n_jobs": 3}, 3),
        ({"_target_": "x.JoblibLauncher", "n_jobs": 1}, 1),
        ({"_target_": "x.JoblibLauncher", "n_jobs": -2}, 7),
        ({"_target_": "x.RayLauncher"}, 8),
    ],
)
def test_a_search_has_as_many_trials_at_once_as_the_launcher_runs(monkeypatch, launcher, n):
    monkeypatch.setattr("kvae.sweep.resources.n_processors", lambda: 8)
    assert sweeps.jobs_at_once(launcher) == n


def test_a_sweep_holds_its_folder_until_it_is_finished(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sweeps, "_begun", None)
    assert sweeps.finish() and not sweeps.is_begun()
    typed = ["train.itr=3", "seed=0,1", "resume=x", f"hydra.sweep.dir={tmp_path}"]
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        config = hydra.compose("config", overrides=typed[-1:], return_hydra_config=True)
    config.hydra.overrides.task, config.hydra.overrides.hydra = typed[:3], typed[3:]
    sweeps.begin(config, [["seed=0"], ["seed=1"]])
    assert sweeps.is_begun() and is_held(tmp_path)
    assert SweepFolder(tmp_path).read_plan()["command"] == typed[:2]
    assert capsys.readouterr().out.startswith("2 jobs in ")
    JobFolder(tmp_path / "0").begin(0, ["seed=0"], {})
    assert not sweeps.finish()  # no job is finished
    assert not is_held(tmp_path)


def test_a_folder_is_let_go_before_python_is_taken_apart_and_not_by_a_fork(tmp_path, monkeypatch):
    at_end = []
    monkeypatch.setattr(sweeps.atexit, "register", lambda function, *args: at_end.append((function, args)))
    sweeps.hold(tmp_path, "run")
    sweeps.hold(tmp_path, "run")
    ((function, (folder, process)),) = at_end
    function(folder, process + 1)
    assert is_held(tmp_path)
    function(folder, process)
    assert not is_held(tmp_path)


def test_a_search_knows_which_way_a_metric_is_better(tmp_path, monkeypatch):
    (tmp_path / "metrics_of_a_search.py").write_text(
        "from kvae.metrics import Meaning, measures\n"
        "@measures(sharp=Meaning('Sharpness', better='higher'))\n"
        "def sharp(x_hat): return 1.0\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.setattr(meaning, "DECLARED", {})
    monkeypatch.setattr(own, "DECLARED", meaning.DECLARED)
    mine = {"sharp": {"_target_": "metrics_of_a_search.sharp"}}
    for objective, metric, expected in (
        ("val_loss", {}, "minimize"),
        ("val_accuracy", {}, "maximize"),
        ("val_sharp", None, "minimize"),
        ("val_sharp", mine, "maximize"),
    ):
        config = OmegaConf.create({"objective": objective, "metric": metric})
        assert sweeps.best_direction(config) == expected, objective


@pytest.mark.parametrize(("program", "typed"), [("kvae", "kvae"), ("python run.py", "python run.py")])
def test_an_interrupted_sweep_names_the_program_that_was_typed(program, typed, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KVAE_COMMAND", program)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "run.py")])
    monkeypatch.chdir(tmp_path)
    SweepFolder(tmp_path / "sweep").write_plan(["seed=0,1"], "val_loss", [["seed=0"], ["seed=1"]])
    monkeypatch.setattr(sweeps, "_begun", (tmp_path / "sweep", SimpleNamespace(end=lambda failed: None)))

    sweeps.say_how_to_go_on("interrupted")

    assert f"resume with:     {typed} resume=sweep\n" in capsys.readouterr().out
