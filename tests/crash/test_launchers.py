"""Sweeps on every launcher of the extra [sweep]: run by hand with `pytest -m slow tests/crash`."""

import contextlib
import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import RUN, kvae

pytestmark = pytest.mark.rare

SMALL = ["-m", "model=tiny", "train.itr=100", "train.jit_compile=false", "hydra.sweep.dir=swept"]


def rows_of(folder):
    with (folder / "sweep.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def losses(folder):
    return [float(row["val_loss"]) for row in rows_of(folder)]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The losses of jobs that ran one after the other."""
    tmp_path = tmp_path_factory.mktemp("alone")
    assert kvae(tmp_path, *SMALL, "seed=0,1,2").returncode == 0
    return losses(tmp_path / "swept")


@pytest.mark.parametrize(
    ("module", "launcher"),
    [
        ("hydra_plugins.hydra_joblib_launcher", ["hydra/launcher=joblib"]),
        ("hydra_plugins.hydra_joblib_launcher", ["hydra/launcher=cores"]),
        ("hydra_plugins.hydra_ray_launcher", ["hydra/launcher=ray"]),
        ("hydra_plugins.hydra_submitit_launcher", ["hydra/launcher=submitit_local"]),
        (
            "hydra_plugins.hydra_submitit_launcher",
            ["hydra/launcher=slurm", "hydra.launcher.cpus_per_task=1", "hydra.launcher.mem_gb=2"],
        ),
    ],
    ids=lambda value: value[0].partition("=")[2] if isinstance(value, list) else "",
)
def test_a_launcher_gives_what_jobs_alone_give(tmp_path, alone, module, launcher):
    pytest.importorskip(module, reason="the extra [sweep] is not installed")
    if "slurm" in launcher[0] and shutil.which("sbatch") is None:
        pytest.skip("there is no Slurm here")
    result = kvae(tmp_path, *SMALL, "seed=0,1,2", *launcher)
    assert result.returncode == 0, result.stdout + result.stderr
    assert losses(tmp_path / "swept") == pytest.approx(alone, rel=1e-5)
    assert "Traceback" not in result.stdout + result.stderr


CLUSTER = """
import os, sys
os.environ["RAY_AUTH_MODE"] = "disabled"
from ray.cluster_utils import Cluster

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "node_ip_address": "127.0.0.2"})
cluster.add_node(num_cpus=1, node_ip_address="127.0.0.2")
print("address", cluster.address, flush=True)
sys.stdin.read()
cluster.shutdown()
"""


@pytest.fixture
def ray_cluster(monkeypatch):
    """The address of two Ray nodes on loopback, of a processor each, which end with this test.

    Ray takes 127.0.0.1 for the name of the machine in its network.
    """
    pytest.importorskip("hydra_plugins.hydra_ray_launcher", reason="the extra [sweep] is not installed")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    process = subprocess.Popen([sys.executable, "-c", CLUSTER], stdin=-1, stdout=-1, stderr=-3, text=True)
    with process:
        lines = iter(process.stdout.readline, "")
        yield next(line.split()[1] for line in lines if line.startswith("address"))
        process.communicate(timeout=60)


def test_ray_loses_no_job_when_a_worker_is_killed(tmp_path, ray_cluster):
    init = "hydra.launcher.ray.init"
    where = ["hydra/launcher=ray", f"{init}.address={ray_cluster}", f"+{init}._node_ip_address=127.0.0.2"]
    long = ["train.itr=1500", "train.checkpoint_every=200", f"seed={','.join(map(str, range(8)))}"]
    process = subprocess.Popen(
        [sys.executable, str(RUN), *SMALL, *where, *long],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    begun, deadline = tmp_path / "swept" / "3" / "module001_vae" / "model.ckpt.npz", time.monotonic() + 300
    while not begun.is_file() and time.monotonic() < deadline:
        time.sleep(0.05)
    worker = worker_of(tmp_path / "swept" / "3")
    os.kill(worker, signal.SIGKILL)
    output = process.communicate(timeout=500)[0]
    assert process.returncode == 0, output
    rows = rows_of(tmp_path / "swept")
    assert [row["status"] for row in rows] == ["finished"] * 8, output
    log = (tmp_path / "swept" / "3" / "run.log").read_text()
    assert "resuming from iteration" in log


def worker_of(folder):
    """The process that waits for the job at work in a folder."""
    (job,) = (
        fd.parts[2] for fd in Path("/proc").glob("[0-9]*/fd/*") if same_file(fd, folder / ".lock")
    )  # fmt: skip
    return int(Path(f"/proc/{job}/stat").read_text().rpartition(")")[2].split()[1])


def same_file(link, path):
    with contextlib.suppress(OSError):
        return os.readlink(link) == str(path)
    return False
