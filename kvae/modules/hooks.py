"""The methods that a network calls on its modules besides `update()`, with their defaults."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kvae.errors import InputError
from kvae.modules.message import packed, unpacked
from kvae.runs.npy import open_plain_npz, unreadable

if TYPE_CHECKING:
    from kvae.data import Data
    from kvae.modules.table_rows import TableRows
    from kvae.runs import ModuleFolder


@dataclass(frozen=True)
class Sent:
    """A forward message for some rows, `(n, ...)`, and its variances, of the same shape; None: it is exact."""

    forward: Any
    var: np.ndarray | None = None


@dataclass(frozen=True)
class Messages:
    """What a module sends for some rows.

    Attributes:
        forward: The forward message, `(n, ...)`.
        backward: One message for each of the observed modules, in their order.
        var: Variances of the forward message, of its shape; None: it is taken as exact.
    """

    forward: Any
    backward: list[Any]
    var: np.ndarray | None = None


@dataclass(frozen=True)
class View:
    """What a network hands to a module for its pictures.

    Attributes:
        decode: From codes `(n, latent_dim)` to observations in the data's units; None unless one VAE is observed.
        columns: Names of an observation's columns.
        labels: Labels of the rows, `(n,)`.
        rounds: What was measured in every round, in order.
        table: The rows of a table of mixed kinds, with its columns; None for other data.
    """

    decode: Callable[[np.ndarray], np.ndarray] | None = None
    columns: Sequence[str] | None = None
    labels: np.ndarray | None = None
    rounds: list[dict[str, float]] = field(default_factory=list)
    table: "TableRows | None" = None


class Hooks:
    """Attributes and methods of a module that a network uses, with their defaults.

    Attributes:
        learns: Whether updates change what is sent. A network in which no module above a VAE learns has one round.
        takes_gaps: Whether the module accepts missing rows, which are rows of NaN, in what it observes.
        takes_cells: Whether it accepts single missing values, which are NaN, as well.
        of_all_rows: Whether it needs all rows of the data, and cannot be used with the rows of one class alone.
        in_order: Whether what is sent for a row depends on its neighbours: it gets all rows at once, in order.
        pictures: Names of pictures of single rounds, which a run that resumes in another folder copies.
        labels: Labels of the rows `(n,)`, for metrics alone; learning does not use them.
        updates: Number of updates that are done.
        keys: Prefix of its parameters in a config, such as `network.modules.gmm1.`; empty without a config.
        held_out: What was last sent for held-out rows.
    """

    learns = True
    takes_gaps: bool = False
    takes_cells: bool = False
    of_all_rows = False
    in_order = False
    pictures: tuple[str, ...] = ()
    labels: np.ndarray | None = None
    updates: int = 0
    keys: str = ""
    held_out: Messages | None = None
    name: str
    mode: str
    observed: list[Any]
    _forward: Any
    _sent: list[Any]

    if TYPE_CHECKING:

        @property
        def folder(self) -> "ModuleFolder": ...

    def begin(self, data: "Data") -> None:
        """Check the data, and take its labels, before anything is learnt.

        Raises:
            InputError: When the module cannot be used with the data.
        """
        self.know(data.train.labels)

    def know(self, labels: np.ndarray | None) -> None:
        """Take the labels of the rows `(n,)`, which metrics compare with what is inferred."""
        self.labels = labels

    def step(self) -> None:
        """The update of a round. It writes no files: the network calls `write` at the end."""
        self.update()  # type: ignore[attr-defined]

    def take(self, messages: Messages) -> None:
        """Keep what was inferred for rows, for `write`, `draw` and `measure`."""
        self._forward, self._sent = messages.forward, messages.backward

    def get_forward_prior(self) -> np.ndarray | None:
        """The prior class probabilities of a row that is not yet seen, `(K,)`; None: they are equal.

        The forward message is proportional to this prior times the likelihood of what is observed. A module above
        that has a prior of its own divides the forward message by this one.
        """

    def infer_from(self, observations: list[Sent], above: Any = None) -> Messages:
        """As `infer`, with the variances of what is observed; a module that uses them overrides it."""
        return self.infer([one.forward for one in observations], above)  # type: ignore[attr-defined]

    def messages_for(self, data: "Data", which: str) -> Any:
        """The message for rows `train`, `test` or `all` if no codes are needed; None: codes are needed."""

    def resend(self) -> None:
        """Send the last backward messages to the observed modules again, as after a resume."""
        for module, message in zip(self.observed, self._sent, strict=True):
            module.set_backward_msg(message, self)

    def sample(self, n: int, rng: np.random.Generator, above: Any = None) -> list[Any] | None:
        """Draw what is sent to each of the observed modules for `n` new rows; None: it cannot be drawn.

        Args:
            n: Number of rows.
            rng: Source of the draws.
            above: The message that this module receives for the rows.
        """

    def classes_of(self, forward: Any) -> np.ndarray | None:
        """The classes `(n,)` of rows by their forward message; None for a module that has no classes."""

    def state(self) -> dict[str, np.ndarray]:
        """The arrays that `resume`, and recognition, need.

        A subclass that learns adds its own: `super().state() | {"weights": self.weights}`.
        """
        arrays = {"updates": np.array(self.updates), **packed("forward", self._forward)}
        for i, message in enumerate(self._sent):
            arrays |= packed(f"sent_{i}", message)
        if self.held_out is not None:
            arrays |= packed("held_out_forward", self.held_out.forward)
            for i, message in enumerate(self.held_out.backward):
                arrays |= packed(f"held_out_sent_{i}", message)
        return arrays

    def resume(self, arrays: dict[str, np.ndarray]) -> None:
        """Restore the module from the arrays of `state`."""
        self.updates = int(arrays["updates"])
        places = range(len(self.observed))
        self._forward = unpacked(arrays, "forward")
        self._sent = [unpacked(arrays, f"sent_{i}") for i in places]
        held_out = [unpacked(arrays, f"held_out_sent_{i}") for i in places]
        if any(message is not None for message in held_out):
            self.held_out = Messages(unpacked(arrays, "held_out_forward"), held_out)

    def save(self) -> None:
        """Write the state to `model.npz`; the previous one is kept beside it."""
        self.folder.write_arrays(self.folder.state, **self.state())

    @staticmethod
    def read(path: Path) -> dict[str, np.ndarray]:
        """The arrays in a `model.npz`. Pickled objects are not read.

        Raises:
            InputError: When the file is missing or damaged.
        """
        with unreadable(path, "state"):
            with open_plain_npz(path) as arrays:
                found = {name: arrays[name] for name in arrays.names}
            updates = found["updates"]
            if updates.shape != () or updates.dtype.kind not in "iu" or not 0 <= updates < 2**31:
                raise ValueError("it counts no updates")
        return found

    def load(self) -> Any:
        """Load what was learnt, to infer with it.

        Raises:
            InputError: When there is no file, or it cannot be read.
        """
        path = self.folder.state
        if not path.is_file():
            raise InputError(f"{self.name} has learnt nothing yet: there is no {path}")
        try:
            self.resume(self.read(path))
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise error if isinstance(error, InputError) else unfit(path, error) from error

    def describe(self) -> str:
        """What is sent downwards, as text for the log."""
        return f"messages of {self.name}"

    @property
    def tracked_as(self) -> str:
        """The group under which trackers record what is measured in a round."""
        return self.name

    def said(self) -> str:
        """A description of the last update, for the log."""
        return self.name

    def progress(self) -> dict[str, float]:
        """Metrics of the last update, for `rounds.txt` and the trackers."""
        return {}

    def measure(self, forward: Any = None, labels: np.ndarray | None = None) -> dict[str, float]:
        """Metrics of the rows that were learnt or inferred; with `forward` and `labels`, of other rows.

        They are reported under their names, with `val_` for held-out rows and `_round{n}` for every round.
        """
        return {}

    def summary(self) -> dict[str, float]:
        """Metrics that are reported only once, at the end."""
        return {}

    def write(self) -> None:
        """Write what was learnt or inferred: the forward message as `forward_{mode}`."""
        if self.learns and self._forward is not None:
            self.folder.write_rows(f"forward_{self.mode}", np.asarray(self._forward))

    def draw(self, view: View) -> None:
        """Draw pictures of what was learnt or inferred, with `self.folder.write_figure`."""

    def draw_round(self, number: int, view: View) -> None:
        """Draw pictures after the update of a round, counted from 1."""


def unfit(path: Path, error: Exception) -> InputError:
    """The error for a state file that lacks what a module needs."""
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    return InputError(f"{path} is no state that can be read: {reason}")
