"""`python -m kvae.sweep.template`: a process that imports the libraries once, and is forked for every job.

It computes nothing, so that no library has started a thread or opened a GPU. A fork therefore behaves like a
process that has imported the libraries itself. Standard input is a socket, whose other end `kvae.sweep.forks` has
open; when that end closes, this process ends.
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
HARMLESS = "jemalloc_bg_thd"  # a thread of pyarrow, which pandas imports: jemalloc handles forks itself


def main() -> None:
    """Serve requests; in a fork, run the job's program, as `python -m` does."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # an early signal for the job stays pending
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, fileno=0) as asks:
        try:
            program = serve(asks)
        except (BrokenPipeError, ConnectionResetError):  # the sweep's process has ended
            program = None
        if program is None:
            os._exit(0)  # there is nothing to clean up
        asks.detach()  # descriptor 0 is now the job's own standard input
    end_on_signals()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    runpy.run_module(program, run_name="__main__", alter_sys=True)


def serve(asks: socket.socket) -> str | None:
    """Answer requests; returns in a fork the program to run, and in this process None after the last one."""
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
        if not asks.recv(LARGEST):  # before this request the job is not reaped, so its pid stays valid
            return None
        status = os.waitstatus_to_exitcode(os.waitpid(job, 0)[1])
        asks.send(json.dumps({"status": status}).encode())


def prepared(modules: list[str]) -> str | None:
    """Import the modules; returns why this process cannot be forked, or None if it can."""
    missing = [name for name in modules if name not in sys.modules]
    if not missing:
        return None
    try:
        with quiet_stderr(), importing():
            for name in missing:
                importlib.import_module(name)
    except Exception as error:  # a job that imports the module itself reports the same error
        return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.flush()  # or every fork would write the buffer again
    return why_unsafe()


def why_unsafe(seconds: float = 1.0) -> str | None:
    """Why this process must not be forked; None if it may be.

    A fork does not have its parent's threads, and may wait for them forever; CUDA does not work in a fork of a
    process that has used it. OpenBLAS ends its threads before a fork and restarts them when needed, so this
    function forks once before it counts threads.
    """
    trial = forked()
    if trial == 0:
        os._exit(0)
    os.waitpid(trial, 0)
    end = time.monotonic() + seconds
    while threads() and time.monotonic() < end:  # threads that have ended are still listed for a moment
        time.sleep(0.01)
    if threads():
        return f"a library has begun the threads {', '.join(threads())}"
    gpus = [path for path in open_files() if path.startswith("/dev/nvidia")]
    return f"a library has opened {gpus[0]}" if gpus else None


def forked() -> int:
    """`os.fork` without Python 3.12's warning about threads, for which `why_unsafe` checks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def threads() -> list[str]:
    """The names of the other threads of this process."""
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
        except OSError:  # the descriptor of the listing itself, closed by now
            continue
    return found


def become(stdin: int, environment: dict[str, str]) -> None:
    """Make the fork like a process that was started by itself: session, input, environment, seed."""
    os.setsid()
    os.dup2(stdin, 0)
    os.close(stdin)
    os.environ.update(environment)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()  # from the system, as in a new process; Python reseeds its own `random` after a fork


if __name__ == "__main__":
    main()
