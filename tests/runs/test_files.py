import errno
import os

import pytest

from kvae.errors import InputError, WriteError
from kvae.runs.files import read_errors, remove_parts, whole_file, whole_folder, why_not_written, write_json


def test_a_file_is_there_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with whole_file(path) as part:
        part.write_text("half")
        assert not path.exists()
        part.write_text("whole")
    assert path.read_text() == "whole"
    assert [file.name for file in path.parent.iterdir()] == ["a.txt"]


def test_what_a_kill_left_is_removed_and_nothing_else(tmp_path):
    for name in (".part-a.txt", "b/.part-saved-model.keras", ".part-encoder/saved_model.pb", "b/c.txt", ".lock"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    remove_parts(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == [".lock", "b", "c.txt"]


def test_a_folder_is_there_when_it_is_whole_and_takes_the_place_of_the_one_before(tmp_path):
    path = tmp_path / "new" / "encoder"
    for text in ("first", "second"):
        with whole_folder(path) as part:
            (part / "variables").mkdir(parents=True)
            (part / "variables" / "a.txt").write_text(text)
            assert not path.exists() or (path / "variables" / "a.txt").read_text() == "first"
        assert (path / "variables" / "a.txt").read_text() == text
        assert [inner.name for inner in path.parent.iterdir()] == ["encoder"]
    with pytest.raises(ZeroDivisionError), whole_folder(path) as part:
        part.mkdir()
        raise ZeroDivisionError
    assert (path / "variables" / "a.txt").read_text() == "second"
    assert [inner.name for inner in path.parent.iterdir()] == ["encoder"]


def test_the_one_before_is_kept_where_asked(tmp_path):
    path, before = tmp_path / "a.txt", tmp_path / "a.before.txt"
    for text in ("first", "second", "third"):
        with whole_file(path, before) as part:
            part.write_text(text)
    assert (path.read_text(), before.read_text()) == ("third", "second")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "No space left on device"),
        (PermissionError(errno.EACCES, "Permission denied"), "Permission denied"),
        (OSError(errno.EROFS, os.strerror(errno.EROFS)), "Read-only file system"),
        (
            RuntimeError("write failed: errno = 28, error message = 'No space left on device'"),
            "No space left",
        ),
    ],
)
def test_a_write_that_fails_leaves_what_was_there(tmp_path, error, reason):
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(WriteError) as caught, whole_file(path) as part:
        part.write_text("half")
        raise error
    assert str(caught.value).startswith(f"{path} could not be written: {reason}")
    assert str(caught.value).endswith("What was finished before is intact")
    assert path.read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_fault_of_the_program_stays_one(tmp_path):
    with pytest.raises(ZeroDivisionError), whole_file(tmp_path / "a.txt"):
        _ = 1 // 0
    with pytest.raises(InputError, match="mine"), whole_file(tmp_path / "a.txt"):
        raise InputError("mine")
    assert why_not_written(ZeroDivisionError("division by zero")) is None
    assert why_not_written(OSError("h5py says something else")) is None


def test_a_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(WriteError, match=r"a/b\.json could not be written: (Not a directory|File exists)"):
        write_json(tmp_path / "a" / "b.json", {})


def test_data_that_vanishes_is_named(tmp_path):
    with (
        pytest.raises(InputError, match=r"x\.npy can no longer be read: .*No such file"),
        read_errors(tmp_path / "x.npy"),
    ):
        (tmp_path / "x.npy").read_bytes()
