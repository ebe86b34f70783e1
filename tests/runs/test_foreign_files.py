"""A folder of somebody else's, with links, pipes and devices: nothing outside is read, written or removed."""

import gc
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock, Timeout
from omegaconf import OmegaConf

from kvae.config import sweeps
from kvae.errors import InputError, WriteError
from kvae.modules.gmm.files import read_arrays
from kvae.modules.model_file import load_vae
from kvae.process.logs import LogFile
from kvae.report import write_report
from kvae.runs import ModuleFolder, RunFolder, learnt_runs
from kvae.runs.files import read_json, read_yaml, remove_parts, whole_file, whole_folder, write_json
from kvae.runs.lock import is_held, lock
from kvae.runs.plain import DEEPEST, check_folder, files_named, open_plain
from kvae.sweep.join import join
from kvae.sweep.summary import summarise


@pytest.fixture
def mine(tmp_path):
    """A folder of the user's own, with a file that nobody is to touch; after the test it is as it was."""
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "kept.txt").write_text("mine")
    yield mine
    assert {path.name: path.read_text() for path in mine.iterdir()} == {"kept.txt": "mine"}


@pytest.fixture
def run(tmp_path):
    """A run folder that is whole, as far as its report looks."""
    run = RunFolder(tmp_path / "run")
    run.write_run({"name": "vae", "mode": {"name": "learn"}, "objective": "loss"})
    run.write_metrics({"loss": 1.0})
    return run


@pytest.mark.parametrize("name", ["report.html", "sweep.csv", "model.keras", "metrics.json"])
def test_a_link_in_the_place_of_a_file_or_of_its_temporary_name_is_not_followed(tmp_path, mine, monkeypatch, name):
    monkeypatch.setattr("kvae.runs.files.token", lambda: "known")  # as if somebody could guess it
    for planted in (name, f".part-{name}", f"before-{name}"):
        (tmp_path / planted).symlink_to(mine / "kept.txt")
    with whole_file(tmp_path / name) as part:
        part.write_text("new")
    assert not (tmp_path / name).is_symlink() and (tmp_path / name).read_text() == "new"
    (tmp_path / f".part-known-{name}").symlink_to(mine / "kept.txt")
    with pytest.raises(WriteError, match="could not be written: File exists"), whole_file(tmp_path / name) as part:
        part.write_text("newer")
    assert (tmp_path / name).read_text() == "new"


def test_temporary_names_cannot_be_known_beforehand(tmp_path):
    names = set()
    for _ in range(3):
        with whole_file(tmp_path / "a.json") as part:
            names.add(part.name)
            part.write_text("x")
    assert len(names) == 3 and all(name.startswith(".part-") and name.endswith("-a.json") for name in names)


def test_what_stands_where_the_one_before_is_kept_is_replaced(tmp_path, mine):
    (tmp_path / "a.before").symlink_to(mine / "kept.txt")
    (tmp_path / "a").write_text("first")
    with whole_file(tmp_path / "a", tmp_path / "a.before") as part:
        part.write_text("second")
    assert (tmp_path / "a.before").read_text() == "first" and not (tmp_path / "a.before").is_symlink()


@pytest.mark.parametrize(
    "write",
    [
        lambda folder: folder.write_rows("z_learn", np.zeros((2, 2))),
        lambda folder: folder.write_log("loss", [{"iteration": 1, "loss": 2.0}], ["iteration", "loss"]),
        lambda folder: folder.write_arrays(folder.state, r=np.zeros(2)),
        lambda folder: folder.write_images("generated", np.zeros((2, 4, 4, 1))),
        lambda folder: write_json(folder.input_spec, {}),
    ],
)
def test_a_folder_that_is_a_link_is_not_written_into(tmp_path, mine, write):
    (tmp_path / "module001_vae").symlink_to(mine)
    with pytest.raises(WriteError, match=r"module001_vae is a link: what is written there could land elsewhere"):
        write(ModuleFolder(tmp_path / "module001_vae"))


def test_a_folder_that_takes_another_s_place_removes_links_and_not_what_they_lead_to(tmp_path, mine):
    (tmp_path / "encoder").symlink_to(mine)
    with whole_folder(tmp_path / "encoder") as part:
        part.mkdir()
        (part / "link").symlink_to(mine / "kept.txt")
    assert (tmp_path / "encoder").is_dir() and not (tmp_path / "encoder").is_symlink()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".part")] == []


def test_leftovers_that_are_links_are_removed_and_not_what_they_lead_to(tmp_path, mine):
    (tmp_path / "module001_vae").mkdir()
    (tmp_path / ".part-folder").symlink_to(mine)
    (tmp_path / "module001_vae" / ".part-file").symlink_to(mine / "kept.txt")
    (tmp_path / ".part-real" / ".part-inner").mkdir(parents=True)
    (tmp_path / "other").symlink_to(mine)
    remove_parts(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "module001_vae", "other"]
    assert not list((tmp_path / "module001_vae").iterdir())


PLANTED = {
    "a link to a file": (lambda path, mine: path.symlink_to(mine / "kept.txt"), "a link"),
    "a link to a folder": (lambda path, mine: path.symlink_to(mine), "a link"),
    "a link to nothing": (lambda path, mine: path.symlink_to("/nowhere"), "a link"),
    "a pipe": (lambda path, mine: os.mkfifo(path), "a pipe"),
    "a second name": (lambda path, mine: os.link(mine / "kept.txt", path), "a hard link"),
}


@pytest.mark.parametrize("kind", PLANTED)
@pytest.mark.parametrize("name", ["run.log", ".lock", ".hydra/config.yaml", "0/.hydra/overrides.yaml", "study.db"])
def test_a_folder_is_looked_over_before_anything_is_written_into_it(tmp_path, mine, name, kind):
    plant, expected = PLANTED[kind]
    path = tmp_path / "run" / name
    path.parent.mkdir(parents=True)
    plant(path, mine)
    with pytest.raises(InputError) as caught:
        lock(tmp_path / "run")
    assert str(path) in str(caught.value) and expected in str(caught.value)
    assert "Nothing was written" in str(caught.value) and "cp -rL" in str(caught.value)
    path.unlink()


def test_whole_folders_that_are_links_are_named(tmp_path, mine):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "module001_vae").symlink_to(mine)
    with pytest.raises(InputError, match=r"module001_vae is a link"):
        check_folder(tmp_path / "run")


def test_the_user_s_own_link_to_a_run_folder_is_followed_once(run, tmp_path):
    (tmp_path / "latest").symlink_to(run.path)
    assert RunFolder(tmp_path / "latest").path == run.path
    held = lock(tmp_path / "latest")
    assert is_held(run.path) and is_held(tmp_path / "latest")
    held.release()


def test_files_that_are_replaced_whole_may_have_second_names(run, tmp_path):
    os.link(run.metrics, tmp_path / "copy.json")  # as a backup by  cp -al  has them
    check_folder(run.path)
    run.write_metrics({"loss": 2.0})
    assert json.loads((tmp_path / "copy.json").read_text()) == {"loss": 1.0}


def test_a_folder_without_end_ends(tmp_path):
    deep = tmp_path
    for _ in range(DEEPEST + 2):
        deep = deep / "d"
    deep.mkdir(parents=True)
    with pytest.raises(InputError, match="nested deeper than any run"):
        check_folder(tmp_path)


@pytest.mark.parametrize("plant", ["a link to a file", "a pipe", "a second name"])
def test_a_log_is_not_written_through(tmp_path, mine, plant):
    PLANTED[plant][0](tmp_path / "run.log", mine)
    with pytest.raises(OSError, match=r"link|plain file|No such device"):
        LogFile(tmp_path / "run.log", encoding="utf-8")
    (tmp_path / "run.log").unlink()


def test_a_log_is_appended_to(tmp_path):
    for text in ("one", "two ü"):
        handler = LogFile(tmp_path / "run.log", encoding="utf-8")
        handler.emit(logging.makeLogRecord({"msg": text}))
        handler.close()
    assert (tmp_path / "run.log").read_text(encoding="utf-8") == "one\ntwo ü\n"


ENDLESS = {
    "/dev/zero": lambda path: path.symlink_to("/dev/zero"),
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a secret": lambda path: path.symlink_to("/etc/passwd"),
    "a terabyte": lambda path: (path.touch(), os.truncate(path, 2**40)),
}
READERS = {
    "run.json": read_json,
    "overrides.yaml": lambda path: read_yaml(path) is None and failed(),
    "loss.txt": lambda path: ModuleFolder(path.parent).read_log("loss"),
    "run.log": lambda path: (
        all(set(line) <= {"\0"} for line in RunFolder(path.parent).read_run_log(5)) and failed()
    ),
    "model.keras": load_vae,
    "model.npz": read_arrays,
}


def failed():
    raise InputError("as expected")


@pytest.mark.parametrize("kind", ENDLESS)
@pytest.mark.parametrize("name", READERS)
def test_what_is_no_plain_file_is_not_read(tmp_path, name, kind):
    ENDLESS[kind](tmp_path / name)
    with pytest.raises(InputError):
        READERS[name](tmp_path / name)


@pytest.mark.parametrize("swap", [lambda path, mine: path.symlink_to(mine / "kept.txt"), PLANTED["a pipe"][0]])
def test_a_file_that_becomes_another_after_it_was_looked_at_is_not_read(tmp_path, mine, monkeypatch, swap):
    swap(tmp_path / "a.json", mine)
    monkeypatch.setattr(Path, "is_symlink", lambda self: False)  # what was true a moment ago
    with pytest.raises((OSError, ValueError), match=r"symbolic links|it is a pipe"):
        open_plain(tmp_path / "a.json")


def test_files_in_a_folder_that_is_a_link_are_not_read(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.json").write_text("{}")
    (tmp_path / "module001_vae").symlink_to(tmp_path / "real")
    assert read_json(tmp_path / "real" / "a.json") == {}
    with pytest.raises(InputError, match=r"its folder .*module001_vae is a link"):
        read_json(tmp_path / "module001_vae" / "a.json")


def test_the_page_of_a_run_shows_nothing_from_elsewhere(run, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(8) + bytes([0, 0, 0, 9] * 2) + b"SECRET")
    (run.path / "module001_vae").mkdir()
    (run.path / "module001_vae" / "loss.png").symlink_to(secret)
    (run.path / "module002_gmm").symlink_to(tmp_path)
    (run.path / "run.log").symlink_to(secret)
    write_report(run)
    page = run.report.read_text()
    assert "SECRET" not in page and "U0VDUkVU" not in page and "data:image" not in page
    assert not {path.name for path in run.files(small=False)} & {"loss.png", "run.log", "secret"}


def test_a_finished_run_is_one_with_metrics_of_its_own(run, tmp_path):
    other = RunFolder(tmp_path / "other")
    other.path.mkdir()
    other.metrics.symlink_to(run.metrics)
    assert run.finished and not other.finished


def test_runs_are_found_without_following_links(tmp_path, run):
    run.vae.path.mkdir()
    run.vae.model.touch()
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs" / "link").symlink_to(run.path)
    assert [found.path for found in learnt_runs(tmp_path)] == [run.path]
    assert learnt_runs(tmp_path / "outputs") == [] and files_named(tmp_path / "missing", "metrics.json") == []


def test_the_result_of_a_sweep_is_not_written_through_links(tmp_path, mine):
    sweep = tmp_path / "sweep"
    sweep.mkdir()
    (sweep / "sweep.json").write_text(json.dumps({"command": [], "objective": "loss", "jobs": []}))
    for name in ("sweep.csv", ".part-sweep.csv", ".part-sweep.png"):
        (sweep / name).symlink_to(mine / "kept.txt")
    summarise(sweep)
    assert (sweep / "sweep.csv").read_text().startswith("job,")
    (sweep / "joined").symlink_to(mine)
    with pytest.raises(InputError):
        join(sweep)


def test_a_plain_file_is_read_to_its_limit(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    with open_plain(tmp_path / "a", 5) as file:
        assert file.read() == b"12345"
    with pytest.raises(ValueError, match="it is larger than 0 KiB"):
        open_plain(tmp_path / "a", 4)


# Who drives a sweep.


@pytest.fixture
def config(tmp_path):
    plain = {
        "objective": "val_loss",
        "tracking": {"name": "none"},
        "hydra": {"sweep": {"dir": str(tmp_path / "sweep")}, "overrides": {"task": ["seed=0,1"], "hydra": []}},
    }
    yield OmegaConf.create(plain)
    sweeps.let_go(tmp_path / "sweep")


def test_a_sweep_is_held_until_it_is_finished(config, tmp_path, monkeypatch):
    monkeypatch.setattr(sweeps, "_begun", None)
    sweeps.begin(config, [["seed=0"], ["seed=1"]])
    gc.collect()
    other = FileLock(tmp_path / "sweep" / ".lock")
    with pytest.raises(Timeout):
        other.acquire(blocking=False)
    sweeps.finish()
    other.acquire(blocking=False)
    other.release()


SECOND = """
import sys
from omegaconf import OmegaConf
from kvae.config import sweeps
from kvae.errors import InputError
try:
    sweeps.begin(OmegaConf.load(sys.argv[1]), [["seed=0"], ["seed=1"]])
except InputError as error:
    print(error)
"""


def test_a_second_driver_is_refused_in_one_line(config, tmp_path, monkeypatch):
    monkeypatch.setattr(sweeps, "_begun", None)
    sweeps.begin(config, [["seed=0"], ["seed=1"]])
    gc.collect()
    OmegaConf.save(config, tmp_path / "config.yaml")
    command = [sys.executable, "-c", SECOND, str(tmp_path / "config.yaml")]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
    assert said.startswith("another sweep is at work in") and said.count("\n") == 1
    assert "hydra.sweep.dir" in said


def test_a_run_is_held_from_before_hydra_writes_to_its_end(tmp_path, monkeypatch):
    from kvae.config import callbacks

    monkeypatch.setattr(callbacks, "check_config", lambda config, kind: None)
    run = {"run": {"dir": str(tmp_path / "run")}}
    config = OmegaConf.create({"hydra": run, "mode": {"name": "learn"}, "outputs": "outputs"})
    callbacks.CheckBeforeRun().on_run_start(config)
    gc.collect()
    with pytest.raises(Timeout):
        FileLock(tmp_path / "run" / ".lock").acquire(blocking=False)
    sweeps.let_go(tmp_path / "run")
