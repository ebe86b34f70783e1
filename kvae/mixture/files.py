"""Reading the file that a learnt mixture is kept in."""

from pathlib import Path

import numpy as np

from kvae.errors import InputError
from kvae.npy import UNREADABLE, open_plain_npz


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a `model.npz`; no pickle is read.

    Raises:
        InputError: When the file is missing, damaged or of another kind.
    """
    try:
        with open_plain_npz(path) as arrays:
            found = {name: arrays[name] for name in arrays.names}
        missing = {"weights", "means", "covs", "noise", "r", "updates", "sent_mean"} - found.keys()
        if missing:
            raise ValueError(f"it lacks {', '.join(sorted(missing))}")
        bad = sorted(name for name, array in found.items() if array.dtype.kind not in "iuf")
        if bad:
            raise ValueError(f"{', '.join(bad)} holds no numbers")
    except UNREADABLE as error:
        raise InputError(f"{path} is no mixture that can be read: {' '.join(str(error).split())}") from error
    return found
