"""What a network asks of its modules besides `update()`, and how a module answers that defines nothing else."""

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
    """What a module sends upwards for some rows: its forward message, and the variances of it where it has any."""

    forward: Any
    var: np.ndarray | None = None


@dataclass(frozen=True)
class Messages:
    """What a module sends for some rows: upwards, and to each of the modules that it observes, in their order.

    `var` are variances of the forward message, of its shape; None where it is taken as exact.
    """

    forward: Any
    backward: list[Any]
    var: np.ndarray | None = None


@dataclass(frozen=True)
class View:
    """What a module may draw with, besides its own.

    Attributes:
        decode: From codes `(n, latent_dim)` to observations in the data's units; None unless the module observes
            the VAE alone.
        columns: Names of an observation's columns.
        labels: Labels of the rows, `(n,)`.
        rounds: What was measured in every round, the first first.
        table: The rows of a table of mixed kinds, with what its columns mean; None of other data.
    """

    decode: Callable[[np.ndarray], np.ndarray] | None = None
    columns: Sequence[str] | None = None
    labels: np.ndarray | None = None
    rounds: list[dict[str, float]] = field(default_factory=list)
    table: "TableRows | None" = None


class Hooks:
    """The hooks of `Module`.

    Attributes:
        learns: Whether updates change what is sent. A network in which no module above a VAE learns has one round.
        takes_gaps: Whether it reads rows of NaN in what it observes: rows that the sender knows nothing of.
        takes_cells: Whether any NaN there stands for a value that is missing.
        of_all_rows: Whether it must have all rows of the data, and not those of one class alone.
        in_order: Whether what is sent for a row depends on its neighbours: all rows come at once, in their order.
        pictures: Names of the pictures of single rounds, which a run that goes on in another folder takes along.
        labels: Labels of the rows `(n,)`, for what is measured; learning does not see them.
        updates: Updates that are done.
        keys: What stands before its parameters where they are keys of a config, such as `network.modules.gmm1.`.
        held_out: What was last sent for the held-out rows.
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
        """Look at the data before anything is learnt from it.

        Raises:
            InputError: When it does not suit.
        """
        self.know(data.train.labels)

    def know(self, labels: np.ndarray | None) -> None:
        """Take the labels of the rows `(n,)`, which what is inferred is measured by."""
        self.labels = labels

    def step(self) -> None:
        """The update of a round: it writes nothing, since the network asks for that at the end."""
        self.update()  # type: ignore[attr-defined]

    def take(self, messages: Messages) -> None:
        """Keep what was inferred for rows, to write and to measure it."""
        self._forward, self._sent = messages.forward, messages.backward

    def get_forward_prior(self) -> np.ndarray | None:
        """What this module holds of the classes of a row that it has not seen, `(K,)`; None: they are all alike.

        Its forward message is the product of this and of what it sees; a module above divides it out where it has
        a better one.
        """

    def infer_from(self, observations: list[Sent], above: Any = None) -> Messages:
        """As `infer`, for a module that also needs the variances of what it observes."""
        return self.infer([one.forward for one in observations], above)  # type: ignore[attr-defined]

    def messages_for(self, data: "Data", which: str) -> Any:
        """What is sent to the rows `train`, `test` or `all` of data whatever their codes; None: it is inferred."""

    def resend(self) -> None:
        """Send the last messages again to the observed modules, in a run that goes on."""
        for module, message in zip(self.observed, self._sent, strict=True):
            module.set_backward_msg(message, self)

    def sample(self, n: int, rng: np.random.Generator, above: Any = None) -> list[Any] | None:
        """What is sent to each of the observed modules for `n` new rows; None where nobody knows.

        Args:
            n: How many.
            rng: Source of the draws.
            above: The message that this module receives for them.
        """

    def classes_of(self, forward: Any) -> np.ndarray | None:
        """The classes `(n,)` of rows by their forward message; None of a module that has no classes."""

    def state(self) -> dict[str, np.ndarray]:
        """Arrays from which `resume` goes on, and recognition infers.

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
        """Take up what `state` gave."""
        self.updates = int(arrays["updates"])
        places = range(len(self.observed))
        self._forward = unpacked(arrays, "forward")
        self._sent = [unpacked(arrays, f"sent_{i}") for i in places]
        held_out = [unpacked(arrays, f"held_out_sent_{i}") for i in places]
        if any(message is not None for message in held_out):
            self.held_out = Messages(unpacked(arrays, "held_out_forward"), held_out)

    def save(self) -> None:
        """Write the state to `model.npz`; the one before is kept beside it."""
        self.folder.write_arrays(self.folder.state, **self.state())

    @staticmethod
    def read(path: Path) -> dict[str, np.ndarray]:
        """The arrays in a `model.npz`; no pickle is read.

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
        """Take up what was learnt, to infer with it.

        Raises:
            InputError: When there is nothing, or it cannot be read.
        """
        path = self.folder.state
        if not path.is_file():
            raise InputError(f"{self.name} has learnt nothing yet: there is no {path}")
        try:
            self.resume(self.read(path))
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise error if isinstance(error, InputError) else unfit(path, error) from error

    def describe(self) -> str:
        """What is sent downwards, in words."""
        return f"messages of {self.name}"

    @property
    def tracked_as(self) -> str:
        """The group under which what is measured in a round is tracked."""
        return self.name

    def said(self) -> str:
        """How the last update went, in words, for the log."""
        return self.name

    def progress(self) -> dict[str, float]:
        """Numbers of the last update, for `rounds.txt` and the trackers."""
        return {}

    def measure(self, forward: Any = None, labels: np.ndarray | None = None) -> dict[str, float]:
        """Metrics of the rows that were learnt or inferred, or of others by their forward message and labels.

        They are reported as they are, of held-out rows with `val_`, and of every round with `_round{n}`.
        """
        return {}

    def summary(self) -> dict[str, float]:
        """Metrics that are reported at the end alone."""
        return {}

    def write(self) -> None:
        """Write what was learnt or inferred: the forward message as `forward_{mode}`."""
        if self.learns and self._forward is not None:
            self.folder.write_rows(f"forward_{self.mode}", np.asarray(self._forward))

    def draw(self, view: View) -> None:
        """Draw pictures of what was learnt or inferred, with `folder.write_figure`."""

    def draw_round(self, number: int, view: View) -> None:
        """Draw pictures after the update of a round, counted from 1."""


def unfit(path: Path, error: Exception) -> InputError:
    """A state that lacks what a module needs, in words."""
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    return InputError(f"{path} is no state that can be read: {reason}")
