"""`python -m kvae.sweep.template`: a process that has the libraries, of which every job of a sweep is a fork.

It computes nothing, so that no library has begun a thread or opened a GPU, and a fork is as good as a process that
has imported them itself. Its standard input is a socket whose other end `kvae.sweep.forks` holds; it ends with it.
"""

import importlib
import json
import os
import runpy
import signal
import socket
import sys
import time
import warnings
from pathlib import Path

from kvae.process.collector import importing
from kvae.process.interrupts import SIGNALS, end_on_signals
from kvae.process.quiet import quiet_stderr

LARGEST = 1 << 16  # bytes of a request
HARMLESS = "jemalloc_bg_thd"  # of pyarrow, which pandas brings: jemalloc takes care of forks itself


def main() -> None:
    """Serve; in a fork, run the job's program, as `python -m` does."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # they are the job's; those that come early wait for it
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, fileno=0) as asks:
        try:
            program = serve(asks)
        except (BrokenPipeError, ConnectionResetError):  # whoever asked is gone
            program = None
        if program is None:
            os._exit(0)  # there is nothing to tidy up
        asks.detach()  # standard input is the job's own by now
    end_on_signals()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    runpy.run_module(program, run_name="__main__", alter_sys=True)


def serve(asks: socket.socket) -> str | None:
    """Answer requests; in a fork, the program that it is to run, and None in the process itself after the last."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(asks, LARGEST, 1)
        if not message:
            return None
        request = json.loads(message)
        refused = prepared(request["modules"])
        if refused:
            asks.send(json.dumps({"refused": refused}).encode())
            return None
        job = forked()
        if job == 0:
            become(descriptors[0], request["environment"])
            return request["program"]
        os.close(descriptors[0])
        asks.send(json.dumps({"pid": job}).encode())
        if not asks.recv(LARGEST):  # until then the job's number stays its own
            return None
        status = os.waitstatus_to_exitcode(os.waitpid(job, 0)[1])
        asks.send(json.dumps({"status": status}).encode())


def prepared(modules: list[str]) -> str | None:
    """Import what jobs need; why there can be no forks all the same, None where there can."""
    missing = [name for name in modules if name not in sys.modules]
    if not missing:
        return None
    try:
        with quiet_stderr(), importing():
            for name in missing:
                importlib.import_module(name)
    except Exception as error:  # the job will come upon it too
        return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.flush()  # or every fork would write it
    return why_unsafe()


def why_unsafe(seconds: float = 1.0) -> str | None:
    """Why this process must not be forked; None where it may be.

    A fork has none of its parent's threads, and would wait for them for ever, and CUDA refuses to work in one.
    OpenBLAS ends its threads before a fork, and begins them anew where they are needed: so this forks once before
    it counts them.
    """
    trial = forked()
    if trial == 0:
        os._exit(0)
    os.waitpid(trial, 0)
    end = time.monotonic() + seconds
    while threads() and time.monotonic() < end:  # those that have ended are listed for a moment yet
        time.sleep(0.01)
    if threads():
        return f"a library has begun the threads {', '.join(threads())}"
    gpus = [path for path in open_files() if path.startswith("/dev/nvidia")]
    return f"a library has opened {gpus[0]}" if gpus else None


def forked() -> int:
    """`os.fork`, without Python 3.12's warning of threads: `why_unsafe` looks for those that would do harm."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def threads() -> list[str]:
    """The names of the threads beside this one."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        try:
            name = (task / "comm").read_text().strip()
        except OSError:  # it has just ended
            continue
        if task.name != str(os.getpid()) and not name.startswith(HARMLESS):
            found.append(name)
    return sorted(found)


def open_files() -> list[str]:
    """The files that this process has open."""
    found = []
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        except OSError:  # the folder itself, as it was listed
            continue
    return found


def become(stdin: int, environment: dict[str, str]) -> None:
    """Be a process as it would have been started by itself."""
    os.setsid()
    os.dup2(stdin, 0)
    os.close(stdin)
    os.environ.update(environment)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()  # from the system, as every process has it; Python's own is seeded anew by itself


if __name__ == "__main__":
    main()
