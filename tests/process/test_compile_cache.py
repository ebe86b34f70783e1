import logging
import os
import sys

import pytest

from kvae.errors import InputError
from kvae.process import compile_cache
from kvae.process.compile_cache import OwnFolder, cache_error, checked_folder, keep_compiled, machine_key, newest

PROGRAM = "xla_compile_cache__1__2__XLA_CPU_JIT.pb"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A user's cache that is empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def kept(tmp_path):
    (tmp_path / "kept").mkdir()
    return tmp_path / "kept"


def compiled(own, name=PROGRAM, content=b"a program"):
    """What TensorFlow writes into the folder of a process."""
    (own.path / name).write_bytes(content)


def test_a_later_process_finds_what_an_earlier_one_compiled(kept):
    first = OwnFolder(kept)
    assert list(first.path.iterdir()) == []
    compiled(first)
    first.close(os.getpid())
    assert not first.path.exists()
    second = OwnFolder(kept)
    assert (second.path / PROGRAM).read_bytes() == b"a program"
    second.close(os.getpid())
    assert len(list(kept.iterdir())) == 1  # nothing is kept twice


def test_what_two_processes_compiled_at_once_is_kept_once(kept):
    first, second = OwnFolder(kept), OwnFolder(kept)
    for own, content in ((first, b"a program"), (second, b"the same, in other bytes")):
        compiled(own, content=content)
        own.close(os.getpid())
    assert [path.read_bytes() for path in kept.iterdir()] == [b"a program"]


@pytest.mark.parametrize("damage", [b"", b"a progr", b"a pr0gram"])
def test_a_damaged_program_is_never_given_to_tensorflow(kept, damage):
    first = OwnFolder(kept)
    compiled(first)
    first.close(os.getpid())
    (program,) = kept.iterdir()
    program.write_bytes(damage)
    second = OwnFolder(kept)
    assert list(second.path.iterdir()) == [] and not program.exists()


def test_only_programs_are_kept_and_only_by_the_process_that_made_the_folder(kept):
    own = OwnFolder(kept)
    compiled(own)
    compiled(own, "half-written.tmp")
    own.close(os.getpid() + 1)  # as a forked child would
    assert (own.path / PROGRAM).exists()
    own.close(os.getpid())
    assert [path.name.partition(".pb")[0] for path in kept.iterdir()] == [PROGRAM.removesuffix(".pb")]


def test_folders_of_killed_processes_are_removed_and_those_of_living_ones_stay(kept):
    living = OwnFolder(kept)
    dead = living.path.with_name(living.path.name.replace(f"-{os.getpid()}-", f"-{2**22 + 1}-"))
    elsewhere = kept / "of-another-host-1-abc"
    long_ago = kept / "of-another-host-2-abc"
    strange = kept / "of-nobody"
    for path in (dead, elsewhere, long_ago, strange):
        path.mkdir()
    os.utime(long_ago, (0, 0))
    OwnFolder(kept)
    assert living.path.exists() and elsewhere.exists() and strange.exists()
    assert not dead.exists() and not long_ago.exists()


def test_the_oldest_programs_make_room(kept):
    for age, name in enumerate("cba"):
        (kept / name).write_bytes(b"1234")
        os.utime(kept / name, (1000 - age, 1000 - age))
    (kept / "link").symlink_to(kept / "a")
    assert [path.name for path in newest(kept, 8)] == ["c", "b"]
    assert not (kept / "a").exists()


def test_programs_are_those_of_this_tensorflow_processor_and_threads(monkeypatch):
    before = machine_key("tensorflow 2.21.0")
    assert machine_key("tensorflow 2.21.0") == before != machine_key("tensorflow 2.22.0")
    monkeypatch.setenv("OMP_NUM_THREADS", "17")
    threads = machine_key("tensorflow 2.21.0")
    monkeypatch.setattr(compile_cache, "processor", lambda: ["flags : sse2"])
    assert len({before, threads, machine_key("tensorflow 2.21.0")}) == 3


def test_nothing_is_kept_where_others_may_write(cache):
    folder = checked_folder()
    assert folder.stat().st_mode & 0o077 == 0
    (cache / "kvae/xla").chmod(0o777)
    with pytest.raises(OSError, match="xla is not a folder that only this user can write to"):
        checked_folder()
    (cache / "kvae/xla").chmod(0o700)
    (cache / "kvae").chmod(0o777)
    with pytest.raises(OSError, match="kvae is not a folder that only this user can write to"):
        checked_folder()
    (cache / "kvae").chmod(0o775)
    assert checked_folder() == folder
    folder.rmdir()
    folder.symlink_to(cache)
    with pytest.raises(OSError, match=f"{folder.name} is not a folder that only this user can"):
        checked_folder()


def test_one_line_says_why_nothing_is_kept(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.delenv("TF_XLA_FLAGS", raising=False)
    with caplog.at_level(logging.INFO):
        keep_compiled()
    (line,) = caplog.messages
    assert line.startswith("compiled programs are not kept: ") and "Not a directory" in line
    assert "TF_XLA_FLAGS" not in os.environ


def test_tensorflow_is_told_of_the_folder_unless_it_is_loaded_or_has_one(cache, monkeypatch):
    ends = []
    monkeypatch.setattr(compile_cache.atexit, "register", lambda *call: ends.append(call))
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_clustering_debug")
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    keep_compiled()
    assert os.environ["TF_XLA_FLAGS"] == "--tf_xla_clustering_debug"
    monkeypatch.delitem(sys.modules, "tensorflow")
    keep_compiled()
    flags = os.environ["TF_XLA_FLAGS"].split()
    ((close, pid),) = ends
    assert flags[0] == "--tf_xla_clustering_debug" and pid == os.getpid()
    assert flags[1] == f"--tf_xla_persistent_cache_directory={close.__self__.path}"
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "3"  # it warns of every program
    keep_compiled()
    assert os.environ["TF_XLA_FLAGS"].split() == flags and len(ends) == 1


def test_a_tensorflow_that_was_loaded_quietly_is_told_of_the_folder_too(cache, monkeypatch):
    ends = []
    monkeypatch.setattr(compile_cache.atexit, "register", lambda *call: ends.append(call))
    monkeypatch.delenv("TF_XLA_FLAGS", raising=False)
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    assert compile_cache.quiet() == {"TF_CPP_MIN_LOG_LEVEL": "3"}
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    assert compile_cache.quiet() == {}
    keep_compiled()
    ((close, _),) = ends
    assert str(close.__self__.path) in os.environ["TF_XLA_FLAGS"]


def test_a_disk_that_is_full_is_said_with_the_key(monkeypatch):
    error = RuntimeError(
        "/home/u/.cache/kvae/xla/1/of-h-1-a/x.pb.tmp; No space left on device [Op:__inference_f_1]"
    )
    monkeypatch.delenv("TF_XLA_FLAGS", raising=False)
    assert cache_error(error) is None
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_persistent_cache_directory=/home/u/.cache/kvae/xla/1/of-h-1-a")
    said = cache_error(error)
    assert isinstance(said, InputError) and "[Op" not in str(said)
    assert "No space left on device). Make room there, or type compile_cache=false" in str(said)
    assert cache_error(RuntimeError("No space left on device")) is None
