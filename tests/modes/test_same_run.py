"""What must be the same for a run to go on, and for workers to train together; and what need not be."""

from types import SimpleNamespace

import numpy as np
import pytest

from kvae.config import compose
from kvae.errors import InputError
from kvae.modes import resuming
from kvae.modes.build_network import build_above, round_plan
from kvae.modes.compatibility import check_workers
from kvae.modes.resuming import is_done, run_to_resume, state_to_resume
from kvae.runs import RunFolder
from kvae.training import devices

STATE = SimpleNamespace(rows=[])


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """A function that makes the folder of a run that was begun with some keys; its state is not read."""
    monkeypatch.setattr(resuming, "read_state", lambda path: STATE)

    def make(*overrides):
        folder = RunFolder(tmp_path / "begun")
        folder.path.mkdir(exist_ok=True)
        folder.write_run(compose(*overrides).plain)
        return folder

    return make


@pytest.mark.parametrize(
    "key",
    [
        "seed=1", "data.limit=100", "data.binarize=threshold", "model.latent_dim=3", "model.KL_param=2",
        "prior=gmm", "kl=warmup", "train.batch_size=9", "train.optimizer._target_=keras.optimizers.SGD",
    ],
)  # fmt: skip
def test_a_run_goes_on_only_with_what_it_was_begun_with(begun, key):
    name = {"prior=gmm": "prior.name", "kl=warmup": "kl._target_"}.get(key, key.partition("=")[0])
    with pytest.raises(InputError, match=rf"cannot be resumed with another config; it differs in .*{name}="):
        state_to_resume(compose(key), begun(), False)


@pytest.mark.parametrize(
    "key", ["train.itr=9", "train.learning_rate=0.1", "train.log_every=3", "format=npy", "mode.x_hat=false"]
)
def test_how_long_and_what_is_written_may_differ(begun, key):
    assert state_to_resume(compose(key), begun(), False) is STATE


def test_a_loop_may_have_more_rounds_but_not_longer_ones(begun):
    folder = begun("prior=gmm", "train.itr=9")
    assert state_to_resume(compose("prior=gmm", "train.itr=9", "prior.rounds=8"), folder, True) is STATE
    for key in ("train.itr=8", "prior.damping=0.5", "prior.n_components=3"):
        with pytest.raises(InputError, match="cannot be resumed"):
            state_to_resume(compose("prior=gmm", "train.itr=9", key), folder, True)


@pytest.mark.parametrize(
    ("keys", "iteration", "stopped", "done"),
    [
        (["train.itr=9"], 9, False, True),
        (["train.itr=9"], 8, False, False),
        (["train.itr=9", "train.patience=2"], 5, True, True),
        (["train.itr=9"], 5, True, False),  # without patience it goes on
        (["train.itr=9", "prior=gmm", "prior.rounds=3"], 26, False, False),
        (["train.itr=9", "prior=gmm", "prior.rounds=3"], 27, False, True),
        (["train.itr=9", "prior=gmm", "prior.rounds=3", "prior.first_itr=2"], 20, False, True),
    ],
)
def test_a_run_is_done_when_all_of_its_iterations_are(keys, iteration, stopped, done):
    config, state = compose(*keys), SimpleNamespace(iteration=iteration, stopped=stopped)
    assert is_done(state, round_plan(config, build_above(config)), config.train.patience) is done


def test_a_folder_without_a_checkpoint_is_not_gone_on_from(tmp_path):
    folder = RunFolder(tmp_path)
    assert run_to_resume(None, folder) is None
    with pytest.raises(InputError, match=r"has no checkpoint to resume from \(model.ckpt.npz\)"):
        run_to_resume(str(tmp_path), folder)


def test_workers_agree_on_config_rows_and_position(monkeypatch):
    given = []
    monkeypatch.setattr(devices, "check_agreement", lambda strategy, **values: given.append((strategy, values)))

    def check(*keys, x=0.0, n=3, position=None):
        data = SimpleNamespace(train=SimpleNamespace(x=np.full((n, 2), x)))
        check_workers(compose(*keys), data, SimpleNamespace(strategy="both"), position)
        strategy, values = given[-1]
        assert strategy == "both"
        return {name: repr(value) for name, value in values.items()}

    first = check()

    def differs(*keys, **how):
        found = check(*keys, **how)
        return [name for name in first if found[name] != first[name]]

    for key in ("seed=1", "model.latent_dim=3", "prior=gmm", "kl=warmup", "train.itr=9", "data.limit=100"):
        assert differs(key) == ["config"], key
    assert differs(x=1.0) == differs(n=4) == ["data"]
    assert differs(position=SimpleNamespace(iteration=0, steps=1)) == ["checkpoint"]
    for key in ("train.resume=x", "outputs=elsewhere", "format=npy"):  # of each worker's own
        assert differs(key) == [], key
