"""Runs that end at the moments that matter: before and after every rename, and when writing fails half way."""

import subprocess
import sys

import pytest
from command import RUN, kvae, results_of, run_folder
from inspection import torn_files

pytestmark = pytest.mark.slow

COMMAND = ["model=tiny", "data.limit=200", "train.jit_compile=false", "hydra.run.dir=run", "prior=gmm"]
COMMAND += ["prior.n_components=3", "prior.rounds=2", "prior.n_starts=2", "train.itr=8", "train.log_every=4"]
COMMAND += ["train.batch_size=50", "train.checkpoint_every=2"]

PROGRAM = """
import os, runpy, sys
replace, count = os.replace, 0
def replaced(source, target, **keywords):
    global count
    count += 1
    if count == {number} and {before}:
        os._exit(137)
    replace(source, target, **keywords)
    if count == {number}:
        os._exit(137)
os.replace = replaced
sys.argv = [{run!r}, *{command!r}]
runpy.run_path({run!r}, run_name="__main__")
"""


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unbroken")
    return results_of(run_folder(kvae(folder, *COMMAND), folder))


@pytest.mark.parametrize("number", range(1, 60, 3))
def test_an_end_at_any_rename_loses_nothing(unbroken, tmp_path, number):
    program = tmp_path / "ends.py"
    program.write_text(PROGRAM.format(number=number, before=number % 2 == 0, run=str(RUN), command=COMMAND))
    ended = subprocess.run([sys.executable, str(program)], cwd=tmp_path, capture_output=True, timeout=300)
    assert ended.returncode in (0, 137), ended.stderr
    assert torn_files(tmp_path / "run") == {}
    again = results_of(run_folder(kvae(tmp_path, *COMMAND), tmp_path))
    assert {name for name in again.keys() | unbroken.keys() if again.get(name) != unbroken.get(name)} == set()


def limited(tmp_path, prefix, *arguments):
    """`run.py` after a shell command that sets a limit."""
    command = f"{prefix}; exec {sys.executable} {RUN} {' '.join(arguments)}"
    return subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("kibibytes", [1, 4, 12, 31, 40, 60, 90, 150])
def test_a_disk_that_takes_no_more_is_one_clear_error(unbroken, tmp_path, kibibytes):
    """A limit on the size of files stands for a full disk: a write fails half way."""
    result = limited(tmp_path, f"ulimit -f {kibibytes}", *COMMAND)
    run = tmp_path / "run"
    assert torn_files(run) == {}
    if result.returncode != 0:
        assert result.returncode == 1
        assert "Traceback" not in result.stderr
        assert "could not be written: File too large" in result.stderr.splitlines()[-1]
        assert not (run / "metrics.json").exists()
    again = results_of(run_folder(kvae(tmp_path, *COMMAND), tmp_path))
    assert {name for name in again.keys() | unbroken.keys() if again.get(name) != unbroken.get(name)} == set()


def test_memory_that_is_short_is_one_clear_error(tmp_path):
    (tmp_path / "make.py").write_text("import numpy as np; np.save('x.npy', np.zeros((600_000, 400), np.float32))")
    subprocess.run([sys.executable, "make.py"], cwd=tmp_path, check=True)
    data = [
        "data=file",
        "data.path=x.npy",
        "data.scale=standard",
        "model=tiny",
        "train.itr=1",
        "hydra.run.dir=run",
    ]
    result = limited(tmp_path, "ulimit -v 5000000", *data, "train.batch_size=1000", "model.likelihood=gaussian")
    assert result.returncode == 1, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    assert "out of memory: " in result.stderr and "Lower data.memory" in result.stderr
