"""Sweeps under SIGKILL, and many jobs in one: run by hand with `pytest -m slow tests/crash`."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import RUN, kvae

pytestmark = pytest.mark.rare

TWELVE = [
    "-m", "model=tiny", "train.itr=300", "train.log_every=50", "train.checkpoint_every=50",
    "train.jit_compile=false", "model.latent_dim=1,2,3,4", "seed=0,1,2", "hydra.sweep.dir=swept",
]  # fmt: skip


def metrics_of(folder):
    times = {"seconds", "observations_per_second"}
    with (folder / "sweep.csv").open(newline="") as file:
        return [{key: value for key, value in row.items() if key not in times} for row in csv.DictReader(file)]


def descendants(pid):
    """The processes that a process started, and those that they did."""
    children = [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    return [*children, *(deeper for child in children for deeper in descendants(child))]


@pytest.mark.parametrize("everything", [False, True], ids=["alone", "with_its_job"])
def test_a_sweep_of_twelve_that_was_killed_halfway_ends_as_one_that_was_not(tmp_path, everything):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    assert kvae(whole, *TWELVE).returncode == 0
    process = subprocess.Popen(
        [sys.executable, str(RUN), *TWELVE], cwd=killed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    sixth, deadline = killed / "swept" / "5" / "module001_vae" / "model.ckpt.npz", time.monotonic() + 400
    while not sixth.is_file() and time.monotonic() < deadline:
        time.sleep(0.02)
    for pid in [process.pid, *(descendants(process.pid) if everything else [])]:
        os.kill(pid, signal.SIGKILL)
    process.wait()
    result = kvae(killed, "resume=swept")
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("was finished before") == 5
    assert metrics_of(killed / "swept") == metrics_of(whole / "swept")


def resident(pid):
    """Memory of a process in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def test_the_parent_of_a_hundred_jobs_does_not_grow(tmp_path):
    seeds = ",".join(map(str, range(100)))
    arguments = ["-m", "model=tiny", "data.limit=100", "train.itr=2", "train.jit_compile=false", f"seed={seeds}"]
    process = subprocess.Popen(
        [sys.executable, str(RUN), *arguments, "hydra.sweep.dir=swept"], cwd=tmp_path, stdout=subprocess.DEVNULL
    )
    memory = {}
    for number in range(100):
        while not (tmp_path / "swept" / str(number) / "metrics.json").is_file():
            assert process.poll() is None
            time.sleep(0.1)
        memory[number] = resident(process.pid)
    assert process.wait() == 0
    print(f"MiB after job 10: {memory[9]:.1f}, after job 100: {memory[99]:.1f}")
    assert max(memory[number] for number in range(9, 100)) < 1.1 * memory[9]
