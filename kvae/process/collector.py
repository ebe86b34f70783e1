"""Python's garbage collector, kept from looking again and again at what libraries have made."""

import atexit
import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def importing() -> Iterator[None]:
    """Import libraries within the block, without looking for garbage; what they made is left out from then on.

    TensorFlow and Keras make half a million objects that stay. To look at all of them, some twenty times as they
    are made and twice at the end of Python, took 1.9 of 4.5 seconds.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        atexit.register(gc.freeze)
        if enabled:
            gc.enable()
