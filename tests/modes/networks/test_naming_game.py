"""The network of two agents from config to results: it learns, goes on from around the game, recognises."""

import numpy as np
import pytest

from kvae.config import compose
from kvae.modes import learn, recog
from kvae.modules.graph.training import GraphTraining
from kvae.runs import RunFolder
from kvae.training import compiling

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]

OWN = ("metrics.json", "report.html", "run.json", "seconds.json")
SHORT = ["model=tiny", "train.batch_size=32", "train.jit_compile=false", "format=npy", "network.rounds=2"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Images of three kinds, with labels."""
    rng = np.random.default_rng(0)
    kinds = np.arange(90) % 3
    images = (255 * (0.8 * rng.random((3, 6, 6))[kinds] + 0.2 * rng.random((90, 6, 6)))).astype(np.uint8)
    path = tmp_path_factory.mktemp("data") / "made.npz"
    np.savez(path, images=images, labels=kinds)
    return path


def composed(path, *keys):
    data = [f"data.path={path}", "data.key=images", "data.label_column=labels"]
    nodes = [f"network.modules.{name}.K=3" for name in ("gmm_a", "gmm_b", "game")]
    nodes += [f"network.modules.{name}.{key}=4" for name in ("vae_a", "vae_b") for key in ("itr", "latent_dim")]
    return compose("network=naming_game", *SHORT, *data, *nodes, *keys)


def run(folder, config):
    try:
        return learn.run(config, RunFolder(folder, "npy"))[0]
    finally:  # what is loaded asks for XLA, which goes with no determinism of TensorFlow's
        compiling.make_deterministic(jit_compile=True)


def files(folder):
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name not in OWN]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def learnt(made, tmp_path_factory, eager):
    folder = tmp_path_factory.mktemp("game") / "whole"
    return run(folder, composed(made)), folder


def test_agents_report_and_recall(learnt):
    metrics, folder = learnt
    assert {"game_kappa", "game_ari_gmm_a", "game_ari_gmm_b", "val_game_accuracy", "game_kappa_round1"} <= set(
        metrics
    )
    game = folder / "module005_game"
    assert {path.name for path in game.iterdir()} >= {
        "signs_learn.npy", "own_learn.npy", "recalled.png", "naming.png", "model.npz", "rounds.txt",
    }  # fmt: skip
    assert np.load(game / "signs_learn.npy").shape == (72, 2)
    upright, turned = (np.load(folder / f"module00{n}/z_learn.npy") for n in ("1_vae_a", "3_vae_b"))
    assert np.abs(upright - turned).max() > 0.1  # views, seeds and codes differ
    page = (folder / "report.html").read_text()
    assert "What agents recall from signs" in page and "Agreement of the agents by round" in page


@pytest.mark.parametrize(("method", "moment"), [("update", ("game", 2)), ("keep", ("game", 1))])
def test_it_goes_on_to_the_byte(method, moment, learnt, made, tmp_path, monkeypatch):
    do = getattr(GraphTraining, method)

    def stops(self, module, *given):
        if (module.name, module.updates + (method == "update")) == moment:
            raise KeyboardInterrupt
        return do(self, module, *given)

    with monkeypatch.context() as patch:
        patch.setattr(GraphTraining, method, stops)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "begun", composed(made))
    run(tmp_path / "rest", composed(made, f"train.resume={tmp_path / 'begun'}"))
    assert files(tmp_path / "rest") == files(learnt[1])


def test_it_recognises(learnt, made, tmp_path):
    metrics, folder = learnt
    found, again = recog.run(composed(made, "mode=recog", f"mode.run={folder}"), RunFolder(tmp_path / "r", "npy"))
    assert found["game_accuracy"] == pytest.approx(metrics["val_game_accuracy"])
    assert np.load(again.path / "module005_game/signs_recog.npy").shape == (18, 2)


@pytest.mark.parametrize("communication", ["all", "none"])
def test_other_communication_learns_too(communication, made, tmp_path):
    metrics = run(tmp_path / "run", composed(made, f"network.modules.game.communication={communication}"))
    assert ("game_acceptance" in metrics) == (communication == "all")
    assert np.isfinite(metrics["game_kappa"]) and np.isfinite(metrics["val_game_ari"])
