"""Labels of new rows, each given to the rows that it is likeliest for."""

import numpy as np
import pytest
from learnt import save_run
from mixed_table import mixed_table
from scipy.optimize import linear_sum_assignment

from kvae.uses import new_labels, open_run
from kvae.uses.new_labels import given_out, label_probabilities, place_to_give, shared_out, with_likeliest
from kvae.uses.new_rows import new_rows

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]


@pytest.fixture(scope="module")
def learn(tmp_path_factory):
    """Runs of random weights, by their label."""
    path = tmp_path_factory.mktemp("labelled")
    mixed_table(120).write_csv(path / "people.csv")

    def learnt(label, *keys, made={}):  # noqa: B006
        place = (label, *keys)
        if place not in made:
            given = ["data=table", f"data.path={path / 'people.csv'}", "model=tiny", "model.likelihood=table"]
            given += [] if label is None else [f"data.label_column={label}"]
            save_run(path / str(len(made)), *given, *keys)
            made[place] = open_run(path / str(len(made)))
        return made[place].opened

    return learnt


@pytest.mark.parametrize(("n", "n_classes", "spread"), [(60, 2, 0.3), (90, 5, 1.0), (40, 7, 5.0), (12, 1, 1.0)])
def test_labels_are_given_out_as_an_assignment_would(n, n_classes, spread):
    rng = np.random.default_rng(n)
    p = rng.dirichlet(np.full(n_classes, spread), n)
    counts = np.bincount(rng.choice(n_classes, n), minlength=n_classes)
    given = given_out(p, counts, rng)
    np.testing.assert_array_equal(np.bincount(given, minlength=n_classes), counts)
    log_p = np.log(np.maximum(p, 1e-12))
    rows, places = linear_sum_assignment(-log_p[:, np.repeat(np.arange(n_classes), counts)])
    best = log_p[rows, np.repeat(np.arange(n_classes), counts)[places]].sum()
    np.testing.assert_allclose(log_p[np.arange(n), given].sum(), best, rtol=1e-6)


def test_a_label_that_none_has_is_not_given():
    p = np.tile([0.6, 0.4, 0.0], (10, 1))
    given = given_out(p, np.array([0, 7, 3]), np.random.default_rng(0))
    np.testing.assert_array_equal(np.bincount(given), [0, 7, 3])


def test_equal_rows_are_told_apart_at_random():
    p, counts = np.full((400, 2), 0.5), np.array([100, 300])
    first, again, other = (given_out(p, counts, np.random.default_rng(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert 20 < (first[:200] == 0).sum() < 80  # not only the first or the last rows


def test_rows_that_lose_least_go_to_classes_that_lack_rows():
    values = np.array([[0.0, -1.0], [0.0, -3.0], [0.0, -2.0], [-5.0, 0.0]])
    np.testing.assert_array_equal(shared_out(values, values.argmax(axis=1), np.array([1, 3])), [1, 0, 1, 1])


def test_likelier_rows_get_the_label_and_nothing_else_changes(learn):
    learnt = learn("sex")
    place = place_to_give(learnt, "draw_label")
    x, _ = new_rows(learnt, 80, 3)
    x[:5, place] = np.nan
    done = []
    found = with_likeliest(learnt, x, place, 0, done.append)
    assert done == [75]
    np.testing.assert_array_equal(np.delete(found, place, axis=1), np.delete(x, place, axis=1))
    assert np.isnan(found[:5, place]).all() and not np.isnan(found[5:, place]).any()
    assert np.sum(found[5:, place] == 1) == np.sum(x[5:, place] == 1) not in (0, 75)
    rng = np.random.default_rng([0, place])
    p = label_probabilities(learnt, x[5:], place, rng, lambda rows: None)[:, 1]
    assert p[found[5:, place] == 1].min() >= p[found[5:, place] == 0].max()
    np.testing.assert_array_equal(found, with_likeliest(learnt, x, place, 0))


def test_rows_without_a_label_keep_none(learn):
    learnt = learn("sex")
    x, place = new_rows(learnt, 4, 0)[0], learnt.spec.table.place("sex")
    x[:, place] = np.nan
    np.testing.assert_array_equal(with_likeliest(learnt, x, place, 0), x)


def test_probabilities_of_labels_are_those_of_a_gap(learn, monkeypatch):
    """p(label | others) by plain importance sampling from the prior."""
    learnt = learn("sex")
    vae, place = learnt.vae, learnt.spec.table.place("sex")
    x = new_rows(learnt, 6, 1)[0].astype(np.float32)
    monkeypatch.setattr(new_labels, "N_SAMPLES", 20_000)
    found = label_probabilities(learnt, x, place, np.random.default_rng(0), lambda rows: None)
    z = np.random.default_rng(1).standard_normal((20_000, vae.latent_dim)).astype(np.float32)
    params = np.asarray(vae._decoded_params(z))
    likely = np.asarray(vae.likelihood.probabilities(params[:, None], place))[:, 0]
    for row, p in zip(x, found, strict=True):
        log_p = np.asarray(vae.likelihood.log_prob_per_column(np.repeat(row[None], len(z), 0), params), np.float64)
        log_w = np.delete(log_p, place, axis=1).sum(axis=1)
        w = np.exp(log_w - log_w.max())
        np.testing.assert_allclose(p, w @ likely / w.sum(), atol=0.02)


def test_a_hidden_label_does_not_count_as_missing(learn):
    learnt = learn("sex", "data.missing=learn")
    place = learnt.spec.table.place("sex")
    x = new_rows(learnt, 20, 1)[0]
    p = label_probabilities(learnt, x, place, np.random.default_rng(0), lambda rows: None)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-4)


@pytest.mark.parametrize(
    ("label", "keys", "words"),
    [
        (None, [], r"needs a run that learnt a label: .* Received: a run with data\.label_column=null"),
        ("sex", ["data.learn_label=false"], r"a run with data\.label_column=sex, which it did not learn"),
        ("income", [], r"needs a label of at most 50 categories\. Received: income, a number"),
        ("sex", ["model.condition=[sex]"], r"conditional on sex: learn one without model\.condition"),
    ],
)
def test_labels_that_cannot_be_given_out(learn, label, keys, words):
    with pytest.raises(ValueError, match=r"^mode\.draw_label=likeliest .*" + words):
        place_to_give(learn(label, *keys), "mode.draw_label")


def test_labels_that_were_asked_for(learn):
    place = learn("sex").spec.table.place("sex")
    with pytest.raises(ValueError, match="gives out the labels sex, which the conditions set"):
        place_to_give(learn("sex"), "draw_label", [place])
