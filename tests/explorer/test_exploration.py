"""What is kept for the page of a run: which rows, their codes, scores and labels, and the decoder."""

import json

import numpy as np
import pytest

from kvae import VAE, plots
from kvae.data import InputSpec, Part, Scaling
from kvae.explorer import decoding, forms, observations
from kvae.explorer import exploration as module
from kvae.explorer.exploration import Exploration
from kvae.explorer.forms import with_own_categories
from kvae.explorer.observations import as_observations, shrunk
from kvae.explorer.plane import plane_of
from kvae.layers import mlp_decoder, mlp_encoder
from kvae.modules import Gaussian
from kvae.modules.vae_losses import Losses
from kvae.modules.vae_results import write_results
from kvae.plots.latent import in_the_plane
from kvae.runs import ModuleFolder, RunFolder
from kvae.table import Column
from kvae.uses.scores import anomaly_scores

RNG = np.random.default_rng(0)
X = RNG.random((40, 5, 4, 1), np.float32)
SPEC = InputSpec((5, 4, 1), Scaling(), "none")
LABELS = np.array(["b", "a", "", "10", "2"] * 8)


@pytest.fixture(scope="module")
def vae():
    return VAE(mlp_encoder((5, 4, 1), 3, 6), mlp_decoder((5, 4, 1), 3, 6), seed=0)


def explored(vae, folder, prior=None, part=None, spec=SPEC, pieces=2):
    """What is written of rows that pass in pieces."""
    part = part or Part(X, LABELS)
    one = Exploration(vae, part, spec, prior)
    for start in range(0, len(part), -(-len(part) // pieces)):
        x = part.x[start : start + -(-len(part) // pieces)]
        z_mean, z_log_var = vae.encode(x)
        one.add(start, x, z_mean, z_log_var, vae.decode(z_mean))
    place = ModuleFolder(folder)
    one.write(place, "learn")
    with np.load(place.explorer) as arrays:
        found = dict(arrays)
    return json.loads(str(found.pop("header"))), found


def test_rows_codes_and_scores_are_those_of_the_model(vae, tmp_path):
    header, arrays = explored(vae, tmp_path, {})
    z_mean, z_log_var = vae.encode(X)
    np.testing.assert_array_equal(arrays["rows"], np.arange(40))
    np.testing.assert_array_equal(arrays["z"], z_mean)
    np.testing.assert_allclose(arrays["score"], anomaly_scores(vae, X), rtol=1e-5)
    mean, log_var = z_mean.astype(np.float64), z_log_var.astype(np.float64)  # the weights are drawn without a seed
    by_hand = 0.5 * (mean**2 + np.expm1(log_var) - log_var)
    np.testing.assert_allclose(arrays["kl"], by_hand.mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(arrays["check_x"].reshape(2, 5, 4, 1), vae.decode(arrays["check_z"]), atol=1e-6)
    assert np.abs(arrays["x"] / 63 - X).max() <= 0.5 / 63 + 1e-6 and arrays["x"].dtype == np.uint8
    assert header["n"] == 40 and header["why"] == "" and header["mode"] == "learn"


def test_messages_count_in_scores_and_without_them_there_are_none(vae, tmp_path):
    prior = {"prior_mu": RNG.normal(size=(40, 3)).astype(np.float32)}
    _, arrays = explored(vae, tmp_path, prior)
    np.testing.assert_allclose(arrays["score"], anomaly_scores(vae, X, prior=prior), rtol=1e-5)
    _, arrays = explored(vae, tmp_path, None)
    assert "score" not in arrays and "kl" not in arrays


def test_results_are_explored_under_the_message_by_which_they_are_measured(vae, tmp_path):
    message = Gaussian(RNG.normal(size=(40, 3)))
    part, folder = Part(X, LABELS), RunFolder(tmp_path).vae
    write_results(vae, part, SPEC, folder, "recog", losses=Losses(vae, part, message))
    with np.load(folder.explorer) as kept:
        expected = anomaly_scores(vae, X, prior=message.as_prior())
        np.testing.assert_allclose(kept["score"], expected, rtol=1e-5)
    write_results(vae, part, SPEC, folder, "recog", keep=True)  # messages come when all codes are there
    with np.load(folder.explorer) as kept:
        assert "score" not in kept and "kl" not in kept


def test_reconstructions_are_kept_where_the_page_cannot_decode(vae, tmp_path, monkeypatch):
    assert "x_hat" not in explored(vae, tmp_path)[1]
    monkeypatch.setattr(decoding, "MANY_WEIGHTS", 20)
    header, arrays = explored(vae, tmp_path, {})
    assert header["why"].startswith("the decoder has 164 weights") and header["program"] is None
    assert "weights" not in arrays
    np.testing.assert_allclose(arrays["x_hat"] / 63, vae.reconstruct(X), atol=0.5 / 63 + 1e-6)


def test_rows_that_are_missing_are_no_points(vae, tmp_path):
    message, gappy, missing = Gaussian(RNG.normal(size=(40, 3))), X.copy(), np.arange(40) % 5 == 1
    gappy[missing] = np.nan
    folder = RunFolder(tmp_path).vae
    part = Part(gappy, LABELS)
    write_results(vae, part, SPEC, folder, "recog", message=message, losses=Losses(vae, part, message))
    with np.load(folder.explorer) as kept:
        assert kept["rows"].tolist() == np.flatnonzero(~missing).tolist()
        np.testing.assert_allclose(kept["z"], vae.encode(X[~missing])[0], atol=1e-6)
        expected = anomaly_scores(vae, X[~missing], prior=message.rows(~missing).as_prior())
        np.testing.assert_allclose(kept["score"], expected, rtol=1e-5)
        assert json.loads(str(kept["header"]))["n"] == 40
    write_results(vae, Part(np.full_like(X, np.nan)), SPEC, folder, "recog", message=message)
    assert not folder.explorer.exists()


def test_rows_with_scores_of_their_own_keep_them(vae, tmp_path):
    one, scores = Exploration(vae, Part(X), SPEC, {}), RNG.random(40)
    one.take_scored(X, {}, scores, "the reconstruction error at the posterior mean")
    one.write(ModuleFolder(tmp_path), "detect")
    with np.load(tmp_path / "explorer.npz") as kept:
        np.testing.assert_allclose(kept["score"], scores, rtol=1e-6)
        np.testing.assert_allclose(kept["kl"], explored(vae, tmp_path / "other", {})[1]["kl"], rtol=1e-5)
        assert json.loads(str(kept["header"]))["score"] == "the reconstruction error at the posterior mean"


def test_terms_of_a_prior_with_covariances_belong_to_no_dimension(vae, tmp_path):
    prior = {
        "prior_mu": np.zeros((40, 3), np.float32),
        "prior_cov": np.tile(2.0 * np.eye(3, dtype=np.float32), (40, 1, 1)),
    }
    _, arrays = explored(vae, tmp_path, prior)
    np.testing.assert_allclose(arrays["score"], anomaly_scores(vae, X, prior=prior), rtol=1e-5)
    assert "kl" not in arrays


def test_labels_are_numbers_of_names_in_order_and_missing_ones_are_none(vae, tmp_path):
    header, arrays = explored(vae, tmp_path)
    assert header["labels"] == ["2", "10", "a", "b"]
    assert arrays["label"][:5].tolist() == [3, 2, -1, 1, 0] and "label_value" not in arrays
    header, arrays = explored(vae, tmp_path, part=Part(X, np.arange(40) / 4))
    assert len(header["labels"]) == 40
    np.testing.assert_allclose(arrays["label_value"], np.arange(40) / 4)


def test_rows_are_bounded_and_evenly_spread(vae, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MANY_ROWS", 7)
    header, arrays = explored(vae, tmp_path, {}, pieces=3)
    assert arrays["rows"].tolist() == np.linspace(0, 39, 7).astype(int).tolist()
    np.testing.assert_allclose(arrays["z"], vae.encode(X)[0][arrays["rows"]], atol=1e-6)
    np.testing.assert_allclose(arrays["score"], anomaly_scores(vae, X)[arrays["rows"]], rtol=1e-5)
    monkeypatch.setattr(module, "MANY_BYTES", 20 * 5)
    assert len(explored(vae, tmp_path)[1]["z"]) == 5 and header["n"] == 40


def test_what_does_not_pack_well_is_thinned_out(vae, tmp_path, monkeypatch):
    monkeypatch.setattr(observations, "MANY_PACKED", 250)  # of 800 bytes of noise
    header, arrays = explored(vae, tmp_path, {})
    assert arrays["rows"].tolist() == list(range(0, 40, 4)) and header["n"] == 40
    assert {len(arrays[name]) for name in ("x", "z", "score", "label")} == {10}
    np.testing.assert_allclose(arrays["score"], anomaly_scores(vae, X)[::4], rtol=1e-5)
    assert np.abs(arrays["x"] / 63 - X[::4]).max() < 0.01


def test_two_writes_are_the_same_bytes(vae, tmp_path):
    files = []
    for name in ("one", "other"):
        explored(vae, tmp_path / name, {})
        files.append((tmp_path / name / "explorer.npz").read_bytes())
    assert files[0] == files[1]


def test_what_fails_is_one_warning_and_leaves_no_file(vae, tmp_path, monkeypatch, caplog):
    explored(vae, tmp_path)
    monkeypatch.setattr(module, "plane_of", lambda z: {}["a key"])
    with pytest.raises(FileNotFoundError):
        explored(vae, tmp_path)
    assert "the report is made without its explorer (KeyError: 'a key')" in caplog.text


def test_the_plane_is_that_of_the_picture_of_codes():
    z = RNG.normal(size=(200, 4)) * [1, 3, 2, 0.1] + 5
    plane = plane_of(z)
    points, names = in_the_plane(z)
    np.testing.assert_allclose((z - plane["mean"]) @ np.transpose(plane["axes"]), points, atol=1e-6)
    assert plane["names"] == list(names)
    flat = plane_of(z[:, :2])
    np.testing.assert_allclose((z[:, :2] - flat["mean"]) @ np.transpose(flat["axes"]), z[:, :2])
    assert plane_of(z[:, :1])["by_row"]


def test_large_images_are_shrunk_to_means_of_blocks():
    image = RNG.random((1, 50, 70, 3), np.float32)
    small = shrunk(image)
    assert small.shape == (1, 17, 24, 3)
    np.testing.assert_allclose(small[0, 3, 5], image[0, 9:12, 15:18].mean(axis=(0, 1)), rtol=1e-5)
    kept = as_observations(np.array([[[[-2.0], [np.nan]], [[2.0], [0.0]]]], np.float32))
    assert (kept.low, kept.high) == (-2.0, 2.0) and kept.values.ravel().tolist() == [0, 0, 63, 32]


def test_the_map_has_as_many_points_as_the_picture():
    assert module.MANY_ROWS == plots.MANY_POINTS


def test_of_a_column_of_many_categories_only_those_of_the_rows_are_kept(monkeypatch):
    names = tuple(f"user {i}" for i in range(2000))
    columns = [
        Column("user", "categorical", {"name": "large_categorical"}, names, len(names)),
        Column("member", "binary", {"name": "bernoulli"}, ("no", "yes"), 2),
    ]
    x = np.array([[1999, 1], [7, 0], [np.nan, 1], [7, np.nan]], np.float32)
    x_hat = np.array([[7, 1], [500, 0], [1000, 1], [7, 1]], np.float32)
    kept, own, own_hat = with_own_categories(columns, x, x_hat)
    assert kept == columns and own.tolist()[0] == [1999, 1]
    monkeypatch.setattr(forms, "MANY_CATEGORIES", 1999)
    kept, own, own_hat = with_own_categories(columns, x, x_hat)
    assert kept[0].categories == ("user 7", "user 500", "user 1000", "user 1999") and kept[1] == columns[1]
    np.testing.assert_array_equal(own, [[3, 1], [0, 0], [np.nan, 1], [0, np.nan]])
    np.testing.assert_array_equal(own_hat, [[0, 1], [1, 0], [2, 1], [0, 1]])
    assert x[0, 0] == 1999
    kept, own, none = with_own_categories(columns, x, None)
    assert kept[0].categories == ("user 7", "user 1999") and none is None
