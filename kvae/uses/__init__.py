"""What a learnt VAE is good for, from Python."""

from typing import TYPE_CHECKING, Any

__all__ = ["Run", "compress", "decompress", "open_run"]

if TYPE_CHECKING:
    from kvae.uses.compression.api import compress, decompress
    from kvae.uses.run import Run, open_run


def __getattr__(name: str) -> Any:
    # An archive is looked into without TensorFlow, which takes seconds to import.
    if name in ("Run", "open_run"):
        from kvae.uses import run

        return getattr(run, name)
    if name in ("compress", "decompress"):
        from kvae.uses.compression import api

        return getattr(api, name)
    raise AttributeError(f"module 'kvae.uses' has no attribute {name!r}")
