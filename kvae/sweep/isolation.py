"""Every job of a sweep in a process of its own: a crash or memory leak does not affect the next job."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kvae.process.interrupts import Interrupted
from kvae.process.paths import for_a_child
from kvae.sweep.forks import fork

# Exit statuses of the child other than 0.
FAILED, PRUNED = 1, 3


def run_alone(
    program: str,
    config: dict[str, Any],
    folder: Path,
    logging: dict[str, Any],
    number: int,
    environment: dict[str, str],
    cwd: str,
    trial: dict[str, Any] | None = None,
    shared: list[str] | None = None,
) -> int:
    """Run a job in a process of its own, and wait for its end.

    When this process ends, the child's standard input closes; the child then writes its checkpoint and ends. It
    has a session of its own, so that Ctrl-C on a terminal reaches it only through this process, and only once.

    Args:
        program: The module that runs the job, as for `python -m`.
        config: The checked config as plain values.
        folder: The run folder.
        logging: The logging of the child, as for `logging.config.dictConfig`.
        number: The job's number, which precedes each of its lines.
        environment: Environment variables of the child, in addition to those of this process.
        cwd: The folder in which the command was typed: relative paths start there.
        trial: For a trial of a search: its `storage`, `name`, `number` and `pruner`.
        shared: Modules that a process imports of which this and later jobs are forks; None starts a new process.

    Returns:
        The exit status: 0, `FAILED`, `PRUNED`, or the negative number of the signal that ended it.

    Raises:
        BaseException: What interrupted this process, after the child has ended.
    """
    message = {"config": config, "folder": str(folder), "logging": logging, "number": number, "trial": trial}
    variables = {**os.environ, "PYTHONPATH": for_a_child(), **environment}
    with blocked(signal.SIGUSR1, signal.SIGUSR2):
        forked = None if shared is None else fork(program, shared, variables, cwd)
        process = forked or subprocess.Popen(
            [sys.executable, "-P", "-m", program],
            stdin=subprocess.PIPE,
            env=variables,
            cwd=cwd if os.path.isdir(cwd) else None,  # another machine may not have the folder
            start_new_session=True,
        )
    assert process.stdin is not None
    with process:  # waits for the child also when a second signal comes
        try:
            process.stdin.write(json.dumps(message).encode() + b"\n")
            process.stdin.flush()
            return process.wait()
        except BrokenPipeError:  # it ended before it read the message: the exit status says how
            return process.wait()
        except BaseException as error:
            process.send_signal(error.number if isinstance(error, Interrupted) else signal.SIGTERM)
            process.wait()
            raise


@contextlib.contextmanager
def blocked(*signals: int) -> Iterator[None]:
    """Block signals in processes that are started within the block.

    Slurm sends these signals to all processes of a job when its time is nearly up. They would kill the child; this
    process handles them, and asks the child to write its checkpoint.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def why_ended(status: int) -> str:
    """The reason in words why a child ended that did not record one itself."""
    if status >= 0:
        return f"the process ended with exit status {status}"
    name = signal.Signals(-status).name
    hint = "; the machine may have run out of memory" if -status == signal.SIGKILL else ""
    return f"the process was ended by {name}{hint}"
