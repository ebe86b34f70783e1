"""Uses of a learnt VAE, from Python."""

from typing import TYPE_CHECKING, Any

__all__ = ["Run", "compress", "decompress", "open_run"]

if TYPE_CHECKING:
    from kvae.uses.compression.api import compress, decompress
    from kvae.uses.run import Run, open_run


def __getattr__(name: str) -> Any:
    # Imported when asked for: `kvae.uses.compression.archive` does without TensorFlow, which takes seconds.
    if name in ("Run", "open_run"):
        from kvae.uses import run

        return getattr(run, name)
    if name in ("compress", "decompress"):
        from kvae.uses.compression import api

        return getattr(api, name)
    raise AttributeError(f"module 'kvae.uses' has no attribute {name!r}")
