"""An archive opens to the same bytes, and is the same to the byte, whatever a process is set to."""

import importlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("constriction", reason="the extra [compress] is not installed")

from tests.uses.compression import settings

ALL = "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"
MATRIX = [
    {"OPENBLAS_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "Prescott", "NPY_DISABLE_CPU_FEATURES": ALL},
    {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"},
    {"OPENBLAS_NUM_THREADS": "2", "TF_NUM_INTRAOP_THREADS": "2", "OPENBLAS_CORETYPE": "Haswell"},
    {"TF_ENABLE_ONEDNN_OPTS": "0", "OPENBLAS_CORETYPE": "SkylakeX", "jit_compile": False},
    {
        "TF_ENABLE_ONEDNN_OPTS": "1",
        "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
        "jit_compile": True,
    },
    {"TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit", "sizes": True},
]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder of models, rows and their archives, and the digests that each must give."""
    folder, wanted = tmp_path_factory.mktemp("archives"), {}
    for name in settings.likelihoods():
        vae, rows = settings.make(name)
        archive = settings.write(vae, rows)
        vae.save(folder / f"{name}.keras")
        np.save(folder / f"{name}.npy", rows)
        (folder / f"{name}.kvae").write_bytes(archive)
        wanted[name] = [settings.sha(it) for it in (rows.tobytes(), archive)] + settings.lossy_digests(vae, rows)
    return folder, wanted


def in_another_process(folder, setting):
    flags = {name: value for name, value in setting.items() if not name.isupper()}
    env = os.environ | {name: value for name, value in setting.items() if name.isupper()}
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "tests.uses.compression.settings",
        str(folder),
        json.dumps(flags),
    ]
    run = subprocess.run(command, env=env, capture_output=True, text=True)
    assert run.stdout, run.stderr[-1000:]
    return json.loads(run.stdout.splitlines()[-1])


def test_other_sizes_of_what_is_worked_on_together(written, monkeypatch):
    folder, wanted = written
    for name, size in settings.SIZES.items():
        module, _, attribute = name.rpartition(".")
        monkeypatch.setattr(importlib.import_module(module), attribute, size)
    for name in ("bernoulli", "logistic_mixture"):
        vae, rows = settings.make(name)
        assert settings.digests(vae, rows, (folder / f"{name}.kvae").read_bytes()) == wanted[name]


@pytest.mark.slow
@pytest.mark.parametrize("setting", MATRIX, ids=str)
def test_matrix_of_settings(written, setting):
    folder, wanted = written
    assert in_another_process(folder, setting) == wanted
