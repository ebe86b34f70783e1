"""Reading the file that a learnt mixture is kept in."""

import zipfile
from pathlib import Path

import numpy as np

from kvae.errors import InputError


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a `model.npz`; no pickle is read.

    Raises:
        InputError: When the file is missing, damaged or of another kind.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays}
        missing = {"weights", "means", "covs", "noise", "r", "updates", "sent_mean"} - found.keys()
        if missing:
            raise ValueError(f"it lacks {', '.join(sorted(missing))}")
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is no mixture that can be read: {' '.join(str(error).split())}") from error
    return found
