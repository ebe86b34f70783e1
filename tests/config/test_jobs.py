"""What Hydra calls for every job of a sweep, and what its process is told."""

from types import SimpleNamespace

import hydra
import pytest

from kvae.config import jobs
from kvae.config.errors import CONF
from kvae.config.hydra_app import check_composed
from kvae.errors import InputError
from kvae.runs.files import read_json
from kvae.sweep import isolation
from kvae.sweep.folders import JobFolder, SweepFolder


def composed(tmp_path, *overrides):
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        return hydra.compose(
            "config",
            overrides=[
                f"hydra.sweep.dir={tmp_path}",
                f"hydra.runtime.output_dir={tmp_path}/3",
                "hydra.job.num=3",
                *overrides,
            ],
            return_hydra_config=True,
        )


def test_a_trial_is_told_of_its_study(tmp_path):
    node = composed(tmp_path, "sweep=optuna", "name=mine").hydra
    found = jobs.trial_of(node)
    assert (found["storage"], found["name"], found["number"]) == (SweepFolder(tmp_path).storage, "mine", 3)
    assert found["pruner"]["_target_"] == "optuna.pruners.MedianPruner"
    elsewhere = jobs.trial_of(composed(tmp_path, "sweep=optuna", "hydra.sweeper.storage='sqlite:///x.db'").hydra)
    assert elsewhere["storage"] == "sqlite:///x.db"


@pytest.mark.parametrize("overrides", [["sweep=optuna", "hydra.sweeper.pruner=null"], ["sweep=product"]])
def test_other_jobs_are_no_trials(tmp_path, overrides):
    assert jobs.trial_of(composed(tmp_path, *overrides).hydra) is None


@pytest.fixture
def child(monkeypatch):
    """What jobs give their processes; `ends(folder)` happens in the place of each, and is its exit status."""
    given = []

    def replace(ends):
        def run_alone(*arguments):
            given.append(arguments)
            return ends(JobFolder(arguments[2]))

        monkeypatch.setattr(isolation, "run_alone", run_alone)
        return given

    return replace


def run(tmp_path, *overrides):
    cfg = composed(tmp_path, *overrides)
    SweepFolder(tmp_path).write_plan(["train.itr=2"], "val_loss", [])
    folder = tmp_path / "3"
    task = ["train.itr=2", "seed=4"]
    node = SimpleNamespace(
        job=SimpleNamespace(num=3),
        runtime=SimpleNamespace(output_dir=str(folder), cwd=str(tmp_path)),
        overrides=SimpleNamespace(task=task),
        sweep=cfg.hydra.sweep, sweeper=cfg.hydra.sweeper, job_logging=cfg.hydra.job_logging,
        launcher=cfg.hydra.launcher,
    )  # fmt: skip
    plain = check_composed(cfg).plain
    return jobs.run_job(cfg, node), JobFolder(folder), plain


def test_a_job_gets_its_config_folder_number_and_trial(child, tmp_path):
    given = child(lambda job: job.end("pruned", "weak") or isolation.PRUNED)
    value, job, plain = run(tmp_path, "sweep=optuna", "train.itr=2")
    assert value != value  # NaN: it has no result
    assert (job.read().status, job.read().overrides) == ("pruned", {"train.itr": "2", "seed": "4"})
    program, config, folder, logging, number, _, cwd, trial, shared = given[0]
    assert (program, config, folder, number, cwd) == (jobs.CHILD, plain, tmp_path / "3", 3, str(tmp_path))
    assert logging["handlers"]["file"]["filename"] == f"{tmp_path}/3/run.log" and trial["number"] == 3
    assert "kvae.modes.learn" in shared


@pytest.mark.parametrize(("compile_cache", "level"), [("true", "3"), ("false", None)])
def test_tensorflow_is_quiet_where_jobs_take_up_programs(child, tmp_path, monkeypatch, compile_cache, level):
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    given = child(finished)
    run(tmp_path, f"compile_cache={compile_cache}")
    assert given[0][5].get("TF_CPP_MIN_LOG_LEVEL") == level


BASIC = "hydra._internal.core_plugins.basic_launcher.BasicLauncher"


@pytest.mark.parametrize("launcher", [BASIC, "hydra_plugins.hydra_joblib_launcher.joblib_launcher.JoblibLauncher"])
def test_jobs_share_what_they_import_where_one_process_starts_several(tmp_path, launcher):
    learns = check_composed(composed(tmp_path))
    shared = jobs.shared_by_jobs(learns, {"_target_": launcher})
    assert {"keras", "matplotlib.figure", "kvae.modes.learn"} <= set(shared)
    inspects = check_composed(composed(tmp_path, "mode=inspect"))
    assert jobs.shared_by_jobs(inspects, {"_target_": launcher}) == ["kvae.modes.inspect"]


@pytest.mark.parametrize("kind", ["ray_launcher.RayLauncher", "submitit_launcher.SlurmLauncher"])
def test_jobs_elsewhere_share_nothing(tmp_path, kind):
    assert jobs.shared_by_jobs(check_composed(composed(tmp_path)), {"_target_": f"hydra_plugins.{kind}"}) is None


def test_a_mode_of_the_users_own_is_imported_by_the_job_itself():
    own = SimpleNamespace(mode=SimpleNamespace(uses_keras=True, name="mine", _target_="my_module.run"))
    assert jobs.shared_by_jobs(own, {"_target_": BASIC}) == ["keras", *jobs.LIBRARIES]


def finished(job):
    job.run.write_metrics({"val_loss": 2.5, "seconds": 1.0})
    job.end("finished")
    return 0


def test_a_job_that_is_finished_gives_its_objective_and_does_not_run_again(child, tmp_path, caplog):
    caplog.set_level("INFO")
    given = child(finished)
    assert run(tmp_path)[0] == run(tmp_path)[0] == 2.5
    assert len(given) == 1
    assert "#3 seed=4" in caplog.text and "#3 was finished before" in caplog.text
    assert "#3 val_loss 2.5000  (1 s)" in caplog.text
    assert read_json(JobFolder(tmp_path / "3").record)["status"] == "finished"


def test_the_result_of_another_job_is_not_overwritten(child, tmp_path):
    given = child(finished)
    run(tmp_path)
    with pytest.raises(InputError, match=r"holds another job, which differs in model\.latent_dim="):
        run(tmp_path, "model.latent_dim=3")
    assert len(given) == 1


@pytest.mark.parametrize(
    ("ends", "reason"),
    [
        (lambda job: -9, "the process was ended by SIGKILL"),
        (lambda job: 7, "the process ended with exit status 7"),
        (lambda job: job.end("interrupted") or 0, "the process ended with exit status 0"),
        (lambda job: job.end("failed", "its own words") or isolation.FAILED, "its own words"),
    ],
)
def test_a_job_that_came_to_no_end_of_its_own_is_told(child, tmp_path, caplog, ends, reason):
    child(ends)
    value, job, _ = run(tmp_path)
    assert value != value
    assert job.read().status == "failed" and job.read().reason.startswith(reason)
    assert f"#3 {reason}" in caplog.text


def test_a_job_with_a_mistake_starts_no_process(child, tmp_path):
    given = child(lambda job: 0)
    cfg = composed(tmp_path, "model.latent_dim=-1")
    node = SimpleNamespace(
        job=SimpleNamespace(num=3),
        runtime=SimpleNamespace(output_dir=str(tmp_path / "3"), cwd=str(tmp_path)),
        overrides=SimpleNamespace(task=["model.latent_dim=-1"]),
    )
    value = jobs.run_job(cfg, node)
    job = JobFolder(tmp_path / "3").read()
    assert value != value and given == []
    assert job.status == "failed" and "model.latent_dim must be an integer >= 1. Received: -1" in job.reason
