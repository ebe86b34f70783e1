"""Two halves of digits under experts, and a mixture on their joint codes: learning, going on, recognising."""

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
SHORT = ["model=tiny", "data.limit=60", "train.batch_size=16", "train.jit_compile=false", "format=npy"]
VAES = ["network.modules.vae1.itr=3", "network.modules.vae2.itr=3", "network.rounds=2"]
ABOVE = "network.modules.gmm1={module: gmm, observes: joint, K: 3, n_starts: 2, message: full}"


def composed(*keys):
    return compose("network=halves", *SHORT, *VAES, ABOVE, "network.modules.joint.damping=0.2", *keys)


def run(folder, *keys):
    try:
        return learn.run(composed(*keys), RunFolder(folder, "npy"))[0]
    finally:
        compiling.make_deterministic(jit_compile=True)


def files(folder):
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name not in OWN]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def learnt(tmp_path_factory, eager):
    folder = tmp_path_factory.mktemp("experts") / "whole"
    return run(folder), folder


def test_they_learn_and_report(learnt):
    metrics, folder = learnt
    joint = folder / "module003_joint"
    assert sorted(path.name for path in joint.iterdir() if path.suffix != ".npz") == [
        "latent_learn.png", "rounds.txt", "told_vae1.png", "told_vae2.png", "z_learn.npy",
    ]  # fmt: skip
    assert np.load(joint / "z_learn.npy").shape == (48, 2)
    assert {
        "joint_knn_accuracy",
        "val_joint_knn_accuracy",
        "joint_experts_apart",
        "gmm1_accuracy",
    } <= metrics.keys()
    assert metrics["joint_knn_accuracy_round2"] == metrics["joint_knn_accuracy"]
    page = (folder / "report.html").read_text()
    assert "Disagreement of experts of joint" in page and "A modality predicted from the others" in page


def test_they_recognise_the_rows_that_they_held_out(learnt, tmp_path):
    folder = learnt[1]
    _, again = recog.run(
        composed("mode=recog", f"mode.run={folder}", "mode.split=all"), RunFolder(tmp_path, "npy")
    )
    assert np.load(again.path / "module003_joint/z_recog.npy").shape == (60, 2)
    assert np.load(again.path / "module004_gmm1/Pdz_recog.npy").shape == (60, 3)


@pytest.mark.parametrize("moment", [("joint", 1), ("gmm1", 1), ("joint", 2)])
def test_they_go_on_to_the_byte(moment, learnt, tmp_path, monkeypatch):
    whole, folder = learnt
    keep = GraphTraining.keep

    def stops(self, module):
        if (module.name, module.updates) == moment:
            raise KeyboardInterrupt
        keep(self, module)

    with monkeypatch.context() as patch:
        patch.setattr(GraphTraining, "keep", stops)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "begun")
    rest = run(tmp_path / "rest", f"train.resume={tmp_path / 'begun'}")
    assert files(tmp_path / "rest") == files(folder)
    assert {k: v for k, v in rest.items() if k != "seconds"} == {k: v for k, v in whole.items() if k != "seconds"}
