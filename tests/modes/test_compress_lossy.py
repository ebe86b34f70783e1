"""Lossy archives of the command line: sizes and errors by a second route, pictures, there and back, mistakes."""

import csv

import numpy as np
import pytest
from learnt import save_run

from kvae.config import compose
from kvae.data import load_data
from kvae.errors import InputError
from kvae.modes import compress, decompress
from kvae.runs import RunFolder

pytest.importorskip("constriction", reason="the extra [compress] is not installed")
pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]

TINY = ["model=tiny", "data.limit=200", "train.jit_compile=false"]
NAMES = ["width", "height", "depth"]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    path = tmp_path_factory.mktemp("outputs")
    rows = np.random.default_rng(0).normal(size=(80, 3)) * [1.0, 50.0, 0.1]
    with (path / "mine.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*NAMES, "who"])
        writer.writerows([f"{a:.2f}", f"{b:.0f}", f"{c:.4f}", f"row {i}"] for i, (a, b, c) in enumerate(rows))
    table = [
        "data=file",
        f"data.path={path / 'mine.csv'}",
        "data.columns=[width,height,depth]",
        "data.scale=standard",
    ]
    own = {
        "images": [*TINY, "model.likelihood=gaussian"],
        "binary": [*TINY, "data.binarize=threshold"],
        "gmm": [*TINY, "model.likelihood=gaussian", "prior=gmm", "prior.n_components=2"],
        "table": [
            "model=tiny",
            "train.jit_compile=false",
            *table,
            "data.scale=standard",
            "model.likelihood=laplace",
        ],
    }
    for name, keys in own.items():
        save_run(path / name, *keys)
    return path, own


@pytest.fixture
def pack(outputs, tmp_path):
    path, own = outputs

    def run(learnt, *keys, folder="packed"):
        typed = [*own[learnt], "mode=compress", "mode.lossy=true", f"mode.run={path / learnt}"]
        return compress.run(compose(*typed, "mode.compare=false", *keys), RunFolder(tmp_path / folder))

    return run


@pytest.fixture
def unpack(outputs, tmp_path):
    def run(archive, *keys):
        typed = ["mode=decompress", f"mode.archive={archive}", f"outputs={outputs[0]}", *keys]
        return decompress.run(compose(*typed), RunFolder(tmp_path / "unpacked"))[1].path

    return run


def test_images_come_back_as_far_off_as_is_said(pack, unpack, outputs):
    metrics, folder = pack("images", "mode.bits=5", "mode.rows_per_chunk=15")
    archive = folder.path / "vae.kvae"
    found = np.load(unpack(archive) / "x_decompress.npy")
    data = load_data(compose(*outputs[1]["images"]).data, 0).test.x
    original = 16 * data[..., 0].astype(float)
    assert found.shape == original.shape
    assert metrics["mse"] == pytest.approx(((found - original) ** 2).mean(), rel=1e-6)
    each = ((found - original) ** 2).mean(axis=(1, 2))
    assert metrics["psnr"] == pytest.approx(np.mean(10 * np.log10(np.ptp(original) ** 2 / each)), rel=1e-6)
    assert metrics["bits"] == 5 and metrics["bytes"] == archive.stat().st_size
    assert metrics["bits_per_observation_gross"] == pytest.approx(8 * metrics["bytes"] / 40)
    bits = np.loadtxt(folder.vae.path / "bits_compress.txt")
    assert bits.shape == (40,) and metrics["bits_per_observation_net"] == pytest.approx(bits.mean())
    for name in ("rate_distortion", "reconstructions"):
        assert (folder.vae.path / f"{name}_compress.png").read_bytes().startswith(b"\x89PNG")


def test_a_table_of_text_comes_back_with_its_names_and_decimals(pack, unpack, outputs):
    metrics, folder = pack("table", "mode.bits=8", "mode.split=all")
    found = (unpack(folder.path / "vae.kvae") / "x_decompress.csv").read_text().splitlines()
    came = (outputs[0] / "mine.csv").read_text().splitlines()
    assert found[0] == came[0] == "width,height,depth,who"
    (given, back) = (np.array([row.split(",")[:3] for row in rows[1:]], float) for rows in (came, found))
    assert [row.split(",")[3] for row in found] == [row.split(",")[3] for row in came]
    assert {len(row.split(",")[2].partition(".")[2]) for row in found[1:]} == {4}
    assert not any("." in row.split(",")[1] for row in found[1:])
    # Metrics are of what comes back, and the file's numbers are what the model takes as float32.
    assert metrics["mse"] == pytest.approx(((back - given) ** 2).mean(), rel=1e-4)
    assert (folder.vae.path / "rate_distortion_compress.png").is_file()


def test_of_binary_images_probabilities_come_back(pack, unpack):
    metrics, folder = pack("binary")
    found = np.load(unpack(folder.path / "vae.kvae") / "x_decompress.npy")
    assert found.min() > 0 and found.max() < 16 and len(np.unique(found)) > 100
    assert metrics["mse"] > 0


def test_modules_above_and_several_bits_work(pack, unpack):
    small, _ = pack("gmm", "mode.bits=2", "mode.compare=true")
    large, folder = pack("gmm", "mode.bits=9", folder="other")
    assert small["bytes"] < large["bytes"] and small["mse"] > large["mse"]
    assert unpack(folder.path / "vae.kvae", "mode.rows=[3,9]").joinpath("x_decompress.npy").is_file()


@pytest.mark.parametrize("bits", ["0", "17", "1.5", "x"])
def test_wrong_bits_are_refused_before_anything_is_done(bits):
    with pytest.raises(
        InputError, match=f"mode.bits must be an integer from 1 to 16 or null. Received: '?{bits}'?"
    ):
        compose(*TINY, "mode=compress", "mode.lossy=true", f"mode.bits={bits}")


def test_counts_beyond_all_tables_are_refused_in_a_sentence_unless_lossy(tmp_path):
    x = np.random.default_rng(0).integers(0, 9, (40, 3))
    x[3, 1] = 70_000
    np.save(tmp_path / "x.npy", x)
    keys = ["data=file", f"data.path={tmp_path / 'x.npy'}", "model=tiny", "model.likelihood=poisson"]
    keys += ["data.scale=none", "train.jit_compile=false", "data.test_fraction=0"]
    save_run(tmp_path / "run", *keys)
    keys += ["mode=compress", f"mode.run={tmp_path / 'run'}", "mode.compare=false"]
    with pytest.raises(InputError, match=r"counts of at most 65,535 can be coded to the bit\. Received: 70,000"):
        compress.run(compose(*keys), RunFolder(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
    metrics, _ = compress.run(compose(*keys, "mode.lossy=true"), RunFolder(tmp_path / "lossy"))
    assert np.isfinite(metrics["mse"])


def test_bits_without_lossy_are_refused_before_anything_is_opened(outputs, tmp_path):
    keys = [*outputs[1]["binary"], "mode=compress", "mode.bits=6", f"mode.run={tmp_path / 'none'}"]
    with pytest.raises(InputError, match=r"mode\.bits=6 is for lossy compression\. Type mode\.lossy=true as well"):
        compress.run(compose(*keys), RunFolder(tmp_path / "packed"))
    assert not (tmp_path / "packed").exists()
