"""The files of a run of a network of modules, other than the folders of its modules."""

import contextlib
from pathlib import Path
from typing import Any

import numpy as np

from kvae.errors import InputError
from kvae.runs.files import whole_file
from kvae.runs.plain import is_plain
from kvae.runs.run_folder import RunFolder
from kvae.runs.version import with_version


def network_of(folder: RunFolder) -> str | None:
    """The name of the network of modules that a run learnt; None for a run of one VAE, or no run."""
    with contextlib.suppress(InputError):
        network = folder.read_config().get("network") or {}
        return str(network.get("name")) if network.get("modules") else None
    return None


def has_states(folder: RunFolder) -> bool:
    """Whether a run folder holds the state of any module."""
    return any(module.is_begun or is_plain(module.state) for module in folder.modules())


def input_of(folder: RunFolder, observation: str) -> Path:
    """The path of the shape, scaling and columns that a learnt network expects of an observation."""
    return folder.path / f"input_{observation}.json"


def held_out_in(folder: RunFolder) -> Path:
    """The path of the messages that the VAEs of a network receive for the held-out rows, and of their round."""
    return folder.path / "held_out.npz"


def write_held_out(folder: RunFolder, **arrays: Any) -> None:
    """Write named arrays to the file `held_out_in(folder)`, whole or not at all."""
    path = held_out_in(folder)
    with whole_file(path) as part, part.open("wb") as file:
        np.savez(file, allow_pickle=False, **with_version(path, arrays))
