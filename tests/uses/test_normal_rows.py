"""Runs of one label: the rows that they learnt are those of this label, wherever learnt rows are read again."""

from types import SimpleNamespace

import numpy as np
import pytest
from learnt import save_run
from mixed_table import mixed_table

from kvae.config import compose
from kvae.data import Part
from kvae.modes import evaluate_table, generate, opening
from kvae.modules import Gaussian
from kvae.runs import RunFolder
from kvae.uses import generation, open_run
from kvae.uses.new_rows import rows_that_were_learnt
from kvae.uses.normal_rows import normal_ones, normal_part

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]


@pytest.fixture(scope="module")
def women(tmp_path_factory):
    """A run that learnt the women of a table, its data, and the keys of it."""
    path = tmp_path_factory.mktemp("women")
    mixed_table(200).write_csv(path / "people.csv")
    keys = ["data=table", f"data.path={path / 'people.csv'}", "data.label_column=sex", "data.normal_label=female"]
    keys += ["model.likelihood=table"]
    return path / "run", save_run(path / "run", *keys), keys


def labelled(labels, label="a"):
    x = np.arange(len(labels), dtype=np.float32)[:, None]
    return SimpleNamespace(plain={"data": {"normal_label": label}}), Part(x, np.array(list(labels)))


def test_new_rows_come_from_what_was_learnt(women, tmp_path, monkeypatch):
    path, data, keys = women
    learnt = open_run(path).opened
    np.testing.assert_array_equal(rows_that_were_learnt(learnt), data.train.x)
    config = compose(*keys, "model=tiny", "train.jit_compile=false", "mode=generate", f"mode.run={path}")
    shown = []
    monkeypatch.setattr(generate, "write", lambda learnt, folder, made: shown.append(made))
    generate.run(config, RunFolder(tmp_path / "new"))
    (made,) = shown
    assert len(made.x) == len(data.train) < 110
    np.testing.assert_array_equal(made.originals, data.train.x)


def test_evaluation_compares_with_what_was_learnt(monkeypatch):
    learnt, train = labelled("aabab")
    part = Part(np.arange(10, 14, dtype=np.float32)[:, None], np.array(list("baab")))
    learnt.folder, chosen = None, SimpleNamespace(which="test", part=part, data=SimpleNamespace(train=train))
    monkeypatch.setattr(opening, "is_learnt_data", lambda config, folder: True)
    found = evaluate_table.rows_to_compare(None, learnt, chosen)
    assert found.learning.ravel().tolist() == np.ravel(found.known).tolist() == [0, 1, 3]


def test_evaluated_rows_that_are_compared_have_the_learnt_label(monkeypatch, caplog):
    learnt, part = labelled("baab")
    chosen = opening.Chosen(None, "test", part, Gaussian(np.arange(8.0).reshape(4, 2), None))
    compared = []
    monkeypatch.setattr(evaluate_table, "rows_to_compare", lambda config, learnt, one: compared.append(one))
    config = SimpleNamespace(mode=SimpleNamespace(generated=False, hide=0.0))
    with caplog.at_level("INFO", "kvae"):
        assert evaluate_table.measure_table(config, learnt, chosen, None) == ({}, {})
    assert compared[0].part.x.ravel().tolist() == [1, 2]
    np.testing.assert_array_equal(compared[0].messages.mean, [[2, 3], [4, 5]])
    assert "compared with the 2 of 4 rows whose label is a, the learnt one" in caplog.text
    assert normal_ones(labelled("aa", None)[0], chosen) is chosen


def test_codes_of_a_mixture_are_those_of_what_was_learnt(monkeypatch):
    learnt, train = labelled("ab" * 30)
    learnt.vae = SimpleNamespace(encode=lambda x: (np.repeat(x, 2, axis=1), None))
    seen = []
    mixture = SimpleNamespace(sample=lambda n, rng: np.zeros((n, 2)))
    monkeypatch.setattr(generation, "fit_codes", lambda z, *_: seen.append(z) or mixture)
    generation.from_mixture(5, learnt, SimpleNamespace(train=train), 2, 0)
    assert seen[0][:, 0].tolist() == list(range(0, 60, 2))


def test_rows_without_such_labels_are_taken_as_they_are():
    learnt, part = labelled("bb")
    assert normal_part(learnt, part) is part
    assert normal_part(learnt, Part(part.x)).x is part.x
