"""One digit is learnt, and the others are told from it, at least as well as by the components that PCA finds."""

import re

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score

from kvae.config import compose
from kvae.config.errors import CONF
from kvae.data import load_data
from kvae.data.sources import digits
from kvae.modes import detect, learn
from kvae.modes.build import build_vae
from kvae.modes.one_class import advice
from kvae.options.found import names_in
from kvae.runs import RunFolder
from kvae.training import compiling
from kvae.training.run import Training
from kvae.uses.scores import anomaly_scores

EXPERIMENT = "experiment=one_class"


def area_of_pca(digit, n_components=8):
    """The area under the ROC curve of PCA's squared errors, on the split that the command line makes."""
    raw = digits.read(digits.Options())
    x, n = raw.x.reshape(1797, 64), 1437
    pca = PCA(n_components, random_state=0).fit(x[:n][raw.labels[:n] == digit])
    errors = np.sum((x[n:] - pca.inverse_transform(pca.transform(x[n:]))) ** 2, axis=1)
    return roc_auc_score(raw.labels[n:] != digit, errors)


def test_an_eight_is_told_from_other_digits():
    config = compose(EXPERIMENT, "data.normal_label=8", "train.jit_compile=false")
    data, everything = (load_data(compose(EXPERIMENT, *keys).data, 0) for keys in (["data.normal_label=8"], []))
    vae, train = build_vae(config, data.spec), config.train
    Training(vae, data.train.x, batch_size=train.batch_size, itr=train.itr, lines=0).run(train.itr)
    scores = anomaly_scores(vae, everything.test.x)
    assert roc_auc_score(everything.test.labels != 8, scores) > area_of_pca(8)


@pytest.mark.rare
def test_digits_are_told_from_others_by_the_command_line_s_own_experiment(tmp_path):
    areas, others = [], []
    for digit in (1, 4, 8):
        for seed in range(3):
            keys = [EXPERIMENT, f"data.normal_label={digit}", f"seed={seed}", "format=npy"]
            _, learnt = learn.run(compose(*keys), RunFolder(tmp_path / f"{digit}-{seed}", "npy"))
            used = compose(*keys, "mode=detect", f"mode.run={learnt.path}")
            areas.append(detect.run(used, RunFolder(tmp_path / f"detect-{digit}-{seed}", "npy"))[0]["roc_auc"])
            others.append(area_of_pca(digit))
    assert np.mean(areas) > np.mean(others)


@pytest.mark.parametrize("name", names_in("kvae.data.sources"))
def test_a_bernoulli_likelihood_of_one_class_is_told_what_is_better(name):
    data = [f"data={name}", "data.normal_label=3", *(["data.path=x"] if name in ("file", "images") else [])]
    if compose(*data).model.likelihood != "bernoulli":  # a source that brings another one
        assert advice(compose(*data)) is None
        return
    words = re.search(r"other keys:  (.*)", advice(compose(*data)))[1].split()
    better = compose(*data, *words)
    assert better.model.likelihood.startswith("gaussian") and advice(better) is None
    assert (better.data.name, better.data.normal_label) == (name, 3)
    data.remove("data.normal_label=3")
    assert advice(compose(*data)) is None  # all classes are learnt


def test_every_source_has_a_file_in_conf():
    assert names_in("kvae.data.sources") == sorted(path.stem for path in (CONF / "data").glob("*.yaml"))


@pytest.mark.slow
def test_it_is_said_when_one_class_is_learnt_and_when_others_are_told_from_it(tmp_path, caplog):
    caplog.set_level("INFO")
    keys = ["model=tiny", "data.limit=100", "train.itr=1", "train.jit_compile=false", "data.normal_label=4"]
    said = "other keys:  experiment=one_class data.normal_label=4"
    _, learnt = learn.run(compose(*keys), RunFolder(tmp_path / "learn"))
    assert caplog.text.count(said) == 1
    compiling.make_deterministic(jit_compile=True)  # the process's own: what is loaded asks for XLA
    detect.run(compose(*keys, "mode=detect", f"mode.run={learnt.path}"), RunFolder(tmp_path / "detect"))
    assert caplog.text.count(said) == 2


def test_what_is_better_is_said_as_a_shell_takes_it():
    config = compose("data=images", "data.path=x", "data.normal_label=$a b")
    assert advice(config).endswith(" 'data.normal_label=$a b'")
