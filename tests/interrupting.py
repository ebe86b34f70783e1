"""Ctrl-C for a test, once the process that it waits for is ready."""

import contextlib
import os
import signal
import threading
import time

import pytest

from kvae.process.interrupts import Interrupted


@contextlib.contextmanager
def interrupted_when(ready):
    """Within the block, which this ends, this process is asked to end as soon as the file `ready` is there."""

    def ask():
        while not ready.exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    def interrupt(number, frame):
        raise Interrupted(number)

    before = signal.signal(signal.SIGINT, interrupt)
    asking = threading.Thread(target=ask)
    asking.start()
    try:
        with pytest.raises(Interrupted):
            yield
    finally:
        signal.signal(signal.SIGINT, before)
        asking.join()
