"""Training: its plan, blocks of compiled steps, state on disk, failures, devices and machines."""

from typing import TYPE_CHECKING, Any

__all__ = ["Training"]

if TYPE_CHECKING:
    from kvae.training.run import Training


def __getattr__(name: str) -> Any:
    # `run` imports TensorFlow, which takes seconds and which `cluster` and `options` do not need.
    if name == "Training":
        from kvae.training.run import Training

        return Training
    raise AttributeError(f"module 'kvae.training' has no attribute {name!r}")
