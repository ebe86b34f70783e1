"""Archives of the command line: rows there and back, the model inside, found or named; damage, and mistakes."""

import errno
import json
import shutil
import sys

import numpy as np
import polars as pl
import pytest
from learnt import save_run
from PIL import Image

from kvae.config import compose
from kvae.data import load_data
from kvae.errors import InputError, WriteError
from kvae.modes import compress, decompress
from kvae.runs import RunFolder

pytest.importorskip("constriction", reason="the extra [compress] is not installed")

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]

TINY = ["model=tiny", "data.limit=200", "train.jit_compile=false", "data.binarize=threshold"]
OWN = {
    "plain": [],
    "gmm": ["prior=gmm", "prior.n_components=2"],
    "grey": ["data.scale=0.0625", "data.binarize=none", "model.likelihood={name: categorical, n_levels: 17}"],
    "continuous": ["model.likelihood=gaussian"],
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    path = tmp_path_factory.mktemp("outputs")
    for name, keys in OWN.items():
        save_run(path / name, *TINY, *keys)
    return path


@pytest.fixture
def pack(outputs, tmp_path):
    """Compress with a learnt run in a folder of its own; the metrics and the folder."""

    def run(*keys, learnt="plain", folder="packed"):
        own = [*TINY, *OWN[learnt], "mode=compress", f"mode.run={outputs / learnt}", "mode.compare=false"]
        return compress.run(compose(*own, *keys), RunFolder(tmp_path / folder))

    return run


@pytest.fixture
def unpack(outputs, tmp_path):
    """Decompress an archive in a folder of its own."""

    def run(archive, *keys, folder="unpacked", file_format="txt"):
        typed = ["mode=decompress", f"mode.archive={archive}", f"outputs={outputs}", *keys]
        return decompress.run(compose(*typed), RunFolder(tmp_path / folder))

    return run


def rows_of(*keys, part="test"):
    return getattr(load_data(compose(*TINY, *keys).data, 0), part).x


def test_rows_come_back_and_every_byte_counts(pack, unpack, tmp_path):
    metrics, folder = pack("mode.compare=true", "mode.rows_per_chunk=15")
    archive = folder.path / "vae.kvae"
    assert metrics["bytes"] == archive.stat().st_size
    assert metrics["bits_per_dim_gross"] == pytest.approx(8 * metrics["bytes"] / (40 * 64))
    bits = np.loadtxt(folder.vae.path / "bits_compress.txt")
    assert bits.shape == (40,) and metrics["bits_per_dim_net"] == pytest.approx(bits.mean() / 64)
    assert metrics["raw_bytes"] == 40 * 64 and metrics["ratio"] == metrics["raw_bytes"] / metrics["bytes"]
    assert metrics["gap"] == pytest.approx(metrics["bits_per_dim_gross"] / metrics["bits_per_dim"] - 1)
    # A bound, and what coding by it takes: the same but for noise, which random weights make large.
    assert metrics["bits_per_dim_net"] == pytest.approx(metrics["bits_per_dim"], rel=0.3)
    assert {"gzip", "bz2", "xz", "png"} <= {name.removesuffix("_bits_per_dim") for name in metrics}
    for name in ("bits", "compressors"):
        Image.open(folder.vae.path / f"{name}_compress.png").verify()
    assert "vae.kvae" in (folder.path / "report.html").read_text()
    found, restored = unpack(archive)
    x = np.load(restored.path / "x_decompress.npy")
    np.testing.assert_array_equal(x, rows_of().reshape(40, 8, 8))
    assert x.dtype == np.uint8 and found["rows"] == 40 and found["decoded_per_second"] > 0
    assert json.loads((restored.path / "metrics.json").read_text()) == found
    _, some = unpack(archive, "mode.rows=[13,31]", folder="some")
    np.testing.assert_array_equal(np.load(some.path / "x_decompress.npy"), x[13:31])


def test_values_come_back_in_the_data_s_own_type(pack, unpack):
    from sklearn.datasets import load_digits

    _, folder = pack("name=grey", "mode.split=all", learnt="grey")
    _, restored = unpack(folder.path / "grey.kvae")
    x, expected = np.load(restored.path / "x_decompress.npy"), load_digits().images[:200]
    np.testing.assert_array_equal(x, expected)
    assert x.dtype == expected.dtype


def test_a_table_comes_back_to_the_byte(pack, unpack, outputs, tmp_path):
    rng = np.random.default_rng(0)
    table = pl.DataFrame({f"c{i}": rng.integers(0, 4, 60) for i in range(5)} | {"kind": ["ä", "b", "c"] * 20})
    table.write_csv(tmp_path / "in.csv", separator=";")
    own = ["data=file", f"data.path={tmp_path}/in.csv", "data.label_column=kind", "model=tiny", "name=table"]
    own += ["train.jit_compile=false", "model.likelihood={name: binomial, n: 3}"]
    save_run(outputs / "table", *own)
    config = compose(*own, "mode=compress", f"mode.run={outputs}/table", "mode.split=all", "mode.compare=false")
    _, folder = compress.run(config, RunFolder(tmp_path / "packed"))
    unpack(folder.path / "table.kvae")
    assert (tmp_path / "unpacked" / "x_decompress.csv").read_bytes() == (tmp_path / "in.csv").read_bytes()


def test_messages_are_used_and_stored(pack, unpack):
    from kvae.uses.compression.archive import Reader

    metrics, folder = pack(learnt="gmm")
    with Reader(folder.path / "vae.kvae") as reader:
        assert reader.header.messages
    unpack(folder.path / "vae.kvae")
    without, _ = pack("prior=standard", folder="without")
    assert metrics["bits_per_dim_net"] != without["bits_per_dim_net"]
    assert (
        metrics["bytes"] * 8 / 40 / 64 - metrics["bits_per_dim_net"]
        > without["bits_per_dim_gross"] - without["bits_per_dim_net"]
    )


def test_messages_of_a_file_are_used_and_stored(pack, unpack, tmp_path):
    from kvae.uses.compression.archive import Reader

    np.save(tmp_path / "mu.npy", np.full((200, 2), 3.0))
    _, folder = pack("prior=message", f"prior.path={tmp_path}/mu.npy", folder="told")
    with Reader(folder.path / "vae.kvae") as reader:
        assert reader.header.messages
    unpack(folder.path / "vae.kvae")  # without the file
    x = np.load(tmp_path / "unpacked" / "x_decompress.npy")
    np.testing.assert_array_equal(x, rows_of().reshape(40, 8, 8))


def test_rows_that_stay_in_their_file_come_back_as_it_is(outputs, unpack, tmp_path):
    np.save(tmp_path / "in.npy", np.random.default_rng(0).integers(0, 2, (60, 6)).astype(np.uint8))
    own = ["data=file", f"data.path={tmp_path}/in.npy", "model=tiny", "name=stored", "train.jit_compile=false"]
    save_run(outputs / "stored", *own)
    typed = [*own, "data.memory=0", "train.batch_size=20", "mode=compress", f"mode.run={outputs}/stored"]
    typed += ["mode.split=all", "mode.rows_per_chunk=25", "mode.compare=false"]
    _, folder = compress.run(compose(*typed), RunFolder(tmp_path / "packed"))
    unpack(folder.path / "stored.kvae")
    assert (tmp_path / "unpacked" / "x_decompress.npy").read_bytes() == (tmp_path / "in.npy").read_bytes()


def test_a_full_disk_leaves_no_part_of_an_archive(pack, monkeypatch, tmp_path):
    def full(self, *arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("kvae.uses.compression.archive.Writer.add", full)
    with pytest.raises(WriteError, match=r"vae\.kvae could not be written: No space left on device"):
        pack()
    assert [path.name for path in (tmp_path / "packed").iterdir()] == ["run.json"]


def test_the_model_is_inside_or_is_found(pack, unpack, outputs, tmp_path):
    small, folder = pack()
    large, inside = pack("mode.with_model=true", folder="inside")
    assert large["bytes"] > small["bytes"] + 1000 and large["bits_per_dim_net"] == small["bits_per_dim_net"]
    _, used = unpack(inside.path / "vae.kvae", f"outputs={tmp_path}/nothing")
    assert used.read_run()["config"]["learnt_run"] == "the model inside"
    _, used = unpack(folder.path / "vae.kvae", f"outputs={outputs}/plain", folder="found")
    assert used.read_run()["config"]["learnt_run"] == str(outputs / "plain")
    copy = save_run_again(outputs / "plain", tmp_path / "elsewhere" / "copy")
    _, used = unpack(folder.path / "vae.kvae", f"outputs={copy.parent}", folder="alike")
    assert used.read_run()["config"]["learnt_run"] == str(copy)
    shutil.copytree(outputs / "plain", tmp_path / "both" / "older")
    save_run_again(outputs / "plain", tmp_path / "both" / "newer")
    _, used = unpack(folder.path / "vae.kvae", f"outputs={tmp_path}/both", folder="very")
    assert used.read_run()["config"]["learnt_run"] == str(
        tmp_path / "both" / "older"
    )  # the very file that wrote it
    with pytest.raises(
        InputError, match=r"no finished learnt run under outputs=nowhere has .* Type mode.run=FOLDER"
    ):
        unpack(folder.path / "vae.kvae", "outputs=nowhere", folder="none")
    with pytest.raises(InputError, match=r"vae\.kvae was written with another model: .* that of mode\.run="):
        unpack(folder.path / "vae.kvae", f"mode.run={outputs}/grey", folder="none")
    assert not (tmp_path / "none").exists()


def save_run_again(source, target):
    """A run with the same weights in a file that differs."""
    from kvae.modules.model_file import load_vae, save_vae

    vae, folder = load_vae(source / "module001_vae" / "model.keras"), RunFolder(target)
    vae.KL_param = 3.0
    save_vae(vae, folder.vae.model)
    folder.write_run(RunFolder(source).read_config())
    (target / "module001_vae" / "input.json").write_bytes((source / "module001_vae" / "input.json").read_bytes())
    folder.write_metrics({"loss": 1.0})
    return target


def test_a_damaged_archive_is_refused_and_salvaged(pack, unpack, tmp_path, caplog):
    _, folder = pack("mode.rows_per_chunk=10")
    archive = folder.path / "vae.kvae"
    caplog.set_level("INFO")
    whole, _ = unpack(archive, "mode.salvage=true", folder="whole")
    assert whole["rows"] == 40 and whole["lost_rows"] == 0 and "nothing is lost" in caplog.text
    damaged = damage(archive, tmp_path / "damaged.kvae", chunk=2)
    with pytest.raises(InputError, match=r"damaged.*mode\.salvage=true"):
        unpack(damaged)
    assert not (tmp_path / "unpacked").exists()
    metrics, restored = unpack(damaged, "mode.salvage=true")
    assert metrics["rows"] == 30 and metrics["lost_rows"] == 10
    numbers = np.loadtxt(restored.path / "rows_decompress.txt", dtype=int)
    assert numbers.tolist() == [*range(20), *range(30, 40)]
    x = np.load(restored.path / "x_decompress.npy")
    np.testing.assert_array_equal(x, rows_of().reshape(40, 8, 8)[numbers])
    assert "10 of 40 observations are lost and left out, rows 20 to 29" in caplog.text
    with pytest.raises(InputError, match="has lost all 5 observations asked for"):
        unpack(damaged, "mode.salvage=true", "mode.rows=[22,27]", folder="none")
    caplog.clear()
    unpack(damaged, "mode.salvage=true", "mode.rows=[15,25]", folder="part")
    assert "5 of 10 observations are lost and left out, rows 20 to 24;" in caplog.text
    _, some = unpack(damaged, "mode.rows=[5,18]", folder="some")
    np.testing.assert_array_equal(np.load(some.path / "x_decompress.npy"), x[5:18])


def damage(archive, target, chunk):
    from kvae.uses.compression.archive import Reader

    with Reader(archive) as reader:
        place = reader.places[chunk]
    content = bytearray(archive.read_bytes())
    content[place.offset + place.size // 2] ^= 16
    target.write_bytes(content)
    return target


def test_what_does_not_come_back_is_not_kept(pack, monkeypatch, tmp_path):
    from kvae.uses.compression.coders import Lossless

    decode = Lossless.decode
    monkeypatch.setattr(Lossless, "decode", lambda self, payload: 1 - decode(self, payload))
    with pytest.raises(InputError, match="rows 0 to 39 did not come back as they were read"):
        pack()
    assert list((tmp_path / "packed").glob("*.kvae")) == []
    pack("mode.verify=false")


def test_an_archive_is_not_written_over(pack):
    _, folder = pack()
    before = (folder.path / "vae.kvae").read_bytes()
    with pytest.raises(InputError, match=r"vae\.kvae is there already, and may be the only copy"):
        pack()
    assert folder.finished and (folder.path / "vae.kvae").read_bytes() == before


@pytest.mark.parametrize(
    ("keys", "learnt", "text"),
    [
        (["mode.run=nowhere"], "plain", "mode.run=nowhere is no finished learnt run"),
        (["data.binarize=none"], "continuous", "gaussian is continuous"),
        (["mode.split=test", "data.test_fraction=0"], "plain", "nothing is held out"),
    ],
)
def test_mistakes_of_compressing_leave_nothing(pack, tmp_path, keys, learnt, text):
    with pytest.raises(InputError, match=text):
        pack(*keys, learnt=learnt)
    assert not (tmp_path / "packed").exists()


@pytest.mark.parametrize(
    ("archive", "keys", "text"),
    [
        ("null", [], "mode=decompress needs mode.archive"),
        ("{tmp}/none.kvae", [], "No such file or directory. Name a file NAME.kvae"),
        ("{tmp}", [], "it is a folder and no file"),
        ("{tmp}/x.zip", [], "no archive of kvae: it is a zip file"),
        ("{packed}", ["mode.rows=[3]"], r"mode.rows must be \[start,stop\]"),
        ("{packed}", ["mode.rows=[5,5]"], r"with start below stop. Received: \[5, 5\]"),
        ("{packed}", ["mode.rows=[30,41]"], "must end at 40 at most"),
        ("{packed}", ["mode.run=nowhere"], "mode.run=nowhere is no finished learnt run"),
    ],
)
def test_mistakes_of_decompressing_leave_nothing(packed, unpack, tmp_path, archive, keys, text):
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04rest")
    with pytest.raises(InputError, match=text):
        unpack(archive.format(tmp=tmp_path, packed=packed), *keys)
    assert not (tmp_path / "unpacked").exists()


@pytest.fixture(scope="module")
def packed(outputs, tmp_path_factory):
    folder = RunFolder(tmp_path_factory.mktemp("packed"))
    keys = [*TINY, "mode=compress", f"mode.run={outputs}/plain", "mode.compare=false", "mode.verify=false"]
    compress.run(compose(*keys), folder)
    return folder.path / "vae.kvae"


def test_without_the_extra_it_says_what_to_type(pack, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "constriction", None)
    with pytest.raises(InputError, match=r"type pip install 'kvae-experiments\[compress\]'"):
        pack()
    assert not (tmp_path / "packed").exists()
