"""The same result from run to run on a GPU: XLA gives it if a flag is set before anything is compiled."""

import os
from pathlib import Path

FLAGS = "XLA_FLAGS"
# By default XLA measures kernels and takes the fastest: maybe another one in every process, with other roundings.
DETERMINISTIC = "--xla_gpu_deterministic_ops"
# Device files of the drivers of NVIDIA, of Windows for its Linux, and of AMD.
NODES = ("nvidia[0-9]*", "dxg", "kfd")


def has_gpu(devices: Path = Path("/dev")) -> bool:
    """Whether this machine has a GPU, by the names of its devices: none is opened, and no library is loaded."""
    return any(next(devices.glob(pattern), None) is not None for pattern in NODES)


def make_deterministic() -> None:
    """Have XLA compute the same to the bit in every process, on a machine with a GPU.

    `XLA_FLAGS` stays as it is if it has this flag already, or if it is the name of a file with flags.
    """
    flags = os.environ.get(FLAGS, "").strip()
    if has_gpu() and DETERMINISTIC not in flags and (not flags or flags.startswith("-")):
        os.environ[FLAGS] = f"{flags} {DETERMINISTIC}=true".strip()
