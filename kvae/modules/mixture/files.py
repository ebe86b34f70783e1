"""Reading the file that a learnt mixture is kept in."""

from pathlib import Path

import numpy as np

from kvae.errors import InputError
from kvae.runs.npy import UNREADABLE, open_plain_npz


def check_shapes(arrays: dict[str, np.ndarray]) -> None:
    """Raise ValueError unless the arrays of a mixture fit each other and hold what they must."""
    weights, means, covs = arrays["weights"], arrays["means"], arrays["covs"]
    r, sent = arrays["r"], arrays["sent_mean"]
    k, d = means.shape if means.ndim == 2 else (0, 0)
    shapes = (weights.shape, covs.shape, r.shape[1:], sent.shape[1:])
    if min(k, d) < 1 or shapes != ((k,), (k, d, d), (k,), (d,)) or len(r) != len(sent):
        raise ValueError("its arrays do not fit each other")
    if arrays["noise"].shape not in ((1, 1), (k, d)) or arrays.get("r_test", r).shape[1:] != (k,):
        raise ValueError("its arrays do not fit each other")
    if "sent_cov" in arrays and arrays["sent_cov"].shape not in ((len(r), d), (len(r), d, d)):
        raise ValueError("its arrays do not fit each other")
    updates = arrays["updates"]
    if updates.shape != () or updates.dtype.kind not in "iu" or not 0 <= updates < 2**31:
        raise ValueError("it counts no updates")
    if not all(np.isfinite(array).all() for array in arrays.values()) or weights.min() < 0:
        raise ValueError("its numbers are not finite")
    if abs(weights.sum(dtype=float) - 1.0) > 1e-6:
        raise ValueError("its weights do not add up to 1")
    try:
        np.linalg.cholesky(covs)
    except np.linalg.LinAlgError as error:
        raise ValueError("its covariances are none") from error


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
        check_shapes(found)
    except UNREADABLE as error:
        raise InputError(f"{path} is no mixture that can be read: {' '.join(str(error).split())}") from error
    return found
