"""Real runs, killed without warning at random moments, inspected, and started again with the same command."""

import subprocess
import sys
import time

import numpy as np
import pytest
from command import RUN, kvae, results_of, run_folder
from inspection import temporary_files, torn_files

pytestmark = pytest.mark.rare

KILLS = 10
SEED = 20261121
FAST = ["model=tiny", "train.jit_compile=false", "train.checkpoint_every=5", "hydra.run.dir=run"]
LEARN = [*FAST, "train.itr=400", "train.log_every=20", "train.batch_size=64", "train.patience=300"]
ROUNDS = [*FAST, "prior=gmm", "prior.n_components=4", "prior.rounds=4", "prior.n_starts=2", "prior.message=diag"]
ROUNDS += ["train.itr=60", "train.log_every=30", "train.batch_size=64"]
RECOG = ["mode=recog", "mode.run=learnt", "model=tiny", "mode.split=all", "format=npy", "hydra.run.dir=run"]
COMMANDS = {"learn": LEARN, "rounds": ROUNDS, "recog": RECOG}


def learnt(folder):
    """What recognition needs."""
    kvae(folder, *LEARN[:2], "train.itr=20", "hydra.run.dir=learnt")


@pytest.fixture(scope="module", params=COMMANDS)
def unbroken(request, tmp_path_factory):
    """A command, the seconds that it takes, and the files that it writes."""
    folder = tmp_path_factory.mktemp("unbroken")
    if request.param == "recog":
        learnt(folder)
    began = time.monotonic()
    run = run_folder(kvae(folder, *COMMANDS[request.param]), folder)
    return request.param, time.monotonic() - began, results_of(run)


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_run_is_whole_and_goes_on_to_the_same_files(unbroken, tmp_path, number):
    name, seconds, expected = unbroken
    if name == "recog":
        learnt(tmp_path)
    moment = np.random.default_rng((SEED, list(COMMANDS).index(name), number)).uniform(0.2, 1.05) * seconds
    command = [sys.executable, str(RUN), *COMMANDS[name]]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(moment)
    process.kill()
    process.wait(timeout=60)
    run = tmp_path / "run"
    assert torn_files(run) == {}
    finished = (run / "metrics.json").is_file()
    if finished:
        assert differing(results_of(run), expected) == set()
    print(
        f"{name}, killed after {moment:.1f} of {seconds:.1f} s: finished {finished}, "
        f"checkpoint {(run / 'module001_vae' / 'model.ckpt.npz').is_file()}, half written {temporary_files(run)}"
    )
    again = run_folder(kvae(tmp_path, *COMMANDS[name]), tmp_path)
    assert differing(results_of(again), expected) == set()
    assert temporary_files(run) == []


def differing(files, expected):
    """Names of the files that are not the same to the byte."""
    return {name for name in files.keys() | expected.keys() if files.get(name) != expected.get(name)}
