"""What a learnt run is used for: evaluated, generated with, asked for anomalies."""

import functools
import importlib
import json
import re

import numpy as np
import pytest
from learnt import save_run
from PIL import Image
from scipy import special, stats

from kvae.config import compose
from kvae.data import load_data
from kvae.errors import InputError
from kvae.modes import detect, evaluate, generate, recog
from kvae.modules.model_file import load_vae
from kvae.runs import RunFolder
from kvae.uses.evaluation.code_mixture import fit_codes
from kvae.uses.scores import anomaly_scores

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]

TINY = ["model=tiny", "data.limit=200", "train.jit_compile=false"]
OWN = {"zeros": ["data.normal_label=0"], "gmm": ["prior=gmm", "prior.n_components=2"], "all": []}


@functools.cache
def data():
    return load_data(compose(*TINY).data, 0)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Runs as learning leaves them, of models with large random weights instead of learnt ones."""
    path = tmp_path_factory.mktemp("outputs")
    for name, keys in OWN.items():
        save_run(path / name, *TINY, *keys)
    return path


@pytest.fixture
def use(outputs, tmp_path):
    """Run a mode in a folder of its own with the config keys given."""

    def run(mode, *keys, learnt="all", file_format="txt"):
        run_key = [f"mode.run={outputs / learnt}", f"format={file_format}"]
        config = compose(*TINY, *OWN[learnt], f"mode={mode.__name__.rpartition('.')[2]}", *run_key, *keys)
        return mode.run(config, RunFolder(tmp_path / "used", file_format))

    return run


def test_an_evaluation_is_read_back(use, outputs):
    metrics, folder = use(evaluate, "mode.n_samples=20")
    found = json.loads((folder.path / "evaluate.json").read_text())
    assert {name: found[name] for name in metrics} == metrics
    assert np.sum(found["kl_per_dim"]) == pytest.approx(metrics["kl"], rel=1e-5)
    assert found["n"] == 40 and found["split"] == "test" and found["n_samples"] == 20
    nll = np.loadtxt(folder.vae.path / "nll_evaluate.txt")
    assert nll.mean() == pytest.approx(metrics["nll"]) and nll.shape == (40,)
    assert metrics["nll_se"] == pytest.approx(nll.std(ddof=1) / np.sqrt(40))
    assert metrics["nll_bits_per_dim"] == pytest.approx(metrics["nll"] / 64 / np.log(2))
    expected = {"mutual_information", "aggregate_kl", "mse", "psnr", "ssim", "knn_accuracy", "logistic_accuracy",
                "accuracy", "nmi", "ari", "active_units"}  # fmt: skip
    assert expected <= metrics.keys()
    for name in ("kl_per_dim", "latent", "traversal"):
        Image.open(folder.vae.path / f"{name}_evaluate.png").verify()
    assert (folder.path / "report.html").is_file()


def test_an_evaluation_under_the_messages_of_a_mixture(use, outputs):
    metrics, _ = use(evaluate, "mode.n_samples=5", learnt="gmm")
    gmm = np.load(outputs / "gmm" / "module002_gmm" / "model.npz")
    test = data().test
    z_mean, z_log_var = load_vae(outputs / "gmm" / "module001_vae" / "model.keras").encode(test.x)
    log_p = [
        stats.multivariate_normal(m, c).logpdf(z_mean) for m, c in zip(gmm["means"], gmm["covs"], strict=True)
    ]
    r = special.softmax(np.array(log_p).T + np.log(gmm["weights"]), axis=1)
    kl = 0.5 * ((z_mean - r @ gmm["means"]) ** 2 + np.exp(z_log_var) - 1 - z_log_var).sum(axis=1)
    assert metrics["kl"] == pytest.approx(kl.mean(), rel=1e-4)


@pytest.mark.parametrize(
    ("learnt", "keys", "n"),
    [
        ("all", [], 50),
        ("gmm", ["mode.n=4"], 4),
        ("all", ["mode.sampler=gmm", "mode.n=6", "mode.n_components=2"], 6),
        ("all", ["mode.sampler=posterior", "mode.index=7", "mode.n=3"], 3),
        ("all", ["mode.sampler=interpolate", "mode.index=[3,8]"], 10),
    ],
)
def test_samples_are_read_back_and_are_the_seeds(use, learnt, keys, n):
    _, folder = use(generate, *keys, learnt=learnt)
    x, z = (np.loadtxt(folder.vae.path / f"{name}_generate.txt") for name in ("x", "z"))
    assert x.shape == (n, 64) and z.shape == (n, 2) and x.min() >= 0 and x.max() <= 1
    pixels = np.asarray(Image.open(folder.vae.path / "generated" / f"{n - 1:04d}.png"))
    np.testing.assert_allclose(pixels.ravel() / 255, x[-1], atol=0.51 / 255)
    assert len(list((folder.vae.path / "generated").iterdir())) == n
    use(generate, *keys, learnt=learnt)
    np.testing.assert_array_equal(np.loadtxt(folder.vae.path / "x_generate.txt"), x)


@pytest.mark.parametrize(
    ("mode", "keys", "learnt"),
    [
        (generate, ["mode.n=4"], "all"),
        (detect, ["mode.contamination=0.1"], "zeros"),
        (evaluate, ["mode.n_samples=2"], "all"),
        (recog, [], "gmm"),
    ],
)
def test_a_second_run_leaves_no_result_of_the_first(use, mode, keys, learnt):
    _, folder = use(mode, *keys, learnt=learnt, file_format="npy")
    known = importlib.import_module(mode.__name__).RESULTS
    written = {path.name for path in folder.path.glob("module*/*") if path.is_file()}
    assert {name for name in written if not re.fullmatch(known, name)} <= {"explorer.npz"}
    mine = folder.vae.path / "notes.txt"
    mine.write_text("mine")
    use(mode, *keys, learnt=learnt)
    assert not list(folder.path.glob("module*/*.npy")) and mine.read_text() == "mine"


def test_interpolation_ends_at_the_reconstructions(use, outputs):
    _, folder = use(generate, "mode.sampler=interpolate", "mode.index=[3,8]", "mode.n=5", file_format="npy")
    test = data().test
    ends = load_vae(outputs / "all" / "module001_vae" / "model.keras").reconstruct(test.x[[3, 8]])
    x = np.load(folder.vae.path / "x_generate.npy").reshape(5, 8, 8, 1)
    np.testing.assert_allclose(x[[0, 4]], ends, rtol=1e-5)


def test_samples_follow_given_means(use, tmp_path):
    np.savetxt(tmp_path / "mu.txt", [[30.0, -30.0]])
    _, folder = use(generate, f"mode.prior_mu={tmp_path / 'mu.txt'}", "mode.n=20")
    z = np.loadtxt(folder.vae.path / "z_generate.txt")
    assert np.all(np.abs(z - [30.0, -30.0]) < 5) and z.std() > 0.5


def test_anomalies_are_read_back(use):
    metrics, folder = use(detect, "mode.contamination=0.1", learnt="zeros")
    scores = np.loadtxt(folder.vae.path / "score_detect.txt")
    flags = np.loadtxt(folder.vae.path / "anomaly_detect.txt")
    assert scores.shape == flags.shape == (40,)
    np.testing.assert_array_equal(flags, scores > metrics["threshold"])
    assert metrics["anomalies"] == flags.sum() and metrics["anomaly_share"] == flags.mean()
    labels = data().test.labels
    pairs = [(a, b) for a in scores[labels != 0] for b in scores[labels == 0]]
    assert metrics["roc_auc"] == pytest.approx(np.mean([(a > b) + 0.5 * (a == b) for a, b in pairs]))
    for name in ("scores", "anomalies"):
        Image.open(folder.vae.path / f"{name}_detect.png").verify()
    assert (folder.path / "report.html").is_file()


@pytest.mark.parametrize(("score", "n_samples"), [("reconstruction", None), ("elbo", 3), ("nll", 2)])
def test_the_score_is_the_one_that_was_asked_for(use, outputs, score, n_samples):
    keys = [f"mode.score={score}", f"mode.n_samples={n_samples or 'null'}", "seed=5"]
    _, folder = use(detect, *keys, learnt="zeros")
    vae, x = (
        load_vae(outputs / "zeros" / "module001_vae" / "model.keras"),
        data().test.x,
    )
    expected = anomaly_scores(vae, x, score, n_samples, seed=5)
    np.testing.assert_allclose(np.loadtxt(folder.vae.path / "score_detect.txt"), expected, rtol=1e-5)


@pytest.mark.parametrize(("mode", "key"), [(generate, "mode.sampler=gmm"), (evaluate, "mode.n_samples=2")])
def test_a_mixture_of_codes_has_as_many_components_as_were_asked_for(use, monkeypatch, mode, key):
    fitted = []

    def fit(z, n_components, seed):
        fitted.append((len(z), n_components, seed))
        return fit_codes(z, n_components, seed)

    monkeypatch.setattr("kvae.uses.generation.fit_codes", fit)
    monkeypatch.setattr("kvae.uses.evaluation.labels.fit_codes", fit)
    use(mode, key, "mode.n_components=3", "seed=4")
    assert fitted == [(160, 3, 4)]  # of the learning rows


def test_the_most_anomalous_rows_are_shown_the_first_first(use, monkeypatch):
    shown = {}
    monkeypatch.setattr(
        "kvae.runs.ModuleFolder.write_figure", lambda self, name, draw, *of: shown.update({name: of})
    )
    _, folder = use(detect, learnt="zeros")
    scores = np.loadtxt(folder.vae.path / "score_detect.txt")
    x, x_hat, rows, of_rows = shown["anomalies_detect"][:4]
    np.testing.assert_allclose(of_rows, np.sort(scores)[::-1][: len(rows)], rtol=1e-6)
    np.testing.assert_allclose(scores[rows], of_rows, rtol=1e-6)
    np.testing.assert_allclose(x, data().test.x[rows], atol=1e-6)
    assert x_hat.shape == x.shape and not np.allclose(x_hat, x)


def test_the_threshold_is_a_quantile_of_held_out_rows(use, caplog):
    caplog.set_level("INFO")
    metrics, folder = use(detect, "mode.contamination=0.25")
    scores = np.loadtxt(folder.vae.path / "score_detect.txt")
    assert metrics["threshold"] == pytest.approx(np.quantile(scores, 0.75)) and metrics["anomalies"] == 10
    assert "threshold: the quantile 0.75 of the scores of 40 held-out rows" in caplog.text
    keys = ["mode.contamination=0.25", "mode.threshold_split=test", "mode.split=train"]
    again, folder = use(detect, *keys)
    assert again["threshold"] == pytest.approx(metrics["threshold"])
    assert np.loadtxt(folder.vae.path / "score_detect.txt").shape == (160,)
    drawn, _ = use(detect, "mode.contamination=0.25", "mode.score=nll", "mode.n_samples=3", learnt="gmm")
    assert np.isfinite(drawn["threshold"])


@pytest.mark.parametrize(
    ("split", "n", "words"), [("train", 160, "160 learning rows"), ("all", 200, "200 learning and held-out rows")]
)
def test_the_rows_that_are_scored_set_the_threshold(use, caplog, split, n, words):
    caplog.set_level("INFO")
    metrics, folder = use(detect, "mode.contamination=0.25", f"mode.split={split}")
    scores = np.loadtxt(folder.vae.path / "score_detect.txt")
    assert metrics["threshold"] == pytest.approx(np.quantile(scores, 0.75)) and metrics["anomalies"] == n / 4
    assert f"the quantile 0.75 of the scores of {words}" in caplog.text
    other, _ = use(detect, "mode.contamination=0.25", f"mode.threshold_split={split}")
    assert other["threshold"] == pytest.approx(metrics["threshold"])


def test_only_normal_held_out_rows_set_the_threshold(use):
    keys = ["mode.contamination=0.25", "mode.threshold_split=test"]
    metrics, folder = use(detect, *keys, learnt="zeros")
    scores, normal = np.loadtxt(folder.vae.path / "score_detect.txt"), data().test.labels == 0
    assert 0 < normal.sum() < 20
    assert metrics["threshold"] == pytest.approx(np.quantile(scores[normal], 0.75))
    other, _ = use(detect, *keys, "mode.split=train", learnt="zeros")  # they are then not among the scored rows
    assert other["threshold"] == pytest.approx(metrics["threshold"])


@pytest.mark.parametrize(
    ("limit", "share", "words"),
    [
        (200, 0.02, "40 held-out rows are few for mode.contamination=0.02: about one normal row in 41 is flagged"),
        (200, 0.05, "of 40 held-out rows"),
        (
            95,
            0.05,
            "only 19 rows are held out, so that learning rows set the threshold: new rows may score higher",
        ),
        (100, 0.05, "of 20 held-out rows"),
    ],
)
def test_it_is_said_when_few_rows_are_held_out(tmp_path, caplog, limit, share, words):
    caplog.set_level("INFO")
    keys = [*TINY, f"data.limit={limit}"]
    save_run(tmp_path / "learnt", *keys)
    config = compose(*keys, "mode=detect", f"mode.run={tmp_path / 'learnt'}", f"mode.contamination={share}")
    detect.run(config, RunFolder(tmp_path / "used"))
    assert caplog.text.count(words) == 1
    assert ("are few" in caplog.text) == ("are few" in words)


def test_without_held_out_rows_the_learning_rows_set_the_threshold(tmp_path, caplog):
    caplog.set_level("INFO")
    keys = [*TINY, "data.test_fraction=0"]
    x = save_run(tmp_path / "learnt", *keys).train.x
    np.save(tmp_path / "new.npy", x[:30])
    keys += ["mode=detect", f"mode.run={tmp_path / 'learnt'}", "mode.contamination=0.25"]
    learnt, _ = detect.run(compose(*keys), RunFolder(tmp_path / "used"))
    assert learnt["anomalies"] == 50 and "held out" not in caplog.text
    new = ["data=file", f"data.path={tmp_path / 'new.npy'}"]
    metrics, _ = detect.run(compose(*keys, *new), RunFolder(tmp_path / "new"))
    assert metrics["threshold"] == pytest.approx(learnt["threshold"])
    assert "nothing is held out, so that learning rows set the threshold" in caplog.text
    with pytest.raises(InputError, match=r"mode.threshold_split=test: no normal row is held out. Type mode.thres"):
        detect.run(compose(*keys, "mode.threshold_split=test"), RunFolder(tmp_path / "other"))


def test_other_data_is_held_against_what_was_learnt(use, tmp_path):
    known, _ = use(detect, learnt="zeros")
    np.save(tmp_path / "new.npy", np.random.default_rng(0).random((30, 8, 8), np.float32))
    new = ["data=file", f"data.path={tmp_path / 'new.npy'}", "data.test_fraction=0.2"]
    metrics, folder = use(detect, *new, "data.normal_label=null", learnt="zeros")
    assert metrics["threshold"] == known["threshold"]
    scores, flags = (np.loadtxt(folder.vae.path / f"{name}_detect.txt") for name in ("score", "anomaly"))
    assert scores.shape == (30,) and flags.tolist() == (scores > known["threshold"]).tolist()
    held_out, _ = use(detect, *new)
    assert held_out["threshold"] == pytest.approx(use(detect)[0]["threshold"])


@pytest.mark.parametrize(
    ("mode", "keys", "text"),
    [
        (generate, ["mode.index=3"], "mode.index goes with mode.sampler=posterior or interpolate"),
        (generate, ["mode.sampler=posterior", "mode.index=40"], "below the number of test rows, 40. Received: 40"),
        (generate, ["mode.sampler=interpolate", "mode.index=4"], "two row numbers with mode.sampler=interpolate"),
        (generate, ["mode.sampler=gmm", "mode.n_components=900"], "learning rows, 160. Received: 900"),
        (generate, ["mode.sampler=gmm", "mode.prior_mu=x.txt"], "mode.prior_mu goes with mode.sampler=prior"),
        (generate, ["mode.prior_mu=none.txt"], "mode.prior_mu=none.txt does not exist"),
        (detect, ["mode.split=test", "data.test_fraction=0"], "mode.split=test: nothing is held out"),
    ],
)
def test_mistakes(use, mode, keys, text):
    with pytest.raises(InputError, match=text.replace("[", r"\[")):
        use(mode, *keys)


def test_one_class_alone_is_learnt(outputs):
    data = load_data(compose(*TINY, "data.normal_label=0").data, 0)
    assert set(data.train.labels) == set(data.test.labels) == {0}
    config = json.loads((outputs / "zeros" / "run.json").read_text())["config"]
    assert config["data"]["normal_label"] == 0
