"""run.py on two machines, as two processes on loopback."""

import json
import socket

import command
import numpy as np
import pytest
from command import run_folder

TINY = [
    "model=tiny",
    "data.limit=200",
    "train.batch_size=33",
    "train.log_every=5",
    "hydra.run.dir=run",
    "train.jit_compile=false",
]


def free_ports(n):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def kvae(cwd, *arguments, own=((), ())):
    """Chief and worker with the same arguments and those of their `own`; what both printed, and how they ended."""
    workers = [f"127.0.0.1:{port}" for port in free_ports(2)]
    processes = []
    for index in range(2):
        cluster = {"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}}
        typed = ["train.strategy=multi_worker", *arguments, *own[index]]
        processes.append(command.start(cwd, *typed, TF_CONFIG=json.dumps(cluster)))
    try:
        printed = [process.communicate(timeout=200) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(process.returncode, *texts) for process, texts in zip(processes, printed, strict=True)]


def alone(cwd):
    """Learn in one process what the tests learn in two: 10 passes of 5 steps."""
    run_folder(command.kvae(cwd, *TINY, "train.itr=10", "hydra.run.dir=alone"), cwd)


def assert_same_results(cwd):
    for name in ("loss", "val_loss", "z_learn"):
        ours, theirs = (np.loadtxt(cwd / run / f"module001_vae/{name}.txt") for run in ("run", "alone"))
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_two_workers_learn_what_one_learns_and_the_chief_writes(tmp_path):
    chief, worker = kvae(tmp_path, *TINY, "train.itr=10")
    assert chief[0] == worker[0] == 0, chief[2] + worker[2]
    alone(tmp_path)
    assert_same_results(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"run", "alone"}
    assert chief[1].startswith("worker 1 of 2: waiting for 127.0.0.1:")
    assert chief[1].endswith("run folder: run\n")
    assert worker[1].splitlines()[-1].startswith("the chief shows progress and writes results: 127.0.0.1:")


@pytest.mark.slow
def test_workers_go_on_from_what_the_chief_kept(tmp_path):
    for itr in (5, 10):
        chief, worker = kvae(tmp_path, *TINY, f"train.itr={itr}")
        assert chief[0] == worker[0] == 0, chief[2] + worker[2]
    assert "resuming from iteration 5 of 10" in chief[1]
    alone(tmp_path)
    assert_same_results(tmp_path)


@pytest.mark.slow
def test_workers_that_differ_are_refused(tmp_path):
    for code, _, error in kvae(tmp_path, *TINY, "train.itr=5", own=(["seed=1"], ["seed=2"])):
        assert (code, error.splitlines()[-1][:36]) == (1, "error: the workers differ in config.")
