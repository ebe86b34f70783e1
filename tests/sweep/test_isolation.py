"""A job in a process of its own: how it ends, and what it is told."""

import json
import logging
import os
import signal
import subprocess
import sys

import pytest
from interrupting import interrupted_when

from kvae.config import compose
from kvae.process.logs import Seldom, of_a_job
from kvae.sweep import isolation
from kvae.sweep.folders import JobFolder
from kvae.sweep.isolation import FAILED, run_alone, why_ended

QUIET = {"version": 1, "disable_existing_loggers": False}


@pytest.fixture
def child(monkeypatch):
    """Run these lines of Python in the place of the child; `message` is what it was given."""

    real = subprocess.Popen

    def replace(lines):
        code = f"import json, os, signal, sys, time\nmessage = json.loads(sys.stdin.readline())\n{lines}"
        monkeypatch.setattr(
            isolation.subprocess, "Popen", lambda command, **kwargs: real([sys.executable, "-c", code], **kwargs)
        )

    return replace


def run(tmp_path, **more):
    return run_alone(
        "kvae.config.child", {"seed": 1}, tmp_path, QUIET, 3, {"OMP_NUM_THREADS": "1"}, str(tmp_path), **more
    )


def test_the_child_gets_its_job_its_variables_and_the_working_directory(child, tmp_path):
    child("got = [message, os.environ['OMP_NUM_THREADS'], os.getcwd(), os.environ['PYTHONPATH']]\n"
          "json.dump(got, open('got', 'w'))")  # fmt: skip
    assert run(tmp_path, trial={"number": 3}) == 0
    message, threads, cwd, path = json.loads((tmp_path / "got").read_text())
    assert message == {
        "config": {"seed": 1}, "folder": str(tmp_path), "logging": QUIET, "number": 3, "trial": {"number": 3},
    }  # fmt: skip
    assert (threads, cwd) == ("1", str(tmp_path))
    assert set(filter(None, sys.path)) <= set(path.split(os.pathsep))


def test_its_exit_status_is_that_of_the_job(child, tmp_path):
    child("sys.exit(7)")
    assert run(tmp_path) == 7
    child("os.kill(os.getpid(), signal.SIGKILL)")
    assert run(tmp_path) == -signal.SIGKILL


def test_one_that_ends_before_it_reads_is_no_fault_of_this_process(monkeypatch, tmp_path):
    real = subprocess.Popen
    monkeypatch.setattr(
        isolation.subprocess, "Popen", lambda command, **kwargs: real([sys.executable, "-c", "exit(5)"], **kwargs)
    )
    for _ in range(3):
        assert run(tmp_path) == 5


def test_what_asks_this_process_to_end_reaches_the_child_once(child, tmp_path):
    child(
        "asked = []\n"
        "signal.signal(signal.SIGINT, lambda *_: asked.append(1))\n"
        "open('ready', 'w').close()\n"
        "while not asked: time.sleep(0.01)\n"
        "time.sleep(0.2)\n"
        "open(f'asked {len(asked)}', 'w').close()"
    )

    with interrupted_when(tmp_path / "ready"):
        run(tmp_path)
    assert (tmp_path / "asked 1").exists()


def test_the_child_does_not_hear_that_time_is_short(child, tmp_path):
    child("os.kill(os.getpid(), signal.SIGUSR2); sys.exit(0)")
    assert run(tmp_path) == 0
    assert signal.SIGUSR2 not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_why_a_child_ended_that_could_not_say_it():
    assert why_ended(-9) == "the process was ended by SIGKILL; the machine may have run out of memory"
    assert why_ended(-11) == "the process was ended by SIGSEGV"
    assert why_ended(2) == "the process ended with exit status 2"


@pytest.mark.slow
def test_a_real_child_notes_why_it_failed(tmp_path):
    config = compose("model=tiny", "data=file", "data.path=missing.csv").plain
    folder = JobFolder(tmp_path / "3")
    folder.begin(3, ["model=tiny"], config)
    assert run_alone("kvae.config.child", config, folder.path, QUIET, 3, {}, str(tmp_path)) == FAILED
    job = folder.read()
    assert (job.status, job.number) == ("failed", 3)
    assert "data.path=missing.csv" in job.reason


def test_a_child_ends_when_nobody_waits_for_it_any_more(tmp_path):
    process = subprocess.Popen([sys.executable, "-m", "kvae.config.child"], stdin=subprocess.PIPE)
    process.stdin.close()  # the process that started it is gone
    assert process.wait(timeout=60) == FAILED


def test_a_job_among_others_is_heard_of_seldom_and_with_its_number(capsys, caplog, monkeypatch):
    handler = logging.StreamHandler(sys.stdout)
    caplog.set_level(logging.INFO)  # not as an attribute: loggers remember what they are enabled for
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])  # those of the tests stay as they are
    logger, progress = logging.getLogger("kvae.modes.learn"), logging.getLogger("kvae.training.progress")
    of_a_job(4)
    (seldom,) = (found for found in handler.filters if isinstance(found, Seldom))
    logger.info("data digits")
    progress.info("iteration 1/9")
    logger.warning("warning: x")
    seldom.last -= 61
    progress.info("iteration 2/9")
    progress.info("iteration 3/9")
    assert capsys.readouterr().out.splitlines() == ["#4 warning: x", "#4 iteration 2/9"]
