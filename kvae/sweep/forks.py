"""Jobs as forks of a process that has imported the libraries: the import takes longer than many a job."""

import atexit
import contextlib
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
from types import TracebackType
from typing import Any, NamedTuple

log = logging.getLogger(__name__)

LARGEST = 1 << 16  # bytes of an answer
OWN = ("CUDA_VISIBLE_DEVICES",)  # variables that may differ between jobs: no library reads them at import

_idle: list["Template"] = []
_refused: set["Start"] = set()  # starts for which forking has failed


class Start(NamedTuple):
    """How a template was started; it forks only jobs that would be started in the same way."""

    environment: frozenset[tuple[str, str]]
    cwd: str


class RefusedError(Exception):
    """A template cannot fork, for the reason in the text, or has ended."""


def fork(program: str, shared: list[str], environment: dict[str, str], cwd: str) -> "Fork | None":
    """A forked job that waits for its message on standard input; None where forking is not possible.

    Args:
        program: The module that runs the job, as for `python -m`.
        shared: Modules that are imported before the fork.
        environment: The job's environment variables.
        cwd: The job's working directory.
    """
    own = {name: environment[name] for name in OWN if name in environment}
    start = Start(frozenset(environment.items() - own.items()), cwd)
    if start in _refused or not os.path.isdir(cwd) or not has_handles():
        return None
    try:
        return template_of(start).fork({"program": program, "modules": shared, "environment": own})
    except RefusedError as error:
        _refused.add(start)
        log.warning("warning: every job imports the libraries itself: %s", error)
        return None


def has_handles() -> bool:
    """Whether this system has process descriptors (pidfd), as Linux has since 5.3."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


def template_of(start: Start) -> "Template":
    """An idle template with this start, or a new one; other idle templates are ended."""
    while _idle:
        template = _idle.pop()
        if template.start == start and template.process.poll() is None:
            return template
        template.close()
    return Template(start)


@atexit.register
def end_all() -> None:
    """End the idle templates. They would end by themselves after this process."""
    while _idle:
        _idle.pop().close()


class Template:
    """A process that forks jobs, one at a time: the side of `kvae.sweep.template` in the sweep's process."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "kvae.sweep.template"],
                stdin=theirs.fileno(),
                env=dict(start.environment),
                cwd=start.cwd,
                start_new_session=True,
            )

    def fork(self, request: dict[str, Any]) -> "Fork":
        """A job that waits for its message.

        Args:
            request: The job's `program`, the `modules` to import before the fork, and its own `environment`.

        Raises:
            RefusedError: When the template cannot fork.
        """
        theirs, stdin = os.pipe()
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it has ended: `answer` raises
                socket.send_fds(self.socket, [json.dumps(request).encode()], [theirs])
            pid = self.answer()["pid"]
            return Fork(self, os.pidfd_open(pid), stdin)
        except BaseException:
            os.close(stdin)
            self.close()
            raise
        finally:
            os.close(theirs)

    def answer(self, flags: int = 0) -> dict[str, Any]:
        """The next answer of the template.

        Raises:
            RefusedError: When the template cannot fork, or has ended.
        """
        try:
            message = self.socket.recv(LARGEST, flags)
        except ConnectionResetError:
            message = b""
        answer = json.loads(message or b'{"refused": "the process that forks jobs has ended"}')
        if "refused" in answer:
            raise RefusedError(answer["refused"])
        return answer

    def close(self) -> None:
        """End the template, but no job."""
        self.socket.close()
        self.process.kill()  # it has nothing to clean up, and may be in an import
        self.process.wait()


class Fork:
    """A forked job, used in a `with` block like a `subprocess.Popen`.

    Args:
        template: The process that forked it.
        handle: The descriptor (pidfd) of its process.
        stdin: The descriptor of the pipe to its standard input.
    """

    def __init__(self, template: Template, handle: int, stdin: int) -> None:
        self.template, self.handle = template, handle
        self.stdin = open(stdin, "wb")  # noqa: SIM115  as long as the job
        self.returncode: int | None = None
        self.asked = self.alone = False

    def send_signal(self, number: int) -> None:
        """Send the job a signal, unless it has ended."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, number)

    def wait(self) -> int:
        """Wait for the job's end and return its exit status; may be called again after an interruption."""
        if self.returncode is None:
            try:
                if not self.asked:
                    self.template.socket.send(b"wait")
                    self.asked = True
                self.returncode = self.template.answer(socket.MSG_PEEK)["status"]
            except (RefusedError, BrokenPipeError, ConnectionResetError):  # somebody ended the template
                self.alone = True
                self.close_stdin()  # the job then writes its checkpoint and ends
                ended = select.poll()
                ended.register(self.handle, select.POLLIN)
                ended.poll()
                self.returncode = self.template.process.wait()
        return self.returncode

    def close_stdin(self) -> None:
        """Close the job's standard input, even if it ended before it had read everything."""
        with contextlib.suppress(BrokenPipeError):
            self.stdin.close()

    def __enter__(self) -> "Fork":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        kept = False
        try:
            self.close_stdin()
            self.wait()
            if error is None and not self.alone:
                self.template.answer()  # remove the answer, which `wait` only peeked at
                _idle.append(self.template)
                kept = True
        finally:
            os.close(self.handle)
            if not kept:
                self.template.close()
