"""Jobs that are forks of one process: as isolated as those that are started anew."""

import json
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from interrupting import interrupted_when

from kvae.sweep import forks, template
from kvae.sweep.isolation import run_alone

pytestmark = pytest.mark.skipif(not forks.has_handles(), reason="no handles of processes here")

# A program that runs the lines in its config.
PROGRAM = """
import json, os, signal, sys, time
stdin = open(0, "rb", buffering=0, closefd=False)
if os.environ.get("EARLY"):
    sys.exit(5)
message = json.loads(stdin.readline())
exec(message["config"]["lines"])
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("forks")
    (found / "program.py").write_text(PROGRAM)
    (found / "threaded.py").write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True, name='idler').start()\n"
    )
    yield found
    forks.end_all()


@pytest.fixture
def job(folder, monkeypatch):
    """Run lines as a job, with these variables; what it wrote to `got` as JSON, and its exit status."""
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(forks, "_refused", set())
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def run(lines, modules=(), **environment):
        (folder / "got").unlink(missing_ok=True)
        config = {"lines": lines}
        status = run_alone("program", config, folder, {}, 0, environment, str(folder), None, list(modules))
        got = folder / "got"
        return json.loads(got.read_text()) if got.exists() else None, status

    return run


def says(expression):
    return f"json.dump({expression}, open('got', 'w'))"


def idle():
    return [template.process.pid for template in forks._idle]


def test_a_job_has_its_message_variables_folder_and_session(job, folder):
    names = ["message['folder']", "os.environ['OMP_NUM_THREADS']", "os.getcwd()", "os.getpid()", "os.getsid(0)"]
    files = "[name for name in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{name}')]"
    got, status = job(says(f"[{', '.join(names)}, {files}]"), OMP_NUM_THREADS="3")
    assert (got, status) == ([str(folder), "3", str(folder), got[3], got[3], ["0", "1", "2"]], 0)


def test_its_exit_status_is_that_of_the_job_and_the_next_has_the_same_parent(job):
    parents = {job(says("os.getppid()"))[0] for _ in range(2)}
    assert parents == set(idle())
    assert job("sys.exit(7)")[1] == 7
    assert job("os.kill(os.getpid(), signal.SIGKILL)")[1] == -signal.SIGKILL
    assert job("raise ValueError")[1] == 1
    assert job(says("os.getppid()")) == (parents.pop(), 0)


def test_what_a_job_leaves_in_memory_is_not_the_next_ones(job):
    job("import numpy; json.left = os.environ['LEFT'] = 'x'; numpy.random.seed(1); signal.alarm(100)")
    got, _ = job(says("[hasattr(json, 'left'), 'LEFT' in os.environ, signal.alarm(0)]"))
    assert got == [False, False, 0]


def test_what_is_drawn_without_a_seed_differs_between_jobs(job):
    draws = "import numpy, random\n" + says("[numpy.random.random(), random.random()]")
    first, second = (job(draws, modules=["numpy.random"])[0] for _ in range(2))
    assert set(first).isdisjoint(second)


def test_a_job_has_a_gpu_of_its_own_and_other_variables_another_process(job):
    gpu = says("[os.environ.get('CUDA_VISIBLE_DEVICES'), os.getppid()]")
    (first, one), (second, two), (none, three) = (
        job(gpu, CUDA_VISIBLE_DEVICES="0")[0], job(gpu, CUDA_VISIBLE_DEVICES="1")[0], job(gpu)[0],
    )  # fmt: skip
    assert (first, second, none) == ("0", "1", None)
    assert one == two == three
    (_, other) = job(gpu, POLARS_MAX_THREADS="2")[0]
    assert other != one
    assert idle() == [other]
    assert not Path(f"/proc/{one}").exists()


def test_python_says_nothing_of_threads_that_blas_has(monkeypatch):
    monkeypatch.setattr(os, "fork", lambda: warnings.warn("threads", DeprecationWarning, stacklevel=2) or 7)
    assert template.forked() == 7


def test_one_that_ends_before_it_reads_is_no_fault_of_this_process(job):
    for _ in range(3):
        assert job("pass" * 100_000, EARLY="1") == (None, 5)


def test_a_message_that_nobody_reads_is_let_go():
    theirs, stdin = os.pipe()
    os.close(theirs)
    fork = forks.Fork(None, -1, stdin)
    fork.stdin.write(b"x")
    fork.close_stdin()
    assert fork.stdin.closed


def test_signals_are_heard_as_in_a_process_of_its_own(job):
    masked = "[int(n) for n in signal.pthread_sigmask(signal.SIG_BLOCK, [])]"
    got, _ = job(says(f"[signal.getsignal(signal.SIGTERM).__name__, {masked}]"))
    assert got == ["interrupt", [int(signal.SIGUSR1), int(signal.SIGUSR2)]]


def test_what_asks_this_process_to_end_reaches_the_job_once(job, folder):
    lines = (
        "asked = []\n"
        "signal.signal(signal.SIGINT, lambda *_: asked.append(1))\n"
        "open('ready', 'w').close()\n"
        "while not asked: time.sleep(0.01)\n"
        "time.sleep(0.2)\n"
        f"{says('len(asked)')}"
    )

    with interrupted_when(folder / "ready"):
        job(lines)
    assert json.loads((folder / "got").read_text()) == 1
    assert idle() == []


def test_a_job_ends_when_the_process_that_forked_it_is_killed_and_the_next_has_another(job, folder):
    lines = f"os.kill(os.getppid(), signal.SIGKILL); stdin.read(); {says('1')}"
    assert job(lines) == (1, -signal.SIGKILL)
    assert idle() == []
    job("pass")
    os.kill(forks._idle[0].process.pid, signal.SIGKILL)
    forks._idle[0].process.wait()
    assert job(says("os.getppid()")) == (idle()[0], 0)


def test_nothing_outlives_the_process_that_runs_the_sweep(folder, monkeypatch):
    monkeypatch.syspath_prepend(str(folder))
    lines = f"{says('[os.getpid(), os.getppid()]')}; open('ready', 'w').close(); stdin.read(); open('done', 'w')"
    code = (
        "from pathlib import Path\nfrom kvae.sweep.isolation import run_alone\n"
        f"run_alone('program', {{'lines': {lines!r}}}, Path('.'), {{}}, 0, {{}}, {str(folder)!r}, None, [])"
    )
    (folder / "ready").unlink(missing_ok=True)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    sweep = subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE)
    until(lambda: (folder / "ready").exists())
    sweep.kill()
    assert sweep.communicate()[1] == b""
    until(lambda: (folder / "done").exists())
    until(lambda: not any(is_running(pid) for pid in json.loads((folder / "got").read_text())))


def until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("module", "why"),
    [
        ("no_such", "ModuleNotFoundError: No module named 'no_such'"),
        ("threaded", "a library has begun the threads "),
    ],
)
def test_what_cannot_be_shared_is_imported_by_every_job(job, caplog, module, why):
    for _ in range(2):
        assert job(says("os.getppid()"), modules=[module]) == (os.getpid(), 0)
    assert idle() == []
    (warning,) = caplog.messages
    assert warning.startswith(f"warning: every job imports the libraries itself: {why}")
