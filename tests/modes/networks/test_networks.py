"""Networks of modules from config to results: learning, going on after any moment, recognising, and mistakes."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

import kvae
from kvae.config import compose
from kvae.errors import InputError
from kvae.modes import learn, recog
from kvae.modes.networks.learn import keys_of, warn_of_keys_without_effect
from kvae.modules.graph.training import GraphTraining
from kvae.process.interrupts import Interrupted
from kvae.runs import RunFolder
from kvae.training import compiling
from kvae.training.run import Training

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]

N, D = 60, 12
OWN = ("metrics.json", "report.html", "run.json", "seconds.json")


@pytest.fixture(scope="module", autouse=True)
def importable():
    sys.path.insert(0, str(Path(__file__).parent))
    yield
    sys.path.remove(str(Path(__file__).parent))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An .npz with two views of rows of three kinds, and rows of another number."""
    rng = np.random.default_rng(0)
    kinds = np.arange(N) % 3
    views = {name: rng.random((3, D))[kinds] * 0.8 + rng.random((N, D)) * 0.2 for name in ("left", "right")}
    path = tmp_path_factory.mktemp("data") / "made.npz"
    np.savez(path, labels=kinds, short=views["left"][:50], big=3 * views["left"], **views)
    return path


MODULES = {
    "left": "{module: observation, key: left, label_column: labels}",
    "right": "{module: observation, key: right, label_column: null, scale: minmax}",
    "short": "{module: observation, key: short, label_column: null}",
    "v1": "{module: vae, observes: left, latent_dim: 2}",
    "g1": "{module: gmm, observes: v1, K: 3, n_starts: 2}",
    "v2": "{module: vae, observes: [right, g1], latent_dim: 2, itr: 2}",
    "g2": "{module: gmm, observes: [v1, v2], K: 4, n_starts: 2}",
    "wide": "{_target_: own_nodes.Wide, observes: v1}",
    "broken": "{_target_: own_nodes.Broken, observes: v1}",
    "mute": "{_target_: own_nodes.Mute, observes: v1}",
}
FOUR = ("left", "right", "v1", "g1", "v2", "g2")
SHORT = ["model=tiny", "train.batch_size=16", "train.itr=3", "train.jit_compile=false", "format=npy"]
NO = [f"~network.modules.{name}" for name in ("images", "vae1", "gmm1")]


def composed(path, *keys, modules=("left", "v1", "g1")):
    """The config of a network of some of `MODULES`."""
    nodes = [f"network.modules.{name}={MODULES[name]}" for name in modules]
    return compose("network=vae_gmm", *NO, *nodes, "network.rounds=2", f"data.path={path}", *SHORT, *keys)


def run(folder, config):
    try:
        return learn.run(config, RunFolder(folder, "npy"))[0]
    finally:  # what is loaded asks for XLA, which goes with no determinism of TensorFlow's
        compiling.make_deterministic(jit_compile=True)


def files(folder):
    """The bytes of all results but times and what says where the run went on from."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name not in OWN]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def learnt(made, tmp_path_factory, eager):
    folder = tmp_path_factory.mktemp("network") / "whole"
    return run(folder, composed(made, modules=FOUR)), folder


@pytest.mark.slow
def test_every_module_learns_and_reports_under_its_name(learnt):
    metrics, folder = learnt
    assert sorted(path.name for path in folder.glob("module*")) == [
        "module001_v1", "module002_g1", "module003_v2", "module004_g2",
    ]  # fmt: skip
    rows = RunFolder(folder).module(2, "g1").read_log("rounds")
    assert [metrics[f"g1_accuracy_round{n}"] for n in (1, 2)] == [row["accuracy"] for row in rows]
    assert metrics["loss"] == pytest.approx(metrics["v1_loss"] + metrics["v2_loss"])
    assert metrics["val_loss"] == pytest.approx(metrics["val_v1_loss"] + metrics["val_v2_loss"])
    assert {"val_g1_accuracy", "g2_accuracy", "v2_active_units"} <= metrics.keys()
    assert np.load(folder / "module003_v2/x_hat_learn.npy").shape == (48, D + 3)
    assert (folder / "network.png").is_file()
    page = (folder / "report.html").read_text()
    assert "The network" in page and "module004_g2/rounds.png" in page
    assert "Accuracy of every module by round" in page and (folder / "accuracy.png").is_file()


@pytest.mark.slow
def test_it_recognises_with_what_it_learnt(learnt, made, tmp_path):
    metrics, folder = learnt
    config = composed(made, "mode=recog", f"outputs={folder.parent}", "train.itr=9", modules=FOUR)
    found, again = recog.run(config, RunFolder(tmp_path / "recog", "npy"))
    assert found["v1_loss"] == pytest.approx(metrics["val_v1_loss"], rel=1e-5)
    assert found["v2_loss"] == pytest.approx(metrics["val_v2_loss"], rel=1e-5)
    assert found["g2_accuracy"] == pytest.approx(metrics["val_g2_accuracy"])
    assert np.load(again.path / "module004_g2/Pdz_recog.npy").shape == (12, 4)
    whole = composed(made, "mode=recog", f"mode.run={folder}", "mode.split=all", modules=FOUR)
    _, again = recog.run(whole, RunFolder(tmp_path / "all", "npy"))
    assert len(np.load(again.path / "module001_v1/z_recog.npy")) == N


@pytest.mark.slow
def test_another_network_is_no_run_that_fits(learnt, made, tmp_path):
    folder = learnt[1]
    other = composed(made, "mode=recog", f"outputs={folder.parent}", "network.modules.g2.K=5", modules=FOUR)
    with pytest.raises(InputError, match=r"no learnt run.*\n.*network\.modules\.g2\.K=4 \(there\) 5 \(here\)"):
        recog.run(other, RunFolder(tmp_path / "r"))
    with pytest.raises(InputError, match="is a run of network=vae_gmm, but a run of one VAE is needed"):
        kvae.open_run(folder)
    with pytest.raises(InputError, match=r"holds a run of network=vae_gmm\. Type network=vae_gmm to resume it"):
        run(folder, compose(*SHORT))
    resumed = composed(made, f"train.resume={folder}", "seed=5", modules=FOUR)
    with pytest.raises(InputError, match=r"cannot be resumed with another config; it differs in seed=0 \(there\)"):
        run(tmp_path / "r", resumed)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "moment"),
    [
        ("update", ("g1", 1)),
        ("keep", ("g2", 1)),
        ("infer_held_out", 1),
        ("update", ("v2", 2)),
        ("keep", ("g1", 2)),
    ],
)
def test_it_goes_on_to_the_byte_from_any_moment(method, moment, learnt, made, tmp_path, monkeypatch):
    whole, folder = learnt
    do = getattr(GraphTraining, method)

    def stops(self, *given):
        at = given[0] if method == "infer_held_out" else (given[0].name, given[0].updates + (method == "update"))
        if at == moment:
            raise KeyboardInterrupt
        return do(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(GraphTraining, method, stops)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "begun", composed(made, modules=FOUR))
    rest = run(tmp_path / "rest", composed(made, f"train.resume={tmp_path / 'begun'}", modules=FOUR))
    assert files(tmp_path / "rest") == files(folder)
    assert {k: v for k, v in rest.items() if k != "seconds"} == {k: v for k, v in whole.items() if k != "seconds"}


@pytest.mark.slow
def test_it_goes_on_from_within_the_training_of_a_vae(learnt, made, tmp_path, monkeypatch):
    fit, left = Training.callbacks, [7]

    def callbacks(self, plan, check, title):
        def asked():
            left[0] -= 1
            if left[0] == 0:
                raise Interrupted(15)
            check()

        return fit(self, plan, asked, title)

    with monkeypatch.context() as patch:
        patch.setattr(Training, "callbacks", callbacks)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "begun", composed(made, modules=FOUR))
    run(tmp_path / "begun", composed(made, modules=FOUR))  # in its own folder
    assert files(tmp_path / "begun") == files(learnt[1])


def test_a_network_needs_no_vae(made, tmp_path):
    mixture = ["network.modules.g1.observes=[left,right]", f"outputs={tmp_path}"]
    metrics = run(tmp_path / "run", composed(made, *mixture, modules=("left", "right", "g1")))
    assert metrics["g1_accuracy"] == metrics["val_g1_accuracy"] == 1.0 and "loss" not in metrics
    config = composed(made, *mixture, "mode=recog", modules=("left", "right", "g1"))
    found, folder = recog.run(config, RunFolder(tmp_path / "recog", "npy"))
    assert found["g1_accuracy"] == 1.0
    assert np.load(folder.path / "module001_g1/Pdz_recog.npy").shape == (12, 3)


@pytest.mark.slow
def test_modules_of_a_users_own_are_nodes(made, tmp_path, monkeypatch):
    """Those of `tests/modules/third.py`, one of which learns and has metrics of its own."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "modules"))
    nodes = [
        "network.modules.pair={_target_: third.Companions, observes: g1, memory: 0.25}",
        "network.modules.centre={_target_: third.Centre, observes: v1}",
    ]
    metrics = run(tmp_path / "run", composed(made, *nodes))
    assert 0.3 <= metrics["pair_certainty_round1"] <= 1 and 0.3 <= metrics["val_pair_certainty"] <= 1
    assert sorted(path.name for path in (tmp_path / "run").glob("module*"))[2:] == [
        "module003_pair",
        "module004_centre",
    ]
    config = composed(made, *nodes, "mode=recog", f"mode.run={tmp_path / 'run'}")
    found, folder = recog.run(config, RunFolder(tmp_path / "recog", "npy"))
    assert found["pair_certainty"] == pytest.approx(metrics["val_pair_certainty"], rel=1e-5)
    assert np.load(folder.path / "module003_pair/forward_recog.npy").shape == (12, 3)


@pytest.mark.slow
def test_it_is_what_prior_gmm_is_short_for(made, tmp_path):
    """The codes and the classes are the same to the byte."""
    run(tmp_path / "network", composed(made, "network.modules.v1.likelihood=bernoulli"))
    data = ["data=file", f"data.path={made}", "data.key=left", "data.label_column=labels"]
    prior = ["prior=gmm", "prior.n_components=3", "prior.n_starts=2", "prior.rounds=2", "model.latent_dim=2"]
    run(tmp_path / "prior", compose(*SHORT, *data, *prior))
    pairs = {"module001_v1/z_learn": "module001_vae/z_learn", "module002_g1/Pdz_learn": "module002_gmm/Pdz_learn"}
    for ours, theirs in pairs.items():
        one, other = tmp_path / "network" / f"{ours}.npy", tmp_path / "prior" / f"{theirs}.npy"
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    ("modules", "keys", "text"),
    [
        ("left short v1 g1 v2", ["v2.observes=short"], "the same number of rows. Received: left 60, short 50"),
        ("left right v1 g1 v2", ["right.split=spread"], "right holds out other rows than network.modules.left"),
        ("left v1 g1", ["g1.K=48"], "modules.g1.K must be below the number of learning rows, 48. Received: 48"),
        (
            "left v1 g1 g2",
            ["g2.observes=g1"],
            "g2 does not fit the network: g1 needs class probabilities of shape",
        ),
        ("left v1", ["left.key=big"], "model.likelihood=bernoulli needs data within [0, 1]. Received: 1.82021"),
        ("left v1", ["left.key=lef"], "network.modules.left.key=lef"),
        ("left v1", ["v1.patience=3"], "train.patience does not go with network=vae_gmm"),
        ("left v1", ["v1.likelihood=table"], "model.likelihood=table"),
        ("left right v1 g1 v2", ["v2.likelihood=gaussian"], "v2 does not fit the network: g1 needs class prob"),
        ("left v1 wide", [], "network.modules.wide does not fit the network: v1 needs a message of shape (n, 2)"),
        ("left v1 broken", [], "network.modules.broken does not fit the network: matmul"),
        ("left v1 mute g1", ["g1.observes=mute"], "mute does not fit the network: it has no forward message"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_trained(modules, keys, text, made, tmp_path, monkeypatch):
    monkeypatch.setattr(Training, "run", lambda *given, **named: pytest.fail("it was trained"))
    with pytest.raises(InputError, match=re.escape(text)) as error:
        run(tmp_path / "run", composed(made, *(f"network.modules.{key}" for key in keys), modules=modules.split()))
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run").exists()


def test_it_is_said_what_a_vae_is_since_a_nodes_own_keys_come_first():
    config = compose(
        "network=vae_gmm", "data.path=x.npz", "model.latent_dim=20", "network.modules.vae1.batch_size=null"
    )
    assert keys_of(config, "vae1") == ": latent_dim 18, bernoulli, itr 200, batch_size all rows"
    assert keys_of(config, "gmm1") == ""


def test_a_network_without_a_file_says_which_key_it_needs(tmp_path):
    with pytest.raises(InputError, match=r"^network=vae_gmm needs data\.path, the file with the data of images"):
        learn.run(compose("network=vae_gmm", *SHORT), RunFolder(tmp_path / "run"))


def test_a_key_that_every_vae_sets_itself_is_warned_of(caplog):
    config = compose("network=vae_gmm", "data.path=x.npz", *SHORT)
    warn_of_keys_without_effect(config, ["train.itr=3", "train.learning_rate=0.1", "name=x"])
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("warning: train.itr has no effect: network=vae_gmm sets itr of each VAE")
    assert "network.modules.vae1.itr=" in said


def test_an_error_of_the_data_names_the_key_of_the_node(tmp_path):
    np.savez(tmp_path / "two.npz", labels=np.arange(9), others=np.zeros((9, 4)))
    config = compose("network=vae_gmm", f"data.path={tmp_path / 'two.npz'}", *SHORT)
    with pytest.raises(InputError, match=r"^network\.modules\.images\.key=images: .* has no such array"):
        learn.run(config, RunFolder(tmp_path / "run"))
