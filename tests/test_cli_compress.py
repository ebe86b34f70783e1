"""`mode=compress` and `mode=decompress` as they are typed."""

import csv

import numpy as np
import pytest
from command import TINY, cold, kvae, run_folder, uncompiled
from learnt import save_run

from kvae.config import compose
from kvae.data import load_data

pytest.importorskip("constriction", reason="the extra [compress] is not installed")

DATA = [*TINY, "data.binarize=threshold"]


@pytest.mark.slow
def test_an_archive_there_and_back(tmp_path):
    run_folder(uncompiled(tmp_path, *DATA), tmp_path)
    packed = run_folder(kvae(tmp_path, *DATA, "mode=compress", "mode.compare=false"), tmp_path)
    typed = ["mode=decompress", f"mode.archive={packed}/vae.kvae"]
    restored = run_folder(kvae(tmp_path, *typed), tmp_path)
    x = load_data(compose(*DATA).data, 0).test.x
    np.testing.assert_array_equal(np.load(restored / "x_decompress.npy"), x.reshape(40, 8, 8))
    refused = kvae(tmp_path, "mode=decompress", f"mode.archive={packed}/run.json")
    assert refused.returncode == 1 and refused.stderr.startswith("error: ") and refused.stderr.count("\n") == 1
    assert "is no archive of kvae" in refused.stderr
    assert len(list(tmp_path.glob("outputs/vae/decompress/*/run.json"))) == 1


@pytest.mark.slow
def test_a_sweep_of_archives_shows_the_smallest_first(tmp_path):
    keys = ["model=tiny", "model.weight_stddev=0.6", "data.limit=200", "data.binarize=threshold"]
    keys += ["train.jit_compile=false"]
    for number, weight in enumerate(("1.0", "0.5")):
        save_run(tmp_path / "outputs" / f"run{number}", *keys, f"model.KL_param={weight}")
    typed = [
        *keys,
        "model.KL_param=1.0,0.5",
        "mode=compress",
        "mode.compare=false",
        "objective=bits_per_dim_gross",
    ]
    swept = cold(tmp_path, "-m", *typed, "hydra.sweep.dir=swept")
    assert swept.returncode == 0, swept.stderr
    lines = swept.stdout.splitlines()
    head = next(i for i, line in enumerate(lines) if line.split() == ["bits_per_dim_gross", "time", "KL_param"])
    values = [float(line.split()[0]) for line in lines[head + 1 : head + 3]]
    assert values == sorted(values)
    with (tmp_path / "swept" / "sweep.csv").open(newline="") as file:
        assert [row["status"] for row in csv.DictReader(file)] == ["finished", "finished"]
