import subprocess
import sys

import pytest

from kvae.errors import InputError, WriteError
from kvae.runs.lock import lock, locked

HOLD = """
import sys
from pathlib import Path
from kvae.runs.lock import lock
held = lock(Path("run"))
print("held", flush=True)
sys.stdin.read()
"""


def test_another_process_is_kept_out_until_the_first_ends_however_it_ends(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout.readline() == "held\n"
    with pytest.raises(
        InputError, match=r"another run is at work in run\. Wait for its end, or leave hydra\.run\.dir out"
    ):
        lock(tmp_path / "run")
    other.kill()
    other.communicate()
    with locked(tmp_path / "run"):
        pass


def test_a_process_may_lock_what_it_holds(tmp_path):
    held = lock(tmp_path)
    with locked(tmp_path):
        pass
    assert held.is_locked
    held.release()
    assert not held.is_locked


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(WriteError, match=r"a/b/\.lock could not be written: Not a directory"):
        lock(tmp_path / "a" / "b")
