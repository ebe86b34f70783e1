"""The same result from run to run on a GPU, which XLA gives when it is asked before it compiles anything."""

import os
from pathlib import Path

FLAGS = "XLA_FLAGS"
# Left to itself XLA measures kernels and takes the fastest: another one in every process, with other roundings.
DETERMINISTIC = "--xla_gpu_deterministic_ops"
# Of NVIDIA's driver, of Windows' for Linux beside it, of AMD's.
NODES = ("nvidia[0-9]*", "dxg", "kfd")


def has_gpu(devices: Path = Path("/dev")) -> bool:
    """Whether this machine has a GPU, by the names of its devices: none is opened, and no library is loaded."""
    return any(next(devices.glob(pattern), None) is not None for pattern in NODES)


def make_deterministic() -> None:
    """Have XLA compute the same to the bit in every process, on a machine with a GPU.

    What `XLA_FLAGS` says of it already stays, and so does a file with flags, of which it is the name.
    """
    flags = os.environ.get(FLAGS, "").strip()
    if has_gpu() and DETERMINISTIC not in flags and (not flags or flags.startswith("-")):
        os.environ[FLAGS] = f"{flags} {DETERMINISTIC}=true".strip()
