"""Ctrl-C and SIGTERM: they end the program at a moment at which its state can be saved."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(KeyboardInterrupt):
    """The program was asked to end, by Ctrl-C or by SIGTERM, which schedulers send.

    Attributes:
        number: The signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def exit_status(self) -> int:
        """The exit status that shells and schedulers expect of a process that a signal ended."""
        return 128 + self.number


def interrupt(number: int, frame: Any) -> None:
    """A signal handler that ends what runs, as Ctrl-C does."""
    raise Interrupted(number)


def end_on_signals() -> None:
    """Let SIGTERM unwind the program as Ctrl-C does, so that it tidies up after itself."""
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            signal.signal(number, interrupt)


@contextlib.contextmanager
def deferred() -> Iterator[Callable[[], None]]:
    """Hold back the first signal; the function that this gives raises `Interrupted` if there was one.

    A second signal ends at once. Outside the main thread, which alone may handle signals, nothing is held back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    asked: list[int] = []

    def note(number: int, frame: Any) -> None:
        if asked:
            raise Interrupted(number)
        asked.append(number)

    def check() -> None:
        if asked:
            raise Interrupted(asked[0])

    before = {number: signal.signal(number, note) for number in SIGNALS}
    try:
        yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    check()  # for a signal after the last check of the block
