"""The file that a learnt mixture is kept in."""

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
    """The state of a mixture, and how it is taken up again.

    Attributes:
        r: Class probabilities of the rows, `(n, K)`; NaN of those that nothing is known of.
        known: Whether each of the observed modules knows anything of a row, `(n, modules)`; None: all do.
        sent: The message that was sent for them.
        learnt: Folder of the module that `recog` infers with; None: its own.
        voters: The rows that classes are looked up from; None: the mixture decides alone.
    """

    r: np.ndarray | None
    known: np.ndarray | None
    sent: Gaussian | None
    learnt: str | Path | None
    voters: Voters | None

    def state(self) -> dict[str, np.ndarray]:
        """All that the next update and recognition need."""
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
        """What goes upwards: class probabilities, NaN for rows that no observed module knows whatever is above."""
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
        """Take up what recognition needs of a state."""
        self.mixture = Mixture(arrays["weights"], arrays["means"], arrays["covs"])
        self.noise, self.updates = arrays["noise"], int(arrays["updates"])
        there = "voters_z" in arrays
        self.voters = Voters(arrays["voters_z"], arrays["voters_labels"]) if there else None

    @staticmethod
    def read(path: Path) -> dict[str, np.ndarray]:
        return read_arrays(path)

    def load(self, d: int | None = None) -> Mixture:
        """The learnt mixture, for recognition of codes of `d` dimensions.

        Raises:
            InputError: When there is none, or it is of another K or d.
        """
        path = (self.folder if self.learnt is None else type(self.folder)(Path(self.learnt))).state
        if not path.is_file():
            raise InputError(f"{self.name} has learnt nothing yet: there is no {path}")
        arrays = self.read(path)
        if len(arrays["weights"]) != self.K:
            raise InputError(f"{path} holds {len(arrays['weights'])} components. Received: K={self.K}")
        if d is not None and arrays["means"].shape[1] != d:
            raise InputError(f"{path} is of {arrays['means'].shape[1]} dimensions. Received: codes of {d}")
        self.take_up(arrays)
        assert self.mixture is not None
        return self.mixture


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
    check_voters(arrays, k, d)
    updates = arrays["updates"]
    if updates.shape != () or updates.dtype.kind not in "iu" or not 0 <= updates < 2**31:
        raise ValueError("it counts no updates")
    known = arrays.get("known")
    if known is not None and (known.ndim != 2 or len(known) != len(r) or known.max() > 1 or known.min() < 0):
        raise ValueError("it does not say which rows are known")
    gaps = {name: arrays[name] for name in ("r", "r_test") if name in arrays}  # may have rows of NaN
    if not known_rows(r).any():
        raise ValueError("it knows no row")
    rest = [arrays[name] for name in arrays.keys() - gaps.keys()] + [
        array[known_rows(array)] for array in gaps.values()
    ]
    if not all(np.isfinite(array).all() for array in rest) or weights.min() < 0:
        raise ValueError("its numbers are not finite")
    if abs(weights.sum(dtype=float) - 1.0) > 1e-6:
        raise ValueError("its weights do not add up to 1")
    try:
        np.linalg.cholesky(covs)
    except np.linalg.LinAlgError as error:
        raise ValueError("its covariances are none") from error


def check_voters(arrays: dict[str, np.ndarray], k: int, d: int) -> None:
    """Raise ValueError unless rows to look classes up from are whole, or there are none."""
    z, labels = arrays.get("voters_z"), arrays.get("voters_labels")
    if z is None and labels is None:
        return
    if z is None or labels is None or z.ndim != 2 or z.shape[1] != d or labels.shape != (len(z),) or not len(z):
        raise ValueError("its rows with classes do not fit each other")
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= k:
        raise ValueError("its rows have classes that it has no component for")


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a `model.npz`; no pickle is read.

    Raises:
        InputError: When the file is missing, damaged or of another kind.
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
