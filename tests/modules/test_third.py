"""A third module above the mixture, from outside of kvae: it learns, goes on, recognises and reports."""

import sys
from pathlib import Path

import numpy as np
import pytest

import kvae
from kvae.config import compose
from kvae.errors import InputError
from kvae.modes import detect, evaluate, generate, learn, recog
from kvae.modules.network_training import NetworkTraining
from kvae.process.interrupts import Interrupted
from kvae.runs import RunFolder
from kvae.training import compiling
from kvae.training.run import Training

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]

HERE = Path(__file__).parent
SHORT = [
    "model=tiny",
    "data.limit=60",
    "train.jit_compile=false",
    "train.batch_size=24",
    "train.itr=4",
    "format=npy",
]
OWN = ("metrics.json", "report.html", "run.json", "module001_vae/seconds.json")


@pytest.fixture(scope="module", autouse=True)
def importable():
    sys.path.insert(0, str(HERE))
    yield
    sys.path.remove(str(HERE))


def composed(*keys, prior="mine"):
    return compose(f"hydra.searchpath=[{HERE / 'conf'}]", f"prior={prior}", *SHORT, "format=npy", *keys)


def run(folder, *keys, prior="mine"):
    try:
        return learn.run(composed(*keys, prior=prior), RunFolder(folder, "npy"))[0]
    finally:  # what is loaded asks for XLA, which goes with no determinism of TensorFlow's
        compiling.make_deterministic(jit_compile=True)


def files(folder):
    """The bytes of all results but times and what says where the run went on from."""
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    return {name: content for name, content in found.items() if name not in OWN}


@pytest.fixture(scope="module")
def learnt(tmp_path_factory, importable, eager):
    folder = tmp_path_factory.mktemp("third") / "whole"
    return run(folder), folder


def test_it_learns_and_reports_like_the_modules_of_kvae(learnt):
    metrics, folder = learnt
    third = RunFolder(folder).module(3, "third")
    assert sorted(path.name for path in third.path.iterdir()) == [
        "companions.png", "forward_learn.npy", "model.npz", "rounds.txt",
    ]  # fmt: skip
    rows = third.read_log("rounds")
    assert [row["round"] for row in rows] == [1, 2, 3]
    assert [metrics[f"certainty_round{n}"] for n in (1, 2, 3)] == [row["certainty"] for row in rows]
    forward = np.load(third.path / "forward_learn.npy")
    assert forward.shape == (48, 2)
    assert metrics["certainty"] == pytest.approx(forward.max(axis=1).mean())
    assert 0.5 <= metrics["val_certainty"] <= 1
    page = (folder / "report.html").read_text()
    assert "Certainty of the companions" in page and "Companions" in page


def test_what_it_sends_multiplies_the_mixtures_weights(learnt):
    _, folder = learnt
    network = kvae.open_run(folder, prior=sys.modules["third"].build).opened.network
    gmm, third = network.above
    z = np.load(folder / "module001_vae" / "z_learn.npy")
    up = network.infer(z)
    without = gmm.mixture.responsibilities(z)[0]
    sent = without @ third.together
    np.testing.assert_allclose(up[third].backward[0], sent, rtol=1e-6)
    np.testing.assert_allclose(up[gmm].forward, gmm.mixture.responsibilities(z, np.log(sent))[0], rtol=1e-6)
    assert np.abs(up[gmm].forward - without).max() > 1e-6


@pytest.fixture
def ends(monkeypatch):
    """Let a run be asked to end at a moment of its training, or in the middle of what follows it."""

    def in_training(number):
        fit, left = Training.callbacks, [number]

        def callbacks(self, plan, check, title):
            def asked():
                left[0] -= 1
                if left[0] == 0:
                    raise Interrupted(15)
                check()

            return fit(self, plan, asked, title)

        monkeypatch.setattr(Training, "callbacks", callbacks)

    def in_method(name, module, round_number):
        method = getattr(NetworkTraining, name)

        def stops(self, one, *rest):
            if one.name == module and one.updates == round_number:
                raise KeyboardInterrupt
            return method(self, one, *rest)

        monkeypatch.setattr(NetworkTraining, name, stops)

    return {"in training": in_training, "in method": in_method}


SLOW = [
    ("in training", (14,)),  # within the second round
    ("in method", ("report", "third", 1)),  # between the rounds, before anything of the first is kept
    ("in method", ("keep", "third", 2)),  # the mixture's state is kept, the third module's is not
]


@pytest.mark.parametrize(
    ("how", "moment"),
    [
        ("in method", ("report", "gmm", 2)),  # before the third module's update
        *(pytest.param(*one, marks=pytest.mark.slow) for one in SLOW),
    ],
)
def test_it_goes_on_to_the_byte_from_any_moment(how, moment, learnt, ends, tmp_path, monkeypatch):
    whole, folder = learnt
    with monkeypatch.context() as patch:
        ends[how](*moment)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "begun")
        assert not (tmp_path / "begun" / "metrics.json").exists()
        patch.undo()
        monkeypatch.undo()
    rest = run(tmp_path / "rest", f"train.resume={tmp_path / 'begun'}")
    assert files(tmp_path / "rest") == files(folder)
    times = {"seconds", "observations_per_second"}
    assert {k: v for k, v in rest.items() if k not in times} == {k: v for k, v in whole.items() if k not in times}


def test_it_recognises_evaluates_generates_and_detects(learnt, tmp_path):
    metrics, folder = learnt
    keys = [f"mode.run={folder}"]
    found, again = recog.run(composed("mode=recog", *keys), RunFolder(tmp_path / "recog", "npy"))
    assert found["certainty"] == pytest.approx(metrics["val_certainty"], rel=1e-5)
    assert found["accuracy"] == pytest.approx(metrics["val_accuracy"])
    assert found["loss"] == pytest.approx(metrics["val_loss"], rel=1e-4)
    assert np.load(again.module(3, "third").path / "forward_recog.npy").shape == (12, 2)
    measured, _ = evaluate.run(
        composed("mode=evaluate", "mode.n_samples=2", *keys), RunFolder(tmp_path / "e", "npy")
    )
    assert measured["kl"] == pytest.approx(metrics["val_kl"], rel=1e-4)
    _, made = generate.run(composed("mode=generate", "mode.n=5", *keys), RunFolder(tmp_path / "g", "npy"))
    assert np.load(made.vae.path / "z_generate.npy").shape == (5, 2)
    scored, _ = detect.run(composed("mode=detect", *keys), RunFolder(tmp_path / "d", "npy"))
    assert np.isfinite(scored["threshold"])


def test_a_folder_does_not_choose_which_code_is_called(learnt, tmp_path):
    _, folder = learnt
    learnt_run = kvae.open_run(folder)
    assert learnt_run.encode(np.zeros((2, 8, 8, 1)))[0].shape == (2, 2)
    with pytest.raises(
        InputError, match=r"prior\._target_=third\.build comes from a run folder.*open_run\(FOLDER, prior="
    ):
        learnt_run.generate(3)
    assert kvae.open_run(folder, prior=sys.modules["third"].build).generate(3).shape == (3, 8, 8, 1)
    standard = compose("mode=recog", *SHORT, f"mode.run={folder}")
    with pytest.raises(InputError, match="Choose the same prior on the command line"):
        recog.run(standard, RunFolder(tmp_path / "recog", "npy"))


@pytest.mark.slow
def test_a_module_that_defines_update_alone_is_a_prior(tmp_path):
    metrics = run(tmp_path / "centre", "prior.pull=0.25", prior="centre")
    assert np.isfinite(metrics["val_loss"])
    keys = ["mode=recog", f"mode.run={tmp_path / 'centre'}"]
    found, again = recog.run(composed(*keys, prior="centre"), RunFolder(tmp_path / "recog", "npy"))
    assert found["loss"] == pytest.approx(metrics["val_loss"], rel=1e-4)
    z = np.load(again.vae.path / "z_recog.npy")
    np.testing.assert_allclose(np.load(again.module(2, "centre").path / "forward_recog.npy"), z, rtol=1e-6)
    more = run(tmp_path / "more", "prior.pull=0.25", "prior.rounds=3", f"train.resume={tmp_path / 'centre'}",
               prior="centre")  # fmt: skip
    whole = run(tmp_path / "whole", "prior.pull=0.25", "prior.rounds=3", prior="centre")
    assert more["loss"] == whole["loss"]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("prior._target_=third.nothing", "prior._target_=third.nothing is neither installed nor in "),
        ("prior._target_=third.numbers", "must give a module of kvae.modules, or a list of them. Received: int"),
        ("prior._target_=third.fails", "prior._target_=third.fails failed: .*no such thing"),
        ("+prior.width=3", "unknown key prior.width"),
    ],
)
def test_mistakes_are_said_with_the_key(key, text, tmp_path):
    with pytest.raises(InputError, match=text):
        run(tmp_path / "run", *key.split())
