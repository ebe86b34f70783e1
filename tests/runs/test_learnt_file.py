"""Which file a run learnt, and where it is now."""

import os
import shutil

import pytest

from kvae.runs import RunFolder, as_recorded, find_learnt_run, has_content, is_path_of, learnt_path, recorded
from kvae.runs.learnt_file import ENDS, content


@pytest.fixture
def learnt(tmp_path, monkeypatch):
    """A run that learnt `x.csv` of the folder `home`, in that folder; the folder `other` is another."""
    for name in ("home", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.csv").write_text(f"a,b\n1,{name}\n")
    monkeypatch.chdir(tmp_path / "home")
    return make(tmp_path / "run")


def make(folder, path="x.csv"):
    run = RunFolder(folder)
    run.path.mkdir()
    run.write_run({"mode": {"name": "learn"}, "data": {"path": path}}, as_recorded(path, 1))
    return run


def test_all_spellings_of_a_path_are_one_file(learnt, tmp_path, monkeypatch):
    (tmp_path / "link.csv").symlink_to("home/x.csv")
    for path in ("x.csv", "./x.csv", "../home/x.csv", str(tmp_path / "home/x.csv"), "../link.csv"):
        assert is_path_of(learnt, path), path
    monkeypatch.chdir(tmp_path)
    assert is_path_of(learnt, "home/x.csv") and not is_path_of(learnt, "other/x.csv")
    assert not is_path_of(learnt, None)


def test_a_path_spelt_alike_elsewhere_is_another_file(learnt, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "other")
    assert not is_path_of(learnt, "x.csv")
    assert learnt_path(learnt) == str(tmp_path / "home/x.csv")


def test_a_run_is_moved_with_its_data(learnt, tmp_path, monkeypatch):
    shutil.move(tmp_path / "home", tmp_path / "moved")
    monkeypatch.chdir(tmp_path / "moved")
    assert is_path_of(learnt, "x.csv") and learnt_path(learnt) == "x.csv"
    assert has_content("x.csv", recorded(learnt))
    monkeypatch.chdir(tmp_path / "other")  # the file is gone: that of its name is taken, but it is not the same
    assert is_path_of(learnt, "x.csv") and not has_content("x.csv", recorded(learnt))


def test_a_copy_spelt_alike_is_the_learnt_file(learnt, tmp_path, monkeypatch):
    shutil.copy(tmp_path / "home/x.csv", tmp_path / "other/x.csv")
    monkeypatch.chdir(tmp_path / "other")
    assert is_path_of(learnt, "x.csv")


def test_without_a_record_a_path_is_where_it_points_today(learnt, tmp_path, monkeypatch):
    learnt.write_run(learnt.read_config())
    monkeypatch.chdir(tmp_path / "other")
    assert is_path_of(learnt, "x.csv") and is_path_of(learnt, "./x.csv") and learnt_path(learnt) == "x.csv"
    assert recorded(learnt) is None


def test_both_ends_of_a_file_and_all_sizes_are_compared(tmp_path):
    path = tmp_path / "x.bin"
    found = []
    for head, n, tail in ((b"a", 3 * ENDS, b"b"), (b"a", 3 * ENDS, b"c"), (b"b", 3 * ENDS, b"b"), (b"a", 9, b"b")):
        path.write_bytes(head + bytes(n) + tail)
        found.append(content(str(path)))
    assert len(set(found)) == 4 and found[3][0] == 11
    (tmp_path / "y.bin").write_bytes(b"12")
    assert content(str(tmp_path / "*.bin"))[0] == 13
    assert content(str(tmp_path)) == content("nowhere") == (None, None)


def test_the_search_prefers_the_run_that_learnt_this_file(learnt, tmp_path, monkeypatch):
    monkeypatch.setattr(RunFolder, "finished", True)
    runs = []
    for name in ("home", "other"):
        monkeypatch.chdir(tmp_path / name)
        run = make(tmp_path / f"run-{name}")
        (run.vae.path).mkdir()
        run.vae.model.touch()
        run.write_metrics({})
        runs.append(run)
    monkeypatch.chdir(tmp_path / "home")
    config = {"mode": {"name": "recog"}, "data": {"path": "./x.csv"}}
    assert find_learnt_run(config, tmp_path).path == runs[0].path


def test_the_search_prefers_the_run_that_learnt_the_columns_that_are_typed(tmp_path):
    keys = [{"columns": ["a"], "missing": "learn"}, {"columns": ["a"]}, {"unseen": "other"}, {}]
    for number, one in enumerate(keys):
        run = RunFolder(tmp_path / str(number))
        run.vae.path.mkdir(parents=True)
        run.vae.model.touch()
        run.write_run({"mode": {"name": "learn"}, "data": {"name": "table", "path": "x.csv"} | one})
        run.write_metrics({})
        os.utime(run.metrics, (number, number))
    for one, found in zip([*keys, {"columns": ["b"]}], "01233", strict=True):
        config = {"mode": {"name": "recog"}, "data": {"name": "table", "path": "x.csv"} | one}
        assert find_learnt_run(config, tmp_path).path.name == found, one
