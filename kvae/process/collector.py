"""Python's garbage collector, which need not check the objects of libraries again and again."""

import atexit
import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def importing() -> Iterator[None]:
    """Import libraries within the block without garbage collection; later collections leave their objects out.

    TensorFlow and Keras make half a million permanent objects. To check all of them, some twenty times during the
    import and twice at Python's exit, took 1.9 of 4.5 seconds.
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
