"""Sweeps as a user runs them: their result, what fails in them, and going on."""

import csv
import signal
import subprocess
import sys
import time

import pytest
from command import RUN, files_of, kvae, results_of, run_folder, uncompiled

SMALL = ["model=tiny", "data.limit=100", "train.itr=4"]


def rows_of(folder):
    with (folder / "sweep.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """A folder in which a sweep ran whose second job fails, what was printed, and the sweep's folder."""
    cwd = tmp_path_factory.mktemp("sweep")
    result = uncompiled(cwd, "-m", *SMALL, "model.latent_dim=1,-1,3", "hydra.sweep.dir=swept")
    return cwd, result, cwd / "swept"


def test_a_job_that_fails_stops_no_other_and_is_told(sweep):
    _, result, folder = sweep
    assert result.returncode == 1
    assert "Traceback" not in result.stdout + result.stderr
    assert "warning" not in result.stdout  # such as that jobs cannot share what they import
    message = "model.latent_dim must be an integer >= 1. Received: -1. Type, for example, model.latent_dim=10"
    assert result.stderr == f"error: #1 {message}\n"
    rows = rows_of(folder)
    assert [row["status"] for row in rows] == ["finished", "failed", "finished"]
    assert rows[1]["reason"] == message
    assert [row["model.latent_dim"] for row in rows] == ["1", "-1", "3"]
    assert all(float(row["val_loss"]) > 0 for row in rows if row["status"] == "finished")
    assert [row["run_folder"] for row in rows] == ["0", "1", "2"]


def test_the_result_is_shown_the_best_first(sweep):
    _, result, folder = sweep
    lines = result.stdout.splitlines()
    assert lines[0] == "3 jobs in swept"
    head = next(i for i, line in enumerate(lines) if line.split() == ["val_loss", "time", "latent_dim"])
    values = [float(line.split()[0]) for line in lines[head + 1 : head + 3]]
    assert values == sorted(values)
    assert lines[head + 3].startswith("#1 model.latent_dim=-1  failed: ")
    best = min((row for row in rows_of(folder) if row["val_loss"]), key=lambda row: float(row["val_loss"]))
    assert f"model.latent_dim={best['model.latent_dim']} " in lines[head + 4]
    assert (folder / "sweep.png").read_bytes().startswith(b"\x89PNG")


def test_starting_it_again_repeats_no_job_that_is_finished(sweep):
    cwd, _, folder = sweep
    before = files_of(folder / "0" / "module001_vae")
    table = rows_of(folder)
    result = uncompiled(cwd, "resume=swept")
    assert result.returncode == 1
    assert "#0 was finished before" in result.stdout
    assert files_of(folder / "0" / "module001_vae") == before
    assert rows_of(folder) == table


def test_another_sweep_does_not_overwrite_it(sweep):
    cwd, _, folder = sweep
    before = files_of(folder)
    result = uncompiled(cwd, "-m", *SMALL, "model.latent_dim=1,2", "hydra.sweep.dir=swept")
    assert result.returncode == 1
    assert (
        "swept holds another sweep: model=tiny data.limit=100 train.itr=4 model.latent_dim=1,-1,3" in result.stderr
    )
    assert len(result.stderr.splitlines()) == 1
    assert files_of(folder) == before


def test_a_mistake_in_all_jobs_is_one_error(tmp_path):
    result = uncompiled(tmp_path, "-m", "model.latent_dimm=1,2")
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
    assert "unknown key model.latent_dimm" in result.stderr
    result = uncompiled(tmp_path, "-m", "hydra.sweeper.together=[seed,model.latent_dim]", "seed=1,2")
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
    assert "Received: seed has 2, model.latent_dim has 0" in result.stderr
    assert not list(tmp_path.rglob("job.json"))


@pytest.mark.slow
def test_a_job_writes_what_a_single_run_writes(tmp_path):
    own = ["job.json", ".hydra/overrides.yaml", ".hydra/config.yaml"]
    assert kvae(tmp_path, "-m", *SMALL, "prior=gmm", "seed=3,4", "hydra.sweep.dir=swept").returncode == 0
    single = results_of(run_folder(kvae(tmp_path, *SMALL, "prior=gmm", "seed=4"), tmp_path))
    job = results_of(tmp_path / "swept" / "1")
    assert {name for name in job if job[name] != single.get(name)} <= set(own)
    assert job.keys() - single.keys() <= set(own)


@pytest.mark.slow
def test_a_sweep_that_was_asked_to_end_says_how_to_go_on(tmp_path):
    long = ["-m", "model=tiny", "train.itr=100000", "train.jit_compile=false", "seed=0,1", "hydra.sweep.dir=swept"]
    process = subprocess.Popen(
        [sys.executable, str(RUN), *long], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    log, deadline = tmp_path / "swept" / "0" / "run.log", time.monotonic() + 120
    while not (log.is_file() and "model: latent_dim" in log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(4)  # into the training
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (143, "")
    assert "interrupted; 0 of 2 jobs are finished" in stdout
    assert stdout.rstrip().endswith("resume=swept")
    assert "is kept" in log.read_text()
    shown = subprocess.run(
        [sys.executable, "-m", "kvae.sweep", "swept"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert shown.stdout.splitlines()[:2] == ["#0 seed=0  interrupted", "#1 seed=1  waiting"]


@pytest.mark.slow
def test_a_sweeper_of_hydra_s_own_has_a_result_too(tmp_path):
    result = uncompiled(tmp_path, "-m", "hydra/sweeper=basic", "seed=-1,-2", "hydra.sweep.dir=swept")
    assert result.returncode == 1
    assert [row["status"] for row in rows_of(tmp_path / "swept")] == ["failed", "failed"]
