"""Shards of an evaluation, put together."""

import json

import numpy as np
import pytest

from kvae.errors import InputError
from kvae.runs import RunFolder
from kvae.sweep.join import join

BOUNDS = [0, 3, 7, 12]
N, LATENT_DIM = BOUNDS[-1], 3


@pytest.fixture
def whole():
    rng = np.random.default_rng(0)
    return {
        "z_mean": rng.normal([5.0, 0.0, 0.0], [1.0, 0.01, 2.0], size=(N, LATENT_DIM)),
        "kl": rng.random((N, LATENT_DIM)),
        "nll": rng.normal(80.0, 9.0, N),
    }


def shard(path, number, whole, **others):
    """What an evaluation of some of the rows leaves, from NumPy."""
    rows = slice(BOUNDS[number], BOUNDS[number + 1])
    run = RunFolder(path / str(number), "npy")
    at = {"number": number, "of": 3, "start": rows.start, "stop": rows.stop, "n": N}
    mode = {"name": "evaluate", "shard": number, "n_shards": 3}
    run.write_run({"format": "npy", "mode": mode, "learnt_run": "learnt", "shard": at})
    z_mean, nll = whole["z_mean"][rows], whole["nll"][rows]
    run.vae.write_rows("nll_evaluate", nll)
    known = {"kl_per_dim": whole["kl"][rows].mean(axis=0), "mean_per_dim": z_mean.mean(axis=0)}
    known |= {"variance_per_dim": z_mean.var(axis=0)} | others
    run.write_evaluation({name: np.asarray(value).tolist() for name, value in known.items()})
    names = ("loss", "reconstruction", "kl", "bits_per_dim", "nll", "nll_bits_per_dim", "effective_samples")
    metrics = dict.fromkeys(names, float(nll.mean())) | {"nll_se": 7.0, "active_units": 1, "seconds": 1.0}
    run.write_metrics(metrics)
    return run


def test_what_is_known_per_dimension_is_that_of_all_rows(tmp_path, whole):
    for number in (1, 2, 0):
        shard(tmp_path, number, whole)
    folder = join(tmp_path)
    found, metrics = json.loads((folder.path / "evaluate.json").read_text()), folder.read_metrics()
    np.testing.assert_allclose(found["kl_per_dim"], whole["kl"].mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found["mean_per_dim"], whole["z_mean"].mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found["variance_per_dim"], whole["z_mean"].var(axis=0), rtol=1e-12)
    assert (metrics["active_units"], found["n"]) == (2, N)
    assert metrics["nll"] == pytest.approx(whole["nll"].mean())
    assert metrics["nll_se"] == pytest.approx(np.std(whole["nll"], ddof=1) / N**0.5, rel=1e-6)
    np.testing.assert_allclose(np.load(folder.vae.path / "nll_evaluate.npy")[:, 0], whole["nll"], rtol=1e-6)
    assert (folder.vae.path / "kl_per_dim_evaluate.png").is_file()


@pytest.mark.parametrize("wrong", [[1.0, 2.0], [1.0, float("inf"), 0.0], 3.0])
def test_a_damaged_entry_is_named(tmp_path, whole, wrong):
    for number in range(3):
        shard(tmp_path, number, whole, **({"mean_per_dim": wrong} if number == 2 else {}))
    with pytest.raises(InputError, match=r"2/evaluate.json is (missing or )?damaged"):
        join(tmp_path)


def made_one_of(run, mode):
    """A run folder whose record names another mode."""
    record = json.loads(run.record.read_text())
    record["config"]["mode"]["name"] = mode
    run.record.write_text(json.dumps(record))


def test_shards_of_two_modes_are_not_joined(tmp_path, whole):
    runs = [shard(tmp_path, number, whole) for number in range(3)]
    made_one_of(runs[2], "recog")
    with pytest.raises(InputError, match=r"in mode they differ: shard . has evaluate, .*shard 2 has recog"):
        join(tmp_path)


def test_shards_of_a_mode_that_has_none(tmp_path, whole):
    for number in range(3):
        made_one_of(shard(tmp_path, number, whole), "../learn")
    with pytest.raises(InputError, match=r"shards are of mode=evaluate or mode=recog. Received: mode=../learn"):
        join(tmp_path)
