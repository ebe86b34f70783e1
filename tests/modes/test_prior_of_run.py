"""The prior that is typed beside a learnt run."""

import logging

import numpy as np
import pytest
from learnt import save_run

from kvae.config import compose
from kvae.errors import InputError
from kvae.modes.opening import open_learnt
from kvae.uses import open_run

TINY = ["model=tiny", "train.jit_compile=false"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Runs by their prior, and the keys of messages."""
    path = tmp_path_factory.mktemp("priors")
    np.save(path / "mu.npy", np.ones((1797, 2), np.float32))
    told = ["prior=message", f"prior.path={path / 'mu.npy'}"]
    for name, keys in {"standard": [], "gmm": ["prior=gmm", "prior.n_components=3"], "message": told}.items():
        save_run(path / name, *TINY, *keys)
    return path, told


@pytest.mark.parametrize("mode", ["recog", "detect", "evaluate"])
@pytest.mark.parametrize("keys", [[], ["prior=gmm"]])
def test_a_run_under_messages_needs_messages(runs, mode, keys):
    path, told = runs
    named = [*TINY, f"mode={mode}", f"mode.run={path / 'message'}"]
    with pytest.raises(InputError, match=r"learnt under messages, and this command has none\. Type prior=message"):
        open_learnt(compose(*named, *keys))
    assert open_learnt(compose(*named, *told)).plain["prior"]["name"] == "message"


def test_messages_of_a_file_do_not_go_with_those_of_modules(runs):
    path, told = runs
    with pytest.raises(InputError, match=r"prior=message does not go with .*gmm, which learnt with prior=gmm"):
        open_learnt(compose(*TINY, "mode=recog", f"mode.run={path / 'gmm'}", *told))


def test_another_prior_has_no_effect(runs, caplog):
    path, _ = runs
    open_learnt(compose(*TINY, "mode=recog", f"mode.run={path / 'gmm'}"))
    open_learnt(compose(*TINY, "mode=generate", f"mode.run={path / 'message'}"))
    assert not caplog.text
    open_learnt(compose(*TINY, "mode=recog", f"mode.run={path / 'standard'}", "prior=gmm"))
    assert "prior=gmm has no effect" in caplog.text and "learnt with prior=standard" in caplog.text


def test_python_says_once_that_messages_are_not_known(runs, caplog):
    path, _ = runs
    run, x = open_run(path / "message"), np.zeros((3, 8, 8))
    with caplog.at_level(logging.WARNING, "kvae"):
        run.score(x)
        run.score(x)
    assert caplog.text.count("the run learnt under messages, which are not known here: the prior is N(0, I)") == 1
    caplog.clear()
    open_run(path / "standard").score(x)
    assert not caplog.text
