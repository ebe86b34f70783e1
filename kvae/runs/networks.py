"""What a run of a network of modules keeps besides the folders of its modules."""

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
    """The network of modules that was learnt in a folder, by its name; None of a run of one VAE, or of no run."""
    with contextlib.suppress(InputError):
        network = folder.read_config().get("network") or {}
        return str(network.get("name")) if network.get("modules") else None
    return None


def has_states(folder: RunFolder) -> bool:
    """Whether a module has kept a state in a run folder."""
    return any(module.is_begun or is_plain(module.state) for module in folder.modules())


def input_of(folder: RunFolder, observation: str) -> Path:
    """Where it stands what an observation of a network is, as a learnt run expects it."""
    return folder.path / f"input_{observation}.json"


def held_out_in(folder: RunFolder) -> Path:
    """Where it stands what the VAEs of a network receive for the held-out rows, and after which round."""
    return folder.path / "held_out.npz"


def write_held_out(folder: RunFolder, **arrays: Any) -> None:
    """Write named arrays to `held_out_in`, whole or not at all."""
    path = held_out_in(folder)
    with whole_file(path) as part, part.open("wb") as file:
        np.savez(file, allow_pickle=False, **with_version(path, arrays))
