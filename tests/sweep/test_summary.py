"""The result of a sweep, against numbers worked out by hand."""

import csv
import json
import math

import numpy as np
import pytest

from kvae.errors import InputError
from kvae.runs.files import relative
from kvae.sweep.__main__ import main
from kvae.sweep.folders import Job, JobFolder, SweepFolder
from kvae.sweep.settings import settings_of
from kvae.sweep.summary import as_command, shortened, summarise


def job(number, value, **overrides):
    return Job(number, overrides, "finished", metrics={"val_loss": value, "seconds": 2.0})


@pytest.fixture
def sweep(tmp_path):
    """Two settings of two seeds, of which one failed, one that was given up, and one that waits."""
    planned = [[f"model.latent_dim={d}", f"seed={s}"] for d in (2, 10) for s in (0, 1)]
    planned += [["model.latent_dim=3", "seed=0"], ["model.latent_dim=4", "seed=0"]]
    SweepFolder(tmp_path).write_plan(["model.latent_dim=2,10", "seed=0,1"], "val_loss", planned)
    for number, value in enumerate([4.0, 5.0, 3.0, None, None]):
        one = JobFolder(tmp_path / str(number))
        one.begin(number, planned[number], {})
        if value is None:
            one.end("failed" if number == 3 else "pruned", 'too, "large"')
        else:
            one.run.write_metrics({"loss": 1.0, "val_loss": value, "seconds": 2.0})
            one.end("finished")
    return tmp_path


def test_seeds_of_one_setting_are_taken_together_the_best_first():
    values = {("2", "0"): 4.0, ("2", "1"): 5.5, ("10", "0"): 3.0, ("10", "1"): 4.0, ("10", "2"): 3.6}
    jobs = [job(i, value, dim=dim, seed=seed) for i, ((dim, seed), value) in enumerate(values.items())]
    best, second = settings_of([*jobs, Job(9, {"dim": "2"}, "failed")], "val_loss")
    assert (best.overrides, len(best.values)) == ({"dim": "10"}, 3)
    assert best.mean == pytest.approx(np.mean([3.0, 4.0, 3.6]))
    assert best.sd == pytest.approx(np.std([3.0, 4.0, 3.6], ddof=1))
    assert second.mean == pytest.approx(4.75)
    assert math.isnan(settings_of([job(0, 1.0, dim="1")], "val_loss")[0].sd)


def test_the_best_accuracy_is_the_largest():
    jobs = [Job(i, {"dim": str(i)}, "finished", metrics={"val_accuracy": i / 10}) for i in range(3)]
    assert [setting.mean for setting in settings_of(jobs, "val_accuracy")] == [0.2, 0.1, 0.0]


def test_a_row_per_job_with_all_that_is_known_of_it(sweep):
    assert not summarise(sweep)
    with (sweep / "sweep.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["job"] for row in rows] == ["0", "1", "2", "3", "4", "5"]
    assert [row["status"] for row in rows] == ["finished"] * 3 + ["failed", "pruned", "waiting"]
    assert [row["val_loss"] for row in rows] == ["4.0", "5.0", "3.0", "", "", ""]
    assert rows[3]["reason"] == 'too, "large"'
    assert (rows[2]["run_folder"], rows[5]["run_folder"]) == ("2", "")
    assert rows[2]["model.latent_dim"] == "10"
    assert (sweep / "sweep.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_shown(sweep, capsys):
    assert main([str(sweep)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["val_loss", "sd", "n", "time", "latent_dim"]
    assert lines[1].split() == ["3.0000", "1", "2", "s", "10"]
    assert lines[2].split() == ["4.5000", "0.7071", "2", "2", "s", "2"]
    assert lines[3] == '#3 model.latent_dim=10 seed=1  failed: too, "large"'
    assert lines[4] == "#5 model.latent_dim=4 seed=0  waiting"
    assert lines[5] == "1 of 6 jobs were pruned, worse than others at the same iteration"
    assert lines[6] == "the best:  python run.py model.latent_dim=10"


def test_the_best_is_typed_with_the_configs_of_ones_own(sweep, capsys):
    sources = [
        {"path": "/kvae/conf", "provider": "main"},
        {"path": "/home/me/my conf", "provider": "command-line"},
    ]
    (sweep / "2/.hydra").mkdir()
    (sweep / "2/.hydra/hydra.yaml").write_text(json.dumps({"hydra": {"runtime": {"config_sources": sources}}}))
    summarise(sweep)
    best = capsys.readouterr().out.splitlines()[-1]
    assert best == "the best:  python run.py '--config-dir=/home/me/my conf' model.latent_dim=10"


def test_of_shards_none_is_the_best(tmp_path, capsys, caplog):
    caplog.set_level("INFO")
    jobs = [[f"mode.shard={number}"] for number in range(2)]
    SweepFolder(tmp_path).write_plan([job[0] for job in jobs], "val_loss", jobs)
    for number, job in enumerate(jobs):
        one = JobFolder(tmp_path / str(number))
        one.begin(number, job, {})
        one.run.write_metrics({"val_loss": 1.0 + number})
    assert main([str(tmp_path)]) == 0
    assert "the best:" not in capsys.readouterr().out
    assert f"join the shards:  python -m kvae.sweep {relative(tmp_path)} --join" in caplog.text


def test_a_sweep_that_is_complete_says_so(tmp_path):
    SweepFolder(tmp_path).write_plan(["seed=0"], "val_loss", [["seed=0"]])
    one = JobFolder(tmp_path / "0")
    one.begin(0, ["seed=0"], {})
    one.run.write_metrics({"val_loss": 1.0})
    assert summarise(tmp_path)
    assert not (tmp_path / "sweep.png").exists()  # nothing varies


def test_an_objective_that_no_job_has_is_told(tmp_path, capsys):
    SweepFolder(tmp_path).write_plan(["seed=0"], "elbow", [["seed=0"]])
    one = JobFolder(tmp_path / "0")
    one.begin(0, ["seed=0"], {})
    one.run.write_metrics({"val_loss": 1.0, "kl": 2.0})
    summarise(tmp_path)
    assert "no job has the metric objective=elbow. There are: val_loss, kl" in capsys.readouterr().out


def test_recognition_has_loss_where_learning_has_val_loss(tmp_path, capsys):
    SweepFolder(tmp_path).write_plan(["seed=0"], "val_loss", [["seed=0"]])
    one = JobFolder(tmp_path / "0")
    one.begin(0, ["seed=0"], {})
    one.run.write_metrics({"loss": 7.0})
    summarise(tmp_path)
    assert capsys.readouterr().out.splitlines()[1].split()[0] == "7.0000"


def test_a_folder_without_a_sweep_is_one_error(tmp_path, capsys):
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        f"error: {tmp_path} is no folder of a sweep: it holds no sweep.json. Give the one that the "
        "sweep names at its end, such as outputs/<name>/<mode>/<time>\n"
    )
    with pytest.raises(InputError):
        summarise(tmp_path)


def test_a_command_is_quoted_for_a_shell_and_is_of_a_single_run():
    overrides = {"sweep": "optuna", "model.hidden_encoder_dim": "[200,100]", "name": "a b", "seed": "1"}
    assert as_command(overrides) == "'model.hidden_encoder_dim=[200,100]' 'name=a b' seed=1"
    assert as_command(overrides, ["seed"]) == "seed=1"


def test_long_numbers_are_shortened_and_texts_are_not():
    assert shortened("0.0028290679374167807") == "0.002829"
    assert (shortened("128"), shortened("a long text")) == ("128", "a long text")
