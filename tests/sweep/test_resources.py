"""What one of several jobs may take of a machine."""

from types import SimpleNamespace

import pytest

from kvae.sweep import resources
from kvae.sweep.resources import environment_of, own_gpu, share_of_threads, visible_gpus


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """Eight processors, and nothing that was set before."""
    monkeypatch.setattr(resources, "n_processors", lambda: 8)
    for name in (*resources.THREADS, "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("launcher", "threads"),
    [
        ({"n_jobs": -1}, "1"),
        ({"n_jobs": -5}, "2"),
        ({"n_jobs": 4}, "2"),
        ({"n_jobs": 3}, "2"),
        ({"n_jobs": 16}, "1"),
        ({"cpus_per_task": 4}, "4"),
        ({"ray": {"remote": {"num_cpus": 3}}}, "3"),
        ({"ray": {"remote": {"num_cpus": 0.5}}}, "1"),
        ({"ray": {"init": {}}}, "1"),
    ],
)
def test_n_jobs_do_not_each_take_all_threads(launcher, threads):
    assert share_of_threads(launcher) == dict.fromkeys(resources.THREADS, threads)


def test_one_job_at_a_time_takes_what_it_likes(monkeypatch):
    assert share_of_threads({"_target_": "BasicLauncher"}) == {}
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "7")
    assert share_of_threads({"n_jobs": 4})["TF_NUM_INTRAOP_THREADS"] == "7"


def test_visible_gpus_are_those_that_the_scheduler_gave(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,GPU-8f2b")
    assert visible_gpus() == ["2", "GPU-8f2b"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert visible_gpus() == []
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert visible_gpus() == []


def test_gpus_are_counted_without_opening_them(monkeypatch):
    listed = "GPU 0: H200 (UUID: GPU-1)\nGPU 1: H200 (UUID: GPU-2)\n"
    monkeypatch.setattr(resources.subprocess, "run", lambda *args, **kwargs: SimpleNamespace(stdout=listed))
    assert visible_gpus() == ["0", "1"]


def test_jobs_at_once_get_different_gpus_and_share_when_there_are_more_of_them(monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6")
    with own_gpu(0, tmp_path) as first, own_gpu(1, tmp_path) as second:
        assert [first, second] == [{"CUDA_VISIBLE_DEVICES": "4"}, {"CUDA_VISIBLE_DEVICES": "6"}]
        with own_gpu(3, tmp_path) as third:
            assert third == {"CUDA_VISIBLE_DEVICES": "6"}
    with own_gpu(5, tmp_path) as later:
        assert later == {"CUDA_VISIBLE_DEVICES": "4"}


def test_without_a_gpu_nothing_is_hidden(monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with own_gpu(0, tmp_path) as none:
        assert none == {}


@pytest.mark.parametrize(
    ("launcher", "strategy", "device", "own"),
    [
        ("x.JoblibLauncher", None, None, True),
        ("x.JoblibLauncher", None, "gpu", True),
        ("x.JoblibLauncher", None, "gpu:1", False),
        ("x.JoblibLauncher", None, "cpu", False),
        ("x.JoblibLauncher", "mirrored", None, False),
        ("x.BasicLauncher", None, None, False),
    ],
)
def test_a_job_that_chooses_its_devices_or_has_the_machine_alone_sees_all_of_them(
    monkeypatch, launcher, strategy, device, own
):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    with environment_of({"_target_": launcher}, 0, strategy, device) as environment:
        assert ("CUDA_VISIBLE_DEVICES" in environment) is own
