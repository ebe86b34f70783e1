"""Going on with a run, in its own folder or in a new one."""

import json
import logging

import numpy as np
import pytest

from kvae.config import compose
from kvae.errors import InputError
from kvae.modes import learn
from kvae.modes.build_network import build_above, round_plan
from kvae.modules import VAE, Network
from kvae.modules.network_training import NetworkTraining
from kvae.process.interrupts import Interrupted
from kvae.runs import RunFolder
from kvae.training.checkpoint_file import read_state
from kvae.training.run import Training

SHORT = ["model=tiny", "data.limit=100", "train.jit_compile=false", "train.batch_size=20", "train.itr=12"]
LOGGED = "train.log_every=4"
LOOP = ["prior=gmm", "prior.n_components=2", "prior.rounds=3", "prior.n_starts=1", "prior.message=diag"]


@pytest.fixture
def ends_after(monkeypatch):
    """Let training be asked to end at one of the moments at which it asks whether to, counted over all rounds."""

    def set_number(number):
        fit, left = Training.callbacks, [number]

        def callbacks(self, plan, check, title):
            def asked():
                left[0] -= 1
                if left[0] == 0:
                    raise Interrupted(15)
                check()

            return fit(self, plan, asked, title)

        monkeypatch.setattr(Training, "callbacks", callbacks)
        monkeypatch.setattr("kvae.data.batches.plan.STEPS_PER_BLOCK", 3)
        monkeypatch.setattr("kvae.data.batches.sizes.STEPS_PER_BLOCK", 3)

    return set_number


def run(folder, *overrides):
    return learn.run(compose(*SHORT, LOGGED, *overrides), RunFolder(folder))[0]


def files(folder):
    """The bytes of all results but times and what says where the run went on from."""
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    return {name: content for name, content in found.items() if name not in OWN}


OWN = ("metrics.json", "report.html", "run.json", "module001_vae/seconds.json")


@pytest.mark.slow
@pytest.mark.parametrize("asked", [50])  # 21 times in each round
def test_a_loop_that_ended_within_a_round_goes_on_in_another_folder_to_the_byte(ends_after, tmp_path, asked):
    ends_after(10**9)
    whole = run(tmp_path / "whole", *LOOP)
    ends_after(asked)
    with pytest.raises(Interrupted):
        run(tmp_path / "begun", *LOOP)
    assert not (tmp_path / "begun" / "metrics.json").exists()
    ends_after(10**9)
    rest = run(tmp_path / "rest", *LOOP, f"train.resume={tmp_path / 'begun'}")
    assert files(tmp_path / "rest") == files(tmp_path / "whole")
    times = {"seconds", "observations_per_second"}
    assert {name: rest[name] for name in rest.keys() - times} == {
        name: whole[name] for name in whole.keys() - times
    }


@pytest.mark.slow
def test_another_learning_rate_is_taken_up_and_gives_a_second_try(tmp_path, caplog):
    run(tmp_path / "run")
    with caplog.at_level(logging.INFO):
        run(tmp_path / "run", "train.itr=16", "train.learning_rate=0.0005")
    assert "resuming with train.learning_rate=0.0005 (was 0.001)" in caplog.text
    state = read_state(tmp_path / "run" / "module001_vae" / "model.ckpt.npz")
    assert any(array.shape == () and array == np.float32(0.0005) for array in state.weights)


def test_within_an_interval_its_length_is_kept(ends_after, tmp_path):
    ends_after(3)
    with pytest.raises(Interrupted):
        run(tmp_path / "run")
    with pytest.raises(InputError, match=r"Type train\.log_every=4"):
        learn.run(compose(*SHORT, "train.log_every=3"), RunFolder(tmp_path / "run"))
    ends_after(10**9)
    learn.run(compose(*SHORT, "train.itr=20"), RunFolder(tmp_path / "run"))
    rows = np.loadtxt(tmp_path / "run" / "module001_vae" / "loss.txt")
    np.testing.assert_array_equal(rows[:, 0], [4, 8, 12, 16, 20])


def test_what_is_kept_and_what_to_type_is_said_and_times_add_up(ends_after, tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    ends_after(3)
    with pytest.raises(Interrupted), caplog.at_level(logging.INFO):
        run(tmp_path / "a run")
    assert "interrupted; iteration 2.25 of 12 is kept" in caplog.text
    assert "resume with the same command and  'hydra.run.dir=a run'" in caplog.text
    spent = json.loads((tmp_path / "a run" / "module001_vae" / "seconds.json").read_text())
    assert spent["iterations"] == 2.25 and spent["seconds"] > 0
    caplog.clear()
    ends_after(10**9)
    with caplog.at_level(logging.INFO):
        metrics = run(tmp_path / "a run")
    assert "resuming from iteration 2.25 of 12" in caplog.text
    assert metrics["seconds"] > spent["seconds"]
    assert metrics["observations_per_second"] == pytest.approx(12 * 80 / metrics["seconds"])


def test_a_damaged_mixture_gives_way_to_the_one_before(ends_after, tmp_path, caplog):
    ends_after(50)
    with pytest.raises(Interrupted):
        run(tmp_path / "begun", *LOOP)
    mixture = tmp_path / "begun" / "module002_gmm" / "model.npz"
    state = read_state(tmp_path / "begun" / "module001_vae" / "model.ckpt.npz")
    begun = RunFolder(tmp_path / "begun")
    config = compose(*SHORT, LOGGED, *LOOP)
    above = build_above(config)
    training = NetworkTraining(Network(VAE(2), above), None, round_plan(config, above))

    def updates_at(iteration, most=3):
        arrays = training.state_of(above[0], begun.module(2, "gmm"), iteration, most)
        return None if arrays is None else int(arrays["updates"])

    assert updates_at(state.iteration) == 2
    assert updates_at(state.iteration, most=1) is None  # never ahead of what it observes
    mixture.write_bytes(b"torn")
    assert updates_at(state.iteration) is None  # the one before is of another round
    assert "model.npz is no mixture that can be read" in caplog.text
    assert updates_at(20) == 1
