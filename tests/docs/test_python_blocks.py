"""The Python code of README and docs runs: in the order of a page, one block after the other, on small data."""

import shutil

import keras
import numpy as np
import pytest
from command import kvae, run_folder
from doc_blocks import BLOCKS
from doc_files import filled_in, write_files
from sklearn.datasets import load_digits

from kvae import modules as srk

pytestmark = pytest.mark.rare
PAGES = list(dict.fromkeys(block.page for block in BLOCKS if block.language == "python"))
# Tutorials run as wholes, by their files.
PAGES = [page for page in PAGES if not page.startswith("docs/tutorials/")]
# What a page takes as given: arrays, runs (the keys that they are learnt with) and extras.
RUNS = {
    "README.md": ["data=file", "data.path=x.csv", "data.label_column=kind", "data.scale=minmax"],
    "docs/guide.md": [],
    "docs/evaluate.md": ["data.limit=100"],
    "docs/detect.md": ["data.limit=100"],
    "docs/generate.md": ["data=table", "data.path=people.csv"],
    "docs/clusters.md": ["data=table", "data.path=written.parquet"],
    "docs/compression.md": ["experiment=compress_digits", "data.limit=100"],
    "docs/export.md": ["data=table", "data.path=people.csv"],
}
EXTRAS = {"docs/clusters.md": ("pyspark", "ray"), "docs/compression.md": ("constriction",),
          "docs/export.md": ("onnxruntime", "ai_edge_litert")}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch, request):
    page = request.getfixturevalue("page")
    for extra in EXTRAS.get(page, ()):
        pytest.importorskip(extra, reason="an extra of the page is not installed")
    write_files(tmp_path, page)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.filterwarnings("ignore")  # of Spark and of TensorFlow's export, about others
@pytest.mark.parametrize("page", PAGES)
def test_the_code_of_a_page_runs(page, folder):
    names = given(page, folder)
    for block in BLOCKS:
        if block.page == page and block.language == "python":
            exec(compile(filled_in(block.text, folder), str(block), "exec"), names)


def learnt(folder, *keys):
    """The folder of a run that was learnt shortly, or used one."""
    return run_folder(kvae(folder, *keys, "train.itr=1"), folder)


def given(page, folder):
    """The names that the code of a page uses and does not make."""
    digits = (load_digits().images[:100, ..., None] / 16).astype(np.float32)
    names = {"x": digits, "labels": np.arange(100) % 10, "np": np, "srk": srk, "keras": keras}
    if page in RUNS:
        names["RUN"] = str(learnt(folder, *RUNS[page]))
    return names | OWN.get(page, lambda folder, names: {})(folder, names)


def of_modules(folder, names):
    rng = np.random.default_rng(0)
    x = names["x"]
    agents = {}
    for agent in "ab":
        vae, gmm = srk.VAE(4, itr=1, name=f"vae_{agent}"), srk.GMM(10, name=f"gmm_{agent}")
        vae.connect(srk.Observation(x))
        gmm.connect(vae)
        agents |= {f"vae_{agent}": vae, f"gmm_{agent}": gmm}
    heard, counts = np.arange(100) % 3 > 0, rng.poisson(2, (100, 20)).astype(float)
    images = rng.random((100, 96, 96, 3)).astype(np.float32)
    return agents | {
        "counts": counts,
        "halves": [x[:, :4], x[:, 4:]],
        "heard": heard,
        "y": counts,
        "images": images,
    }


def of_compression(folder, names):
    learnt(folder)
    archive = learnt(folder, *RUNS["docs/compression.md"], "mode=compress") / "compress_digits.kvae"
    shutil.copy(archive, folder / "digits.kvae")
    import kvae as package

    x = (load_digits().images[:20, ..., None] > 7).astype(float)  # within both units: 0 and 1
    return {"x": x, "vae": package.open_run(names["RUN"]).model}


def of_export(folder, names):
    table = learnt(folder, *RUNS["docs/export.md"], "mode=export")
    shutil.copy(table / "module001_vae" / "export.json", folder / "export.json")
    learnt(folder)
    for form in ("saved_model", "onnx", "litert"):
        made = learnt(folder, "mode=export", f"mode.format={form}") / "module001_vae"
        shutil.copytree(made, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("export.json"))
    return {}


def of_guide(folder, names):
    from kvae.runs import RunFolder

    return {"folder": RunFolder(names["RUN"]), "z": np.random.default_rng(0).normal(size=(50, 2))}


def of_impute(folder, names):
    learnt(folder, "data=table", "data.path=penguins.csv")
    filled = learnt(folder, "data=table", "data.path=penguins.csv", "mode=impute", "mode.n=20")
    return {"folder": filled / "module001_vae"}


def of_likelihoods(folder, names):
    x = np.random.default_rng(0).integers(0, 17, (5, 8, 8, 1)).astype(np.float32)
    return {"x": x, "params": np.zeros_like(x), "rng": np.random.default_rng(0)}


def of_results(folder, names):
    from kvae.modules.mixture import fit_mixture

    z = np.random.default_rng(0).normal(size=(200, 3))
    return {"fit_mixture": fit_mixture, "z": z, "used": np.ones(3, bool), "seed": 0}


def of_clusters(folder, names):
    import pandas as pd
    import ray
    from pyspark.sql import SparkSession

    table = pd.read_parquet(folder / "written.parquet")
    return {"df": SparkSession.builder.master("local[1]").getOrCreate().createDataFrame(table),
            "ds": ray.data.from_pandas(table)}  # fmt: skip


OWN = {
    "docs/modules.md": of_modules,
    "docs/compression.md": of_compression,
    "docs/export.md": of_export,
    "docs/guide.md": of_guide,
    "docs/impute.md": of_impute,
    "docs/likelihoods.md": of_likelihoods,
    "docs/results.md": of_results,
    "docs/clusters.md": of_clusters,
}
