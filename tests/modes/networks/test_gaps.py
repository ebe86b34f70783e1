"""Networks whose rows lack a kind of data: learning, predicting what is missing, and one kind from another."""

import numpy as np
import pytest

from kvae.config import compose
from kvae.errors import InputError
from kvae.modes import generate, learn, recog
from kvae.runs import RunFolder
from kvae.training import compiling

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]

N, D = 60, 12
KINDS = np.arange(N) % 3
HAS = np.arange(N) % 5 != 1
SHORT = ["model=tiny", "train.batch_size=16", "train.itr=3", "train.jit_compile=false", "format=npy"]
NODES = {
    "left": "{module: observation, key: left, label_column: labels, scale: 4, mask: has, crop: [0, 0, 2, 4]}",
    "right": "{module: observation, key: right, label_column: null, scale: none, index: which}",
    "v1": "{module: vae, observes: left, latent_dim: 2}",
    "g1": "{module: gmm, observes: v1, K: 3, n_starts: 2}",
    "m1": "{module: mlda, observes: [g1, right], K: 3}",
}
GONE = [f"~network.modules.{name}" for name in ("images", "vae1", "gmm1")]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An .npz with images of three kinds, which some rows lack, and counts in another order."""
    rng = np.random.default_rng(0)
    left = 4 * (0.8 * rng.random((3, 3, 4))[KINDS] + 0.2 * rng.random((N, 3, 4)))
    right = rng.poisson(20 * np.eye(3)[KINDS][:, [0, 0, 1, 1, 2, 2]] + 0.5)
    order = rng.permutation(N)
    left[~HAS] = 1e9  # nobody looks at them
    path = tmp_path_factory.mktemp("data") / "made.npz"
    np.savez(path, labels=KINDS, left=left, has=HAS, right=right[order], which=np.argsort(order))
    return path


def composed(made, *keys):
    nodes = [f"network.modules.{name}={node}" for name, node in NODES.items()]
    return compose("network=vae_gmm", *GONE, *nodes, "network.rounds=2", f"data.path={made}", *SHORT, *keys)


@pytest.fixture(scope="module")
def learnt(made, tmp_path_factory, eager):
    folder = tmp_path_factory.mktemp("network") / "learnt"
    try:
        return learn.run(composed(made), RunFolder(folder, "npy"))[0], folder
    finally:
        compiling.make_deterministic(jit_compile=True)


def loaded(folder, *names):
    return [np.load(folder.path / f"{name}.npy") for name in names]


@pytest.mark.slow
def test_rows_that_lack_a_modality_are_learnt_from_what_they_have(learnt, made):
    metrics, path = learnt
    folder, n = RunFolder(path, "npy"), 48
    z, x_hat, mu = loaded(folder, "module001_v1/z_learn", "module001_v1/x_hat_learn", "module002_g1/mu_learn")
    lacks = ~HAS[:n]
    np.testing.assert_allclose(z[lacks], mu[lacks], rtol=1e-5)  # the code is what is above
    assert x_hat.shape == (n, 2 * 4) and np.isfinite(x_hat).all() and x_hat.max() <= 4
    assert np.isfinite([metrics["loss"], metrics["val_loss"], metrics["m1_accuracy"]]).all()
    assert (path / "module001_v1/predictions_learn.png").is_file()
    assert (loaded(folder, "module002_g1/class_learn")[0] >= 0).all()  # the counts tell what the images do not


@pytest.mark.slow
def test_what_is_taken_as_missing_is_predicted(learnt, made, tmp_path):
    _, path = learnt
    keys = [f"mode.run={path}", "mode.split=all"]
    found, folder = recog.run(
        composed(made, "mode=recog", "mode.missing=left", *keys), RunFolder(tmp_path / "r", "npy")
    )
    z, x_hat = loaded(folder, "module001_v1/z_recog", "module001_v1/x_hat_recog")
    r, mu, topics = loaded(folder, "module002_g1/Pdz_recog", "module002_g1/mu_recog", "module003_m1/Pmdw[0]_recog")
    np.testing.assert_allclose(z, mu, rtol=1e-5)
    np.testing.assert_allclose(r, topics / topics.sum(axis=1, keepdims=True), rtol=1e-5)
    with np.load(path / "module002_g1/model.npz") as state:
        np.testing.assert_allclose(mu, r @ state["means"], rtol=1e-4)
    assert len(x_hat) == N and "loss" not in found and "v1_loss" not in found
    assert (folder.path / "module001_v1/predictions_recog.png").is_file()
    keys = ["mode.source=[right]", "mode.target=left", "mode.n=20", *keys]
    _, folder = generate.run(composed(made, "mode=generate", *keys), RunFolder(tmp_path / "g", "npy"))
    made_up, codes = loaded(folder, "module001_v1/x_generate", "module001_v1/z_generate")
    np.testing.assert_allclose(made_up, x_hat[:20], rtol=1e-5)
    np.testing.assert_allclose(codes, z[:20], rtol=1e-5)
    keys = ["mode.source=left", "mode.target=right", *keys[3:]]
    _, folder = generate.run(composed(made, "mode=generate", *keys), RunFolder(tmp_path / "w", "npy"))
    words = loaded(folder, "module003_m1/x_generate")[0]
    assert words.shape == (N, 6)
    best = words.reshape(N, 3, 2).sum(axis=2).argmax(axis=1)
    assert np.mean(best[HAS] == KINDS[HAS]) > 0.6


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "keys", "text"),
    [
        ("recog", ["mode.missing=[rigt]"], "mode.missing must name observations .*: left, right. Received: rigt"),
        ("recog", ["mode.missing=[left,right]"], "mode.missing must leave one observation .* all of left, right"),
        ("generate", [], r"mode.source is missing.* Type, for example, mode.source=\[right\] mode.target=left"),
        ("generate", ["mode.source=[right]"], "mode.target is missing"),
        (
            "generate",
            ["mode.source=[right]", "mode.target=v1"],
            "mode.target must name observations .* Received: v1",
        ),
        ("generate", ["mode.source=[left]", "mode.target=left"], "mode.target=left is one of mode.source"),
        (
            "generate",
            ["mode.source=[left]", "mode.target=right", "mode.sampler=gmm"],
            "mode.sampler is for a run of one VAE. Received: gmm",
        ),
    ],
)
def test_mistakes_are_said(mode, keys, text, learnt, made, tmp_path):
    config = composed(made, f"mode={mode}", f"mode.run={learnt[1]}", *keys)
    with pytest.raises(InputError, match=text):
        {"recog": recog, "generate": generate}[mode].run(config, RunFolder(tmp_path / "r"))
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("network.modules.left.rotate=400", "network.modules.left.rotate must be a number from -360 to 360"),
        ("network.modules.left.crop=[0,0,2]", r"network.modules.left.crop must be \[top,left,height,width\]"),
        ("network.modules.left.crop=[0,0,0,4]", r"network.modules.left.crop must be"),
        ("network.modules.right.mask=3", "network.modules.right.mask must be text or null"),
    ],
)
def test_keys_of_observations_are_checked(key, text, made):
    with pytest.raises(InputError, match=text):
        composed(made, key)


@pytest.mark.slow
def test_of_two_modules_that_observe_the_target_the_first_predicts_it(made, tmp_path):
    """MLDA predicts shares of words; the mean of these and of the counts that a network predicts means nothing."""
    keys = ["+network.modules.n1={module: nn, observes: [g1, right]}"]
    try:
        learn.run(composed(made, *keys), RunFolder(tmp_path / "learnt", "npy"))
    finally:
        compiling.make_deterministic(jit_compile=True)
    keys += ["mode=generate", "mode.source=[left]", "mode.target=right", f"mode.run={tmp_path / 'learnt'}"]
    _, folder = generate.run(composed(made, *keys), RunFolder(tmp_path / "g", "npy"))
    words = loaded(folder, "module003_m1/x_generate")[0]
    np.testing.assert_allclose(words.sum(axis=1), 1, rtol=1e-4)


@pytest.mark.parametrize("mode", ["recog mode.missing=[x]", "generate mode.source=[x]", "generate mode.target=x"])
def test_a_run_of_one_vae_has_nothing_to_predict_from(mode, tmp_path):
    name, key = mode.split()
    config = compose(f"mode={name}", key)
    with pytest.raises(InputError, match=r"names observations of a network of modules, network=..."):
        {"recog": recog, "generate": generate}[name].run(config, RunFolder(tmp_path / "r"))
