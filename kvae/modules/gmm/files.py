"""The state file of a mixture: what it holds, its checks, and how it is loaded."""

from pathlib import Path

import numpy as np

from kvae.errors import InputError
from kvae.modules.gaps import known_rows
from kvae.modules.gmm.messages import ClassMessages
from kvae.modules.hooks import Messages
from kvae.modules.message import Gaussian
from kvae.modules.mixture import Mixture
from kvae.modules.mixture.neighbours import Voters
from kvae.runs.npy import open_plain_npz, unreadable


class ClassFiles(ClassMessages):
    """The state of a mixture, and how it is loaded.

    Attributes:
        r: Class probabilities of the rows, `(n, K)`; NaN for missing rows.
        known: Which rows are known to which of the observed modules, `(n, modules)`; None: all rows to all.
        sent: The message that was sent for the rows.
        learnt: Folder of the module whose mixture `recog` infers with; None: this module's own.
        voters: The learnt rows that vote on the classes of other rows; None: there are no votes.
    """

    r: np.ndarray | None
    known: np.ndarray | None
    sent: Gaussian | None
    learnt: str | Path | None
    voters: Voters | None

    def state(self) -> dict[str, np.ndarray]:
        """The arrays that the next update and recognition need."""
        assert self.mixture is not None and self.sent is not None and self.r is not None
        state = {
            "weights": self.mixture.weights,
            "means": self.mixture.means,
            "covs": self.mixture.covs,
            "noise": self.noise,
            "r": self.r,
            "updates": np.array(self.updates),
            "sent_mean": self.sent.mean,
        }
        if self.sent.cov is not None:
            state["sent_cov"] = self.sent.cov
        if self.held_out is not None:
            state["r_test"] = self.held_out.forward
        if self.known is not None and not self.known.all():
            state["known"] = self.known.astype(np.uint8)
        if self.voters is not None:
            state |= {"voters_z": self.voters.z, "voters_labels": self.voters.labels}
        return state if len(self.widths) < 2 else state | {"widths": np.array(self.widths)}

    @property
    def forward(self) -> np.ndarray:
        """The forward message: class probabilities; NaN for rows that are missing in all observed modules."""
        assert self.r is not None
        there = None if self.known is None else np.any(self.known, axis=1)
        return self.r if there is None or there.all() else np.where(np.reshape(there, (-1, 1)), self.r, np.nan)

    def resume(self, arrays: dict[str, np.ndarray]) -> None:
        self.take_up(arrays)
        self.r = arrays["r"]
        self.widths = arrays.get("widths", np.zeros(0, int)).tolist()
        self.sent = Gaussian(arrays["sent_mean"], arrays.get("sent_cov"))
        self._sent = self.parts(self.sent)
        self.known = arrays["known"].astype(bool) if "known" in arrays else None
        self.set_forward_msg(self.forward)
        if "r_test" in arrays:
            r_test = arrays["r_test"]
            self.held_out = Messages(r_test, self.parts(self.damped(self.message_for(r_test), None)))

    def take_up(self, arrays: dict[str, np.ndarray]) -> None:
        """Restore what recognition needs from the arrays of a state."""
        self.mixture = Mixture(arrays["weights"], arrays["means"], arrays["covs"])
        self.noise, self.updates = arrays["noise"], int(arrays["updates"])
        there = "voters_z" in arrays
        self.voters = Voters(arrays["voters_z"], arrays["voters_labels"]) if there else None

    @staticmethod
    def read(path: Path) -> dict[str, np.ndarray]:
        return read_arrays(path)

    def load(self, d: int | None = None) -> Mixture:
        """Load the learnt mixture, for recognition of codes of `d` dimensions.

        Raises:
            InputError: When there is no file, it cannot be read, or its mixture has another K or d.
        """
        path = (self.folder if self.learnt is None else type(self.folder)(Path(self.learnt))).state
        if not path.is_file():
            raise InputError(f"{self.name} has learnt nothing yet: there is no {path}")
        arrays = self.read(path)
        if len(arrays["weights"]) != self.K:
            raise InputError(f"{path} holds {len(arrays['weights'])} components. Received: K={self.K}")
        if d is not None and arrays["means"].shape[1] != d:
            raise InputError(
                f"{path} holds a mixture of {arrays['means'].shape[1]} dimensions. Received: codes of {d}"
            )
        self.take_up(arrays)
        assert self.mixture is not None
        return self.mixture


def check_shapes(arrays: dict[str, np.ndarray]) -> None:
    """Raise ValueError unless the arrays of a mixture have shapes that fit each other, and valid values."""
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
    check_voters(arrays, k, d)
    updates = arrays["updates"]
    if updates.shape != () or updates.dtype.kind not in "iu" or not 0 <= updates < 2**31:
        raise ValueError("its number of updates is not valid")
    known = arrays.get("known")
    if known is not None and (known.ndim != 2 or len(known) != len(r) or known.max() > 1 or known.min() < 0):
        raise ValueError("its array of known rows is not valid")
    gaps = {name: arrays[name] for name in ("r", "r_test") if name in arrays}  # may have rows of NaN
    if not known_rows(r).any():
        raise ValueError("all its rows are missing")
    rest = [arrays[name] for name in arrays.keys() - gaps.keys()] + [
        array[known_rows(array)] for array in gaps.values()
    ]
    if not all(np.isfinite(array).all() for array in rest) or weights.min() < 0:
        raise ValueError("its numbers are not finite, or its weights are below 0")
    if abs(weights.sum(dtype=float) - 1.0) > 1e-6:
        raise ValueError("its weights do not add up to 1")
    try:
        np.linalg.cholesky(covs)
    except np.linalg.LinAlgError as error:
        raise ValueError("its covariances are not positive definite") from error


def check_voters(arrays: dict[str, np.ndarray], k: int, d: int) -> None:
    """Raise ValueError unless the voting rows and their classes fit each other, or both are absent."""
    z, labels = arrays.get("voters_z"), arrays.get("voters_labels")
    if z is None and labels is None:
        return
    if z is None or labels is None or z.ndim != 2 or z.shape[1] != d or labels.shape != (len(z),) or not len(z):
        raise ValueError("its voting rows and their classes do not fit each other")
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= k:
        raise ValueError("its voting rows have classes without a component")


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a `model.npz`. Pickled objects are not read.

    Raises:
        InputError: When the file is missing, damaged, or not that of a mixture.
    """
    with unreadable(path, "mixture"):
        with open_plain_npz(path) as arrays:
            found = {name: arrays[name] for name in arrays.names}
        missing = {"weights", "means", "covs", "noise", "r", "updates", "sent_mean"} - found.keys()
        if missing:
            raise ValueError(f"it lacks {', '.join(sorted(missing))}")
        bad = sorted(name for name, array in found.items() if array.dtype.kind not in "iuf")
        if bad:
            raise ValueError(f"{', '.join(bad)} holds no numbers")
        check_shapes(found)
    return found
