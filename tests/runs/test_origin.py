import subprocess
from importlib.metadata import version

from kvae.runs import origin


def test_packages_and_commit_are_read_once_in_a_process(monkeypatch):
    found = origin.versions()
    assert found["keras"] == version("keras")
    found.clear()
    assert origin.versions()["numpy"] == version("numpy")  # a copy was given

    calls = []

    def run(command, **kwargs):
        calls.append(command)
        return subprocess.CompletedProcess(command, 0, stdout="abc-dirty\n")

    monkeypatch.setattr(subprocess, "run", run)
    origin.git_commit.cache_clear()
    try:
        assert origin.git_commit() == origin.git_commit() == "abc-dirty"
        assert len(calls) == 1
    finally:
        origin.git_commit.cache_clear()
