"""Streamed rows are read once, and what is wrong with them is said before anything that existed changes."""

import numpy as np
import pytest
from learnt import save_run

from kvae.config import compose
from kvae.data.row_files import NpyFile
from kvae.errors import InputError
from kvae.modes import detect, evaluate, recog
from kvae.runs import RunFolder

MODES = {"recog": recog, "evaluate": evaluate, "detect": detect}
DRAWN = 10  # rows that a picture shows


@pytest.fixture
def rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).random((70, 6)).astype(np.float32)
    np.save("x.npy", x)
    save_run("learnt", "data=file", "data.path=x.npy")
    return x


def config_of(mode, *keys):
    given = "mode.run=learnt", "model=tiny", "data=file", "data.path=x.npy", "data.memory=0", "format=npy"
    return compose(f"mode={mode}", *given, *keys)


def tree(path):
    return {one: one.read_bytes() for one in path.rglob("*") if one.is_file()}


NAN = "must hold finite numbers. Received: nan in row {row}, column 2"
OUTSIDE = r"needs data within \[0, 1\] after its own scaling \(none\). Received: 2 in row {row}, column 2"


@pytest.mark.parametrize(
    ("mode", "split", "row", "value", "message"),
    [
        ("recog", "all", 60, np.nan, NAN),
        ("evaluate", "all", 60, 2.0, OUTSIDE),
        ("evaluate", "test", 1, np.nan, NAN),
        ("detect", "all", 1, 2.0, OUTSIDE),
    ],
)
def test_bad_rows_leave_a_run_as_it_was(tmp_path, rows, mode, split, row, value, message):
    rows[row, 2] = value
    np.save("x.npy", rows)
    old = tmp_path / "old"
    (old / "module001_vae").mkdir(parents=True)
    for name in ("metrics.json", "run.json", "report.html", "module001_vae/z_recog.npy"):
        (old / name).write_text("{}")
    before = tree(tmp_path)
    for folder in (old, tmp_path / "new"):
        with pytest.raises(InputError, match=message.format(row=row)):
            MODES[mode].run(config_of(mode, f"mode.split={split}"), RunFolder(folder, "npy"))
    assert tree(tmp_path) == before and not (tmp_path / "new").exists()


@pytest.fixture
def read(rows, monkeypatch):
    """Numbers of the rows that were read from the file, in their order."""
    read, of_file = [], NpyFile.read
    monkeypatch.setattr(NpyFile, "read", lambda *part: read.extend(range(*part[1:])) or of_file(*part))
    return read


def test_recognition_reads_streamed_rows_once(read):
    metrics, folder = recog.run(config_of("recog", "mode.split=all"), RunFolder("recog", "npy"))
    assert len(read) == 70 + DRAWN and set(read) == set(range(70))
    in_memory, other = recog.run(config_of("recog", "mode.split=all", "data.memory=1"), RunFolder("memory", "npy"))
    assert metrics["loss"] == pytest.approx(in_memory["loss"], rel=1e-6)
    np.testing.assert_array_equal(*(np.load(one.vae.path / "z_recog.npy") for one in (folder, other)))
    assert folder.read_config()["mode"]["split"] == "all"


@pytest.mark.slow
def test_no_mode_reads_streamed_rows_only_to_look_at_them(read):
    keys = "mode.split=test", "mode.n_samples=1", "mode.generated=false", "data.split=last"
    evaluate.run(config_of("evaluate", *keys), RunFolder("evaluate", "npy"))
    assert len(read) == 70 + 14 and set(read) == set(range(70))
    read.clear()
    detect.run(config_of("detect", "mode.split=all"), RunFolder("detect", "npy"))
    assert len(read) == 70 + DRAWN and set(read) == set(range(70))
    read.clear()
    detect.run(config_of("detect", "mode.split=all", "mode.threshold_split=train"), RunFolder("again", "npy"))
    assert len(read) == 70 + 56 + DRAWN  # the learnt rows set the threshold
