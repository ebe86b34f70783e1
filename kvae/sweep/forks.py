"""Jobs that are forks of a process with the libraries: to import them takes longer than many a job."""

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
OWN = ("CUDA_VISIBLE_DEVICES",)  # variables that may differ between jobs: nothing reads them while it is imported

_idle: list["Template"] = []
_refused: set["Start"] = set()  # with which nothing is forked


class Start(NamedTuple):
    """How a process was started; it forks no jobs but those that would have been started so."""

    environment: frozenset[tuple[str, str]]
    cwd: str


class RefusedError(Exception):
    """A process does not fork, and says why; or it has ended, and says nothing."""


def fork(program: str, shared: list[str], environment: dict[str, str], cwd: str) -> "Fork | None":
    """A job that waits for its message; None where none can be forked.

    Args:
        program: The module that runs it, as `python -m` takes it.
        shared: Modules that are imported before.
        environment: Its variables.
        cwd: Its working directory.
    """
    own = {name: environment[name] for name in OWN if name in environment}
    start = Start(frozenset(environment.items() - own.items()), cwd)
    if start in _refused or not os.path.isdir(cwd) or not has_handles():
        return None
    try:
        return template_of(start).fork({"program": program, "modules": shared, "environment": own})
    except RefusedError as error:
        _refused.add(start)
        log.warning("warning: every job imports the libraries anew: %s", error)
        return None


def has_handles() -> bool:
    """Whether this system has handles of processes, which Linux has had since 5.3."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


def template_of(start: Start) -> "Template":
    """One that was started so and has nothing to do; others with nothing to do are ended."""
    while _idle:
        template = _idle.pop()
        if template.start == start and template.process.poll() is None:
            return template
        template.close()
    return Template(start)


@atexit.register
def end_all() -> None:
    """End those that have nothing to do. They would end by themselves when this process is gone."""
    while _idle:
        _idle.pop().close()


class Template:
    """A process that forks jobs, one at a time: this side of `kvae.sweep.template`."""

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
            request: Its `program`, `modules` to import before, and `environment`, variables of its own.

        Raises:
            RefusedError: When there is none.
        """
        theirs, stdin = os.pipe()
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it ended: no answer says the same
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
        """What it says next.

        Raises:
            RefusedError: When it refuses, or has ended.
        """
        try:
            message = self.socket.recv(LARGEST, flags)
        except ConnectionResetError:
            message = b""
        answer = json.loads(message or b'{"refused": "the process that would share them has ended"}')
        if "refused" in answer:
            raise RefusedError(answer["refused"])
        return answer

    def close(self) -> None:
        """End it, and no job."""
        self.socket.close()
        self.process.kill()  # it has nothing to tidy up, and may be in the middle of an import
        self.process.wait()


class Fork:
    """A job, which is used as a `subprocess.Popen` is: in a `with`.

    Args:
        template: Where it comes from.
        handle: The descriptor of the process.
        stdin: The descriptor that it is written to by.
    """

    def __init__(self, template: Template, handle: int, stdin: int) -> None:
        self.template, self.handle = template, handle
        self.stdin = open(stdin, "wb")  # noqa: SIM115  as long as the job
        self.returncode: int | None = None
        self.asked = self.alone = False

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it has not ended."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, number)

    def wait(self) -> int:
        """Its exit status when it has ended; may be called again where a signal broke that off."""
        if self.returncode is None:
            try:
                if not self.asked:
                    self.template.socket.send(b"wait")
                    self.asked = True
                self.returncode = self.template.answer(socket.MSG_PEEK)["status"]
            except (RefusedError, BrokenPipeError, ConnectionResetError):  # somebody ended the template
                self.alone = True
                self.close_stdin()  # whereby the job ends, with its state kept
                ended = select.poll()
                ended.register(self.handle, select.POLLIN)
                ended.poll()
                self.returncode = self.template.process.wait()
        return self.returncode

    def close_stdin(self) -> None:
        """Close its standard input, also where it has ended before it read all."""
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
                self.template.answer()  # which was looked at, and left
                _idle.append(self.template)
                kept = True
        finally:
            os.close(self.handle)
            if not kept:
                self.template.close()
