import logging
import os
import subprocess
import sys
import warnings

import pytest

from kvae.process.quiet import quiet_libraries, quiet_loggers, quiet_stderr


def test_what_is_written_is_held_back_and_stderr_comes_back(capfd):
    with quiet_stderr():
        os.write(2, b"chatter")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


def test_what_is_written_is_shown_when_the_block_raises(capfd):
    with pytest.raises(ImportError), quiet_stderr():
        os.write(2, b"the reason")
        raise ImportError
    assert capfd.readouterr().err == "the reason"


def test_loggers_are_quiet_for_a_block(caplog):
    with quiet_loggers("chatty"):
        logging.getLogger("chatty.part").error("chatter")
    logging.getLogger("chatty.part").error("after")
    assert [record.message for record in caplog.records] == ["after"]


def test_libraries_are_quiet_in_every_way(capfd, caplog):
    with quiet_libraries("chatty"):
        warnings.warn("chatter", stacklevel=1)
        logging.getLogger("chatty").warning("chatter")
        os.write(2, b"chatter")
    assert (capfd.readouterr().err, caplog.records) == ("", [])


def test_without_a_temporary_folder_nothing_is_held_back_and_nothing_ends(capfd, monkeypatch):
    def none():
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.TemporaryFile", none)
    with quiet_stderr():
        os.write(2, b"chatter")
    assert capfd.readouterr().err == "chatter"


def test_a_program_without_stderr_goes_on():
    code = "from kvae.process.quiet import quiet_stderr\nwith quiet_stderr(): print('went on')"
    command = f'exec {sys.executable} -c "{code}" 2>&-'
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "went on\n")
