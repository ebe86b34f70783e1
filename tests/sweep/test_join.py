"""Shards of a recognition, put together."""

import json
import sys
from dataclasses import asdict

import numpy as np
import pytest

from kvae.errors import InputError
from kvae.metrics import Meaning, clustering_metrics, confusion
from kvae.runs import RunFolder, reading_rows
from kvae.sweep.__main__ import main
from kvae.sweep.join import join

N, OF = 11, 3
BOUNDS = [0, 3, 7, 11]


@pytest.fixture
def whole():
    """What recognition of all rows would write."""
    rng = np.random.default_rng(0)
    return {
        "z": rng.normal(size=(N, 2)).astype(np.float32),
        "x_hat": rng.random((N, 4)).astype(np.float32),
        "class": rng.integers(0, 3, N),
        "labels": rng.integers(0, 3, N),
        "loss": rng.random(N),
    }


def shard(path, number, whole, file_format="txt", learnt="learnt"):
    rows = slice(BOUNDS[number], BOUNDS[number + 1])
    run = RunFolder(path / str(number), file_format)
    at = {"number": number, "of": OF, "start": rows.start, "stop": rows.stop, "n": N}
    config = {"format": file_format, "mode": {"name": "recog", "shard": number, "n_shards": OF, "latent": "mean"}}
    run.write_run(config | {"learnt_run": learnt, "shard": at})
    run.beside = {"row": range(rows.start, rows.stop)}
    run.vae.write_rows("z_recog", whole["z"][rows])
    run.vae.write_rows("x_hat_recog", whole["x_hat"][rows])
    run.module(2, "gmm").write_rows("class_recog", whole["class"][rows])
    run.module(2, "gmm").write_rows("acc_recog", np.array([0.5]))
    counts, classes, labels = confusion(whole["class"][rows], whole["labels"][rows])
    run.module(2, "gmm").write_arrays(
        run.module(2, "gmm").counts, counts=counts, classes=classes, labels=labels.astype(str)
    )
    loss = float(whole["loss"][rows].mean())
    names = ("loss", "reconstruction", "kl", "bits_per_dim")
    run.write_metrics(dict.fromkeys(names, loss) | {"seconds": 2.0, "accuracy": 0.5, "active_units": 9})
    return run


@pytest.mark.parametrize("file_format", ["txt", "npy", "csv"])
def test_the_whole_in_the_data_s_order(tmp_path, whole, file_format, monkeypatch):
    monkeypatch.setattr(reading_rows, "ROWS_AT_ONCE", 4)
    for number in (2, 0, 1):
        shard(tmp_path, number, whole, file_format)
    joined = join(tmp_path)
    expected = RunFolder(tmp_path / "expected", file_format)
    expected.beside = {"row": range(N)}
    for folder, names in ((expected.vae, ("z", "x_hat")), (expected.module(2, "gmm"), ("class",))):
        for name in names:
            file = folder.write_rows(f"{name}_recog", whole[name])
            written = joined.path / folder.path.name / file.name
            assert written.read_bytes() == file.read_bytes()
    metrics = joined.read_metrics()
    assert metrics["loss"] == pytest.approx(whole["loss"].mean(), rel=1e-12)
    assert metrics["active_units"] == 2
    assert (metrics["seconds"], metrics["observations_per_second"]) == (6.0, N / 6)
    for name, value in clustering_metrics(whole["class"], whole["labels"]).items():
        assert metrics[name] == pytest.approx(value, rel=1e-12)
    config = json.loads((joined.path / "run.json").read_text())["config"]
    assert (config["mode"]["shard"], config["learnt_run"]) == (None, "learnt")
    assert (joined.vae.path / "latent_recog.png").is_file()


def test_joining_again_gives_the_same(tmp_path, whole):
    for number in range(OF):
        shard(tmp_path, number, whole)
    first = (join(tmp_path).vae.path / "z_recog.txt").read_bytes()
    assert (join(tmp_path).vae.path / "z_recog.txt").read_bytes() == first


def test_metrics_of_the_users_own_are_joined_where_they_are_means(tmp_path, whole, monkeypatch):
    declared: dict = {}
    for module in ("kvae.sweep.join", "kvae.metrics.meaning"):
        monkeypatch.setattr(sys.modules[module], "DECLARED", declared)
    for number in range(OF):
        run = shard(tmp_path, number, whole)
        own = {"mine": float(number), "largest": 1.0} | ({} if number else {"fails_elsewhere": 1.0})
        run.write_metrics(run.read_metrics() | own)
        means = {name: asdict(Meaning(name, mean=name != "largest")) for name in own}
        run.write_meanings(means)
    joined = join(tmp_path)
    found = joined.read_metrics()
    assert found["mine"] == pytest.approx((0 * 3 + 1 * 4 + 2 * 4) / 11)
    assert not {"largest", "fails_elsewhere"} & found.keys()
    assert joined.read_meanings().keys() == {"mine"}


def test_a_missing_shard_is_named(tmp_path, whole, capsys):
    shard(tmp_path, 1, whole)
    (shard(tmp_path, 2, whole).path / "metrics.json").unlink()
    assert main([str(tmp_path), "--join"]) == 1
    expected = f"error: 2 of 3 shards are missing or not finished in {tmp_path}: 0, 2. Type  python run.py resume="
    assert capsys.readouterr().err.startswith(expected)
    assert not (tmp_path / "joined").exists()


def test_shards_of_different_models_are_not_joined(tmp_path, whole):
    for number in range(OF):
        shard(tmp_path, number, whole, learnt="other" if number == 1 else "learnt")
    with pytest.raises(InputError, match=r"in learnt_run they differ: shard . has learnt, shard 1 has other"):
        join(tmp_path)


def test_two_sweeps_are_not_joined(tmp_path, whole):
    for name in ("a", "b"):
        shard(tmp_path / name, 0, whole)
    with pytest.raises(InputError, match="there are two shards 0"):
        join(tmp_path)


def test_a_folder_without_shards(tmp_path):
    with pytest.raises(InputError, match="has no finished shard"):
        join(tmp_path)


@pytest.mark.parametrize("file_format", ["txt", "npy", "csv"])
def test_a_file_that_was_cut_off_is_named(tmp_path, whole, file_format):
    for number in range(OF):
        run = shard(tmp_path, number, whole, file_format)
    run.vae.write_rows("z_recog", whole["z"][:2])
    with pytest.raises(InputError, match=r"2/module001_vae/z_recog.* must have 4 rows. Received: 2"):
        join(tmp_path)
    assert not (tmp_path / "joined" / "metrics.json").exists()


def test_a_file_that_one_shard_lacks_is_named(tmp_path, whole):
    for number in range(OF):
        run = shard(tmp_path, number, whole)
    (run.vae.path / "x_hat_recog.txt").unlink()
    with pytest.raises(InputError, match=r"a shard lacks a file that others have: .*x_hat_recog.txt"):
        join(tmp_path)
