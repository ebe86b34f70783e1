"""What a sweep's folder says of its jobs."""

import json

import pytest

from kvae.errors import InputError
from kvae.runs.lock import locked
from kvae.sweep.folders import Job, JobFolder, SweepFolder, by_key, swept_keys

CONFIG = {"seed": 0, "outputs": "outputs", "train": {"itr": 10, "device": None}}


def begun(path, number, config=CONFIG):
    job = JobFolder(path / str(number))
    job.begin(number, [f"seed={number}", "+my.key=a=b"], config)
    return job


def test_a_job_is_interrupted_when_nobody_is_at_work_in_its_folder(tmp_path):
    job = begun(tmp_path, 3)
    assert job.read() == Job(3, {"seed": "3", "my.key": "a=b"}, "interrupted", job.path)
    with locked(job.path):
        assert job.read().status == "running"


def test_how_a_job_ended_and_what_it_measured(tmp_path):
    failed, finished = begun(tmp_path, 0), begun(tmp_path, 1)
    failed.end("failed", "why")
    finished.run.write_metrics({"val_loss": 2.5})
    finished.end("finished")
    assert (failed.read().status, failed.read().reason) == ("failed", "why")
    assert (finished.read().status, finished.read().metrics) == ("finished", {"val_loss": 2.5})


def test_a_finished_job_counts_as_such_whatever_was_noted(tmp_path):
    job = begun(tmp_path, 0)
    job.run.write_metrics({"val_loss": 1.0})  # and then the process was killed
    assert job.read().status == "finished"


def test_a_folder_takes_the_same_job_again_and_no_other(tmp_path):
    job = begun(tmp_path, 0)
    job.check_same(CONFIG)
    job.check_same(CONFIG | {"outputs": "elsewhere", "train": {"itr": 10, "device": "cpu"}})
    with pytest.raises(InputError, match=r"another job, which differs in train.itr=10 \(there\) 20 \(here\)"):
        job.check_same(CONFIG | {"train": {"itr": 20, "device": None}})


def test_a_job_whose_config_was_wrong_may_be_another_now(tmp_path):
    begun(tmp_path, 0, {}).check_same(CONFIG)


def test_jobs_that_are_not_begun_wait(tmp_path):
    sweep = SweepFolder(tmp_path)
    sweep.write_plan(["seed=0,1,2"], "val_loss", [["seed=0"], ["seed=1"], ["seed=2"]])
    begun(tmp_path, 1).end("failed", "why")
    assert [(job.number, job.status) for job in sweep.jobs()] == [(0, "waiting"), (1, "failed"), (2, "waiting")]


def test_a_folder_takes_the_same_sweep_again_and_no_other(tmp_path):
    sweep = SweepFolder(tmp_path)
    sweep.write_plan(["seed=0,1"], "val_loss", [["seed=0"], ["seed=1"]])
    sweep.write_plan(["seed=range(0,2)"], "kl", [["seed=0"], ["seed=1"]])
    assert sweep.read_plan()["objective"] == "kl"
    with pytest.raises(InputError, match=r"holds another sweep: seed=range\(0,2\). Received: seed=0,2"):
        sweep.write_plan(["seed=0,2"], "val_loss", [["seed=0"], ["seed=2"]])


@pytest.mark.parametrize("text", ["[]", "{}", "no JSON"])
def test_a_damaged_plan_is_named(tmp_path, text):
    (tmp_path / "sweep.json").write_text(text)
    with pytest.raises(InputError, match=r"sweep.json is .*damaged"):
        SweepFolder(tmp_path).read_plan()


def test_overrides_by_key_and_which_of_them_are_swept():
    jobs = [Job(0, by_key(["a=1", "+b=x=y", "c=0"])), Job(1, by_key(["a=1", "+b=z", "c=0"])), Job(2, {"a": "1"})]
    assert jobs[0].overrides == {"a": "1", "b": "x=y", "c": "0"}
    assert swept_keys(jobs) == ["b", "c"]


def test_the_record_of_a_job_is_plain_json(tmp_path):
    job = begun(tmp_path, 0)
    assert json.loads(job.record.read_text())["config"] == CONFIG
