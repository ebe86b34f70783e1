"""Training: its plan, blocks of compiled steps, state on disk, failures, devices and machines."""

from typing import TYPE_CHECKING, Any

__all__ = ["Training"]

if TYPE_CHECKING:
    from kvae.training.run import Training


def __getattr__(name: str) -> Any:
    # It imports TensorFlow, which takes seconds: who reads of a cluster or a plan does without.
    if name == "Training":
        from kvae.training.run import Training

        return Training
    raise AttributeError(f"module 'kvae.training' has no attribute {name!r}")
