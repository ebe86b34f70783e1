"""Files of run folders say which format they have: those of before are read, later ones refused in one line.

`unversioned.tar.xz` holds what kvae wrote when its files had no format version yet: a table that was learnt with a
mixture, the same interrupted, its columns as `mode=inspect` saw them, two shards of its recognition, and a
network of modules.
"""

import json
import re
import tarfile
import zipfile
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest
from command import cold, run_folder, uncompiled

import kvae
from kvae.data.table.columns_file import read_columns_file
from kvae.errors import InputError, LaterVersionError
from kvae.modules.gmm import GMM
from kvae.modules.graph.state import read_held_out
from kvae.modules.model_file import load_vae
from kvae.report.facts import gather
from kvae.runs import ModuleFolder, RunFolder
from kvae.runs.columns_seen import read_columns_seen
from kvae.runs.files import read_json, write_json
from kvae.runs.forms import mapping
from kvae.runs.learnt import learnt_runs
from kvae.runs.version import NAME, VERSIONS, version_of
from kvae.sweep import record
from kvae.sweep.folders import JobFolder, SweepFolder
from kvae.sweep.pieces import pieces_in
from kvae.sweep.shards.recog import agreement
from kvae.training.checkpoint_file import read_state, read_time_spent
from kvae.uses.opened import read_spec_in

OLD = Path(__file__).with_name("unversioned.tar.xz")
LEARNT = Path("learnt/module001_vae")


@pytest.fixture
def old(tmp_path, monkeypatch):
    """The working directory, with the runs of before in it."""
    with tarfile.open(OLD) as archive:
        archive.extractall(tmp_path, filter="data")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files_of(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def says(path):
    """The version that a file says it has."""
    if path.suffix == ".json":
        return json.loads(path.read_text()).get(NAME)
    if path.suffix == ".yaml":
        found = re.findall(rf"^# {NAME}: (\d+)$", path.read_text(), re.M)
        return int(found[0]) if found else None
    with zipfile.ZipFile(path) as archive:
        if path.suffix == ".keras":
            return json.loads(archive.read("metadata.json")).get(NAME)
    with np.load(path) as arrays:
        return int(arrays[NAME]) if NAME in arrays else None


def say(path, version):
    """Let a file say that it has a version."""
    if path.suffix == ".json":
        path.write_text(json.dumps(json.loads(path.read_text()) | {NAME: version}))
    elif path.suffix == ".yaml":
        path.write_text(f"# What the columns mean\n# {NAME}: {version}\n{path.read_text()}")
    elif path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        members["metadata.json"] = json.dumps(json.loads(members["metadata.json"]) | {NAME: version}).encode()
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
    else:
        with np.load(path) as arrays:
            members = dict(arrays)
        np.savez(path, **members | {NAME: version})


def test_what_was_learnt_before_is_used(old):
    assert {says(path) for path in files_of(old) if version_of(path)} == {None}
    z, _ = kvae.open_run("learnt").encode("x.csv")
    shards = [np.loadtxt(f"swept/{number}/module001_vae/z_recog.txt") for number in (0, 1)]
    np.testing.assert_allclose(z, np.concatenate(shards), atol=1e-5)
    assert gather(RunFolder("learnt")).state == "finished"


def test_states_of_before_are_gone_on_from(old):
    state = read_state(LEARNT / "model.ckpt.npz")
    logged = np.loadtxt(LEARNT / "loss.txt")
    assert state.iteration == 12 and state.stopped is False
    np.testing.assert_allclose([row["loss"] for row in state.rows], logged[:, 1], rtol=1e-6)
    assert read_time_spent(LEARNT / "seconds.json")[1] > 0
    arrays = GMM.read(Path("learnt/module002_gmm/model.npz"))
    assert arrays["updates"] == 2 and arrays["means"].shape == (2, 2)
    number, held_out = read_held_out(RunFolder("network"), [])
    assert (number, held_out) == (2, {})
    assert read_spec_in(Path("network/input_top.json")).shape == (4, 8, 1)


def test_sweeps_and_columns_of_before_are_read(old):
    jobs = SweepFolder("swept").jobs()
    assert [(job.status, job.overrides["mode.shard"]) for job in jobs] == [("finished", "0"), ("finished", "1")]
    pieces = pieces_in(old / "swept")
    assert [(piece.start, piece.stop) for piece in pieces] == [(0, 20), (20, 40)]
    folders = [piece.folder.module(2, "gmm") for piece in pieces]
    assert agreement(folders, [20, 20])["accuracy"] == pytest.approx(
        np.mean([piece.folder.read_metrics()["accuracy"] for piece in pieces])
    )
    assert [one["name"] for one in read_columns_seen(RunFolder("inspected"))] == ["size", "weight", "colour"]
    assert set(read_columns_file("inspected/columns.yaml")) == {"size", "weight", "colour"}


READERS = {
    "learnt/run.json": lambda path: RunFolder(path.parent).read_run(),
    "learnt/module001_vae/input.json": read_spec_in,
    "learnt/module001_vae/seconds.json": read_time_spent,
    "learnt/module001_vae/model.keras": load_vae,
    "learnt/module001_vae/model.ckpt.npz": read_state,
    "learnt/module002_gmm/model.npz": GMM.read,
    "inspected/columns.json": lambda path: read_columns_seen(RunFolder(path.parent)),
    "inspected/columns.yaml": read_columns_file,
    "swept/sweep.json": lambda path: SweepFolder(path.parent).read_plan(),
    "swept/0/job.json": lambda path: JobFolder(path.parent).read(),
    "swept/mlflow.json": lambda path: read_json(path, record.RECORD),
    "swept/0/evaluate.json": lambda path: read_json(path, mapping),
    "swept/0/module002_gmm/counts_recog.npz": lambda path: agreement(
        [RunFolder("swept/0").module(2, "gmm")], [20]
    ),
    "network/input_top.json": read_spec_in,
    "network/held_out.npz": lambda path: read_held_out(RunFolder(path.parent), []),
    "network/module003_joint/model.npz": GMM.read,
}


def test_every_kind_of_file_is_tried():
    assert {version for name in READERS for version in VERSIONS if fnmatch(Path(name).name, version)} == set(
        VERSIONS
    )


@pytest.mark.parametrize("name", READERS)
def test_a_later_version_is_one_line(name, old):
    path = old / name
    if not path.exists():
        path.write_text(json.dumps({"run_id": "a"}))
    later = version_of(path) + 1
    say(path, later)
    with pytest.raises(LaterVersionError) as caught:
        READERS[name](path)
    assert str(caught.value).endswith(
        f"{Path(name).name} was written by a later kvae: its format version is {later}, and this one reads up to "
        f"{later - 1}. Use the kvae that wrote it, or a newer one"
    )
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [name for name in READERS if "columns.yaml" not in name])
@pytest.mark.parametrize("version", [0, 1.5])
def test_what_is_no_version_is_damage(name, version, old):
    path = old / name
    if not path.exists():
        path.write_text(json.dumps({"run_id": "a"}))
    say(path, version)
    with pytest.raises((InputError, ValueError), match=rf"its {NAME} must be a whole number >= .*{version}"):
        READERS[name](path)


def test_a_later_checkpoint_is_not_passed_over_for_the_one_before(old):
    last = LEARNT / "model.ckpt.npz"
    last.with_name("model.ckpt.previous.npz").write_bytes(last.read_bytes())
    say(last, 99)
    with pytest.raises(LaterVersionError):
        read_state(last)


def test_a_later_run_is_not_passed_over_without_a_word(old, caplog):
    say(old / "learnt" / "run.json", 99)
    assert learnt_runs(old) == []
    assert "a run is skipped: " in caplog.text and "learnt/run.json was written by a later kvae" in caplog.text


def test_a_later_run_is_not_opened_from_python(old):
    say(old / "learnt" / "run.json", 99)
    with pytest.raises(LaterVersionError, match="its format version is 99"):
        kvae.open_run(old / "learnt")


def test_the_command_says_of_a_later_run_that_it_is_one(old):
    say(old / "begun" / "run.json", 99)
    ended = cold(old, "resume=begun")
    assert ended.returncode == 1 and "Traceback" not in ended.stderr
    assert "begun/run.json was written by a later kvae: its format version is 99" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("name", [name for name in VERSIONS if name.endswith(".json")])
def test_json_is_written_with_its_version_first(name, tmp_path):
    path = tmp_path / name.replace("*", "x")
    write_json(path, {"a": 1})
    assert list(json.loads(path.read_text()).items()) == [(NAME, VERSIONS[name]), ("a", 1)]
    assert read_json(path) == {"a": 1}


def test_nothing_else_is_called_so(tmp_path):
    with pytest.raises(ValueError, match=rf"^{NAME} is the name of the version in model\.npz\. Use another name$"):
        ModuleFolder(tmp_path).write_arrays(tmp_path / "model.npz", **{NAME: np.zeros(2)})


# Files of a run that have no room for a version: numbers and text for everybody, and Hydra's own. What the
# explorer shows has one in its header, and is left out of the page if it is another.
PLAIN = (
    "metrics.json",
    "meanings.json",
    "*.txt",
    "*.csv",
    "*.png",
    "report.html",
    "run.log",
    ".lock",
    ".hydra/*",
    "explorer.npz",
)


@pytest.mark.slow
def test_a_run_of_before_goes_on_and_its_files_say_their_version(old):
    assert gather(RunFolder("begun")).state == "interrupted"
    folder = run_folder(uncompiled(old, "resume=begun"), old)
    for name in ("module001_vae/loss.txt", "module001_vae/z_learn.txt", "module002_gmm/rounds.txt"):
        # The files are those of another machine, whose sums may differ in the last digits.
        found, expected = (np.loadtxt(place / name) for place in (folder, old / "learnt"))
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
    files = {path.relative_to(folder): path for path in files_of(folder)}
    versioned = {path: says(path) for path in files.values() if version_of(path)}
    assert versioned == {path: version_of(path) for path in versioned} and len(versioned) == 6
    others = [name for name, path in files.items() if path not in versioned]
    assert [str(name) for name in others if not any(name.match(pattern) for pattern in PLAIN)] == []
