"""A learnt run, used from Python."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from learnt import METRICS, save_run

import kvae
from kvae.uses.scores import anomaly_scores

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]

NAMES = ["height", "width", "depth", "weight"]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A table in units far from the model's, with a column of labels: its path and its frame."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal([100, -5, 0.001, 7], [9, 1, 0.0001, 2], (60, 4)), columns=NAMES)
    frame.insert(2, "kind", ["a", "b"] * 30)
    path = tmp_path_factory.mktemp("table") / "table.csv"
    frame.to_csv(path, index=False)
    return path, frame


def as_polars(frame):
    return pl.DataFrame(frame.to_dict("list"))


@pytest.fixture(scope="module")
def learnt(table, tmp_path_factory):
    """The run of that table, and the rows of it in the model's units, in the data's order."""
    path = tmp_path_factory.mktemp("run")
    keys = ["data=file", f"data.path={table[0]}", "data.label_column=kind", "data.scale=standard"]
    data = save_run(path, *keys, "model.likelihood=gaussian")
    return kvae.open_run(path), data.everything.x


def test_an_array_is_taken_in_the_datas_own_units(learnt, table):
    run, x = learnt
    z_mean, z_log_var = run.encode(table[1][NAMES].to_numpy())
    expected = run.model.encode(x)
    np.testing.assert_allclose(z_mean, expected[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(z_log_var, expected[1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("use", ["encode", "score", "reconstruct", "compress"])
def test_frames_that_cannot_be_read_are_refused_in_a_sentence(use, learnt, table):
    twice = pd.concat([table[1], table[1][["width", "kind"]]], axis=1)
    for given, message in (
        (as_polars(table[1]).lazy(), r"in memory: call \.collect\(\) or .* Received: polars\.lazyframe"),
        (twice, r"^`x` must name every column once: rename or drop one\. Received twice: width, kind$"),
    ):
        with pytest.raises(ValueError, match=message):
            getattr(learnt[0], use)(given)


def test_a_label_that_was_learnt_as_a_column_too_is_taken(table, tmp_path):
    frame = table[1].assign(kind=[0, 1, 1] * 20)
    frame.to_csv(tmp_path / "x.csv", index=False)
    keys = ["data=file", f"data.path={tmp_path / 'x.csv'}", "data.label_column=kind", "data.columns=[width,kind]"]
    save_run(tmp_path, *keys, "model.likelihood=gaussian")
    run, given = kvae.open_run(tmp_path), frame[["weight", "kind", "width"]]
    with pytest.warns(UserWarning, match="weight"):
        z_mean, _ = run.encode(given)
    np.testing.assert_array_equal(z_mean, run.encode(frame[["width", "kind"]].to_numpy())[0])


def test_what_was_learnt_is_at_hand(learnt):
    run, _ = learnt
    assert isinstance(run.model, kvae.VAE)
    assert run.metrics == METRICS
    assert run.columns == tuple(NAMES)
    assert str(run.folder) in repr(run)


@pytest.mark.parametrize("make", [pd.DataFrame, lambda frame: as_polars(frame)], ids=["pandas", "polars"])
def test_a_frame_is_taken_by_its_columns_names(make, learnt, table):
    run, x = learnt
    frame = make(table[1][["weight", "kind", "depth", "width", "height"]])
    np.testing.assert_allclose(run.encode(frame)[0], run.model.encode(x)[0], rtol=1e-5, atol=1e-6)


def test_a_further_column_is_ignored_with_a_word(learnt, table):
    run, x = learnt
    frame = table[1].assign(colour=["red"] * 60)
    with pytest.warns(UserWarning, match="were not learnt; they are ignored: colour$") as said:
        z_mean, _ = run.encode(frame)
    assert said[0].filename == __file__
    np.testing.assert_allclose(z_mean, run.model.encode(x)[0], rtol=1e-5, atol=1e-6)


def test_missing_columns_are_refused_by_name(learnt, table):
    with pytest.raises(ValueError, match=r"lacks 2 of the 4.*: width, depth.*with kvae\.open_run"):
        learnt[0].encode(table[1][["height", "weight"]])


def test_a_path_is_read_as_the_command_line_reads_it(learnt, table, tmp_path):
    run, x = learnt
    other = tmp_path / "other.csv"
    table[1][["weight", "kind", "depth", "width", "height"]].to_csv(other, index=False)
    np.testing.assert_allclose(run.encode(other)[0], run.model.encode(x)[0], rtol=1e-5, atol=1e-6)


def test_a_frame_comes_back_as_a_frame(learnt, table):
    run, x = learnt
    frame = table[1][["weight", "depth", "width", "height"]].set_index(pd.Index(range(100, 160), name="id"))
    reconstructed = run.reconstruct(frame)
    assert list(reconstructed.columns) == NAMES
    assert reconstructed.index.equals(frame.index)
    scale = table[1][NAMES].iloc[:48].agg(["mean", lambda column: column.std(ddof=0)]).to_numpy()
    expected = run.model.reconstruct(x) * scale[1] + scale[0]
    np.testing.assert_allclose(reconstructed.to_numpy(), expected, rtol=1e-4)
    assert isinstance(run.reconstruct(as_polars(frame)), pl.DataFrame)
    np.testing.assert_array_equal(run.reconstruct(frame[NAMES].to_numpy()), reconstructed.to_numpy())


def test_codes_are_decoded_to_the_datas_units(learnt, table):
    run, _ = learnt
    z = run.encode(table[1][NAMES])[0]
    np.testing.assert_allclose(run.decode(z), run.reconstruct(table[1][NAMES].to_numpy()), rtol=1e-5)


def test_draws_are_the_same_codes_with_the_noise_of_the_likelihood(learnt):
    run, _ = learnt
    means, draws = run.generate(2000, seed=3), run.generate(2000, seed=3, draw="sample")
    scale = run.opened.spec.scaling.divisor  # of data in whose units the likelihood has unit variance
    noise = (draws - means) / scale
    assert np.abs(noise.mean(axis=0)).max() < 0.1 and np.abs(noise.std(axis=0) - 1).max() < 0.06
    np.testing.assert_array_equal(draws, run.generate(2000, seed=3, draw="sample"))
    with pytest.raises(ValueError, match=r"`draw` must be one of mean, sample. Received: draw='both'"):
        run.generate(2, draw="both")


def test_generated_rows_are_in_the_datas_units_and_the_same_every_time(learnt):
    run, _ = learnt
    made = run.generate(500, seed=3)
    assert made.shape == (500, 4)
    np.testing.assert_array_equal(made, run.generate(500, seed=3))
    assert not np.array_equal(made, run.generate(500, seed=4))
    assert abs(made[:, 0].mean() - 100) < 40


@pytest.mark.parametrize("score", ["elbo", "reconstruction", "nll"])
def test_scores_are_those_of_detection(score, learnt, table):
    run, x = learnt
    expected = anomaly_scores(run.model, x, score, n_samples=3, seed=1)
    np.testing.assert_allclose(run.score(table[1][NAMES], score, n_samples=3, seed=1), expected, rtol=1e-4)


def test_a_mixtures_message_is_the_prior_of_scores_and_samples(tmp_path):
    data = save_run(tmp_path, "data.limit=200", "prior=gmm", "prior.n_components=2")
    run, images = kvae.open_run(tmp_path), data.everything.x
    z_mean, _ = run.encode(images)
    mixture = run.opened.network.above[0].mixture
    message = mixture.responsibilities(z_mean)[0] @ mixture.means
    expected = -run.model.elbo(images, message.astype(np.float32), n_samples=None)
    np.testing.assert_allclose(run.score(images), expected, rtol=1e-4)
    assert run.generate(3).shape == (3, 8, 8, 1)


def test_images_may_come_without_their_channel_axis(tmp_path):
    images = save_run(tmp_path, "data.limit=50").everything.x
    run = kvae.open_run(tmp_path)
    np.testing.assert_array_equal(run.encode(images[..., 0])[0], run.encode(images)[0])
    np.testing.assert_array_equal(run.encode(pd.DataFrame(images.reshape(50, 64)))[0], run.encode(images)[0])
    with pytest.raises(ValueError, match=r"`x` must have 64 columns.*Received: 3"):
        run.encode(pd.DataFrame(np.zeros((2, 3))))
    assert run.columns is None


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (np.ones((3, 5)), r"`x` must have shape \(n, 4\).*Received: shape \(3, 5\)"),
        (np.full((3, 4), np.nan), "finite.*nan"),
        (pd.DataFrame({name: ["a"] for name in NAMES}), "must have columns of numbers.*height"),
        ("nowhere.csv", "data.path=nowhere.csv does not exist"),
    ],
)
def test_what_the_run_cannot_take_is_refused(x, text, learnt):
    with pytest.raises(ValueError, match=text):
        learnt[0].encode(x)


@pytest.mark.parametrize("seed", [-1, 2.5, "a"])
def test_a_seed_that_is_none_is_refused(seed, learnt):
    with pytest.raises(ValueError, match=f"`seed` must be an integer from 0 .*, or None. Received: seed={seed!r}"):
        learnt[0].generate(2, seed=seed)


@pytest.mark.parametrize("folder", [None, 3])
def test_what_is_no_path_is_refused(folder):
    with pytest.raises(TypeError, match=f"`folder` must be the path of a learnt run. Received: {folder}"):
        kvae.open_run(folder)


def test_a_folder_that_is_no_learnt_run_is_refused(learnt, tmp_path):
    for folder in (tmp_path, learnt[0].folder.parent):
        with pytest.raises(ValueError, match=re.escape(f"Received: {folder} (looked in")):
            kvae.open_run(folder)
