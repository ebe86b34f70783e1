"""A whole search as Hydra runs it, with a launcher that answers at once."""

from types import SimpleNamespace

import hydra
import pytest

from kvae.config import sweeps
from kvae.config.errors import CONF
from kvae.sweep.folders import JobFolder, SweepFolder

optuna = pytest.importorskip("optuna", reason="the extra [sweep] is not installed")

SPACE = ["model.latent_dim=int(interval(2,20))", "model.KL_param=choice(0.5,1.0)", "train.itr=7"]


class Launcher:
    """Runs no jobs: the loss of each is its latent_dim, and those with `weak` in them are given up."""

    def __init__(self, folder, weak=(), breaks_at=None):
        self.folder, self.weak, self.breaks_at = folder, weak, breaks_at
        self.launched = {}

    def launch(self, job_overrides, initial_job_idx):
        if self.breaks_at is not None and initial_job_idx >= self.breaks_at:
            raise KeyboardInterrupt
        results = []
        for number, overrides in enumerate(job_overrides, initial_job_idx):
            self.launched[number] = overrides
            values = dict(override.split("=") for override in overrides)
            job = JobFolder(self.folder / str(number))
            job.begin(number, overrides, {})
            given_up = number in self.weak
            job.end("pruned" if given_up else "failed")
            value = float("nan") if given_up else float(values["model.latent_dim"])
            results.append(SimpleNamespace(return_value=value))
        return results


@pytest.fixture
def search(tmp_path, monkeypatch):
    """A function that makes a sweeper of some keys, in one folder, with its launcher."""
    monkeypatch.setattr(sweeps, "_begun", None)

    def make(*overrides, **how):
        with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
            more = ["sweep=optuna", f"hydra.sweep.dir={tmp_path}", "hydra.sweeper.params=null", *overrides]
            config = hydra.compose("config", overrides=more, return_hydra_config=True)
        sweeper = hydra.utils.instantiate(config.hydra.sweeper)
        sweeper.config = config
        sweeper.hydra_context = SimpleNamespace(config_loader=None)
        sweeper.launcher = Launcher(tmp_path, **how)
        return sweeper

    return make


def study_in(folder):
    return optuna.load_study(study_name="vae", storage=SweepFolder(folder).storage)


def test_as_many_trials_run_as_were_asked_for_and_the_study_knows_them(search, tmp_path):
    sweeper = search("hydra.sweeper.n_trials=5", "hydra.sweeper.n_jobs=2")
    sweeper.sweep(SPACE)
    launched, trials = sweeper.launcher.launched, study_in(tmp_path).trials
    assert sorted(launched) == [0, 1, 2, 3, 4]
    for number, overrides in launched.items():
        values = dict(override.split("=") for override in overrides)
        assert values.keys() == {"model.latent_dim", "model.KL_param", "train.itr"}
        assert values["train.itr"] == "7" and 2 <= int(values["model.latent_dim"]) <= 20
        assert trials[number].value == float(values["model.latent_dim"])
    assert {trial.state.name for trial in trials} == {"COMPLETE"}
    assert len({trial.params["model.latent_dim"] for trial in trials}) > 1


@pytest.mark.parametrize(("objective", "direction"), [("bits_per_dim", "MINIMIZE"), ("accuracy", "MAXIMIZE")])
def test_the_direction_is_the_objective_s(search, tmp_path, objective, direction):
    search("hydra.sweeper.n_trials=1", f"objective={objective}").sweep(SPACE)
    assert study_in(tmp_path).direction.name == direction


def test_trials_that_were_given_up_are_so_in_the_study(search, tmp_path):
    search("hydra.sweeper.n_trials=3", weak={1}).sweep(SPACE)
    assert [trial.state.name for trial in study_in(tmp_path).trials] == ["COMPLETE", "PRUNED", "COMPLETE"]


def test_a_search_that_was_cut_off_goes_on_with_the_trial_it_was_at(search, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        search("hydra.sweeper.n_trials=4", breaks_at=2).sweep(SPACE)
    begun = study_in(tmp_path).trials[2].params
    again = search("hydra.sweeper.n_trials=4")
    again.sweep(SPACE)
    assert sorted(again.launcher.launched) == [2, 3]
    assert f"model.latent_dim={begun['model.latent_dim']}" in again.launcher.launched[2]
    assert [trial.state.name for trial in study_in(tmp_path).trials] == ["COMPLETE"] * 4
