"""Every job of a sweep in a process of its own: what one leaves in memory, or breaks, is not the next one's."""

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

# What the child's exit status says besides 0.
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

    The child ends by itself, with its state kept, when this process is gone: its standard input tells it. It has a
    session of its own, so that Ctrl-C on a terminal reaches it through this process, once.

    Args:
        program: The module that runs it, as `python -m` takes it.
        config: The checked config as plain values.
        folder: The run folder.
        logging: How it logs, as `logging.config.dictConfig` takes it.
        number: The job's, which stands before its lines.
        environment: Variables that are the child's own.
        cwd: Where the command was typed, which relative paths go by.
        trial: The trial of a search that the job is: its `storage`, `name`, `number` and `pruner`.
        shared: Modules that it shares with jobs after it: it is a fork of a process that imports them. None: it is
            started by itself.

    Returns:
        Its exit status: 0, `FAILED`, `PRUNED`, or the negative number of the signal that ended it.

    Raises:
        BaseException: Whatever asked this process to end, once the child has ended.
    """
    message = {"config": config, "folder": str(folder), "logging": logging, "number": number, "trial": trial}
    variables = {**os.environ, "PYTHONPATH": for_a_child(), **environment}
    with blocked(signal.SIGUSR1, signal.SIGUSR2):
        forked = None if shared is None else fork(program, shared, variables, cwd)
        process = forked or subprocess.Popen(
            [sys.executable, "-P", "-m", program],
            stdin=subprocess.PIPE,
            env=variables,
            cwd=cwd if os.path.isdir(cwd) else None,  # another machine may lack it
            start_new_session=True,
        )
    assert process.stdin is not None
    with process:  # waits for the child also when a second signal comes
        try:
            process.stdin.write(json.dumps(message).encode() + b"\n")
            process.stdin.flush()
            return process.wait()
        except BrokenPipeError:  # it ended before it read: its exit status tells
            return process.wait()
        except BaseException as error:
            process.send_signal(error.number if isinstance(error, Interrupted) else signal.SIGTERM)
            process.wait()
            raise


@contextlib.contextmanager
def blocked(*signals: int) -> Iterator[None]:
    """Start processes that do not hear these signals: Slurm sends them to all of a job, to say that time is short.

    They would end the child, while this process, which knows them, would ask it to keep its state.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def why_ended(status: int) -> str:
    """What an exit status says of a child that could not say it itself."""
    if status >= 0:
        return f"the process ended with exit status {status}"
    name = signal.Signals(-status).name
    hint = "; the machine may have run out of memory" if -status == signal.SIGKILL else ""
    return f"the process was ended by {name}{hint}"
