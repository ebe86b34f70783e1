"""The base class of all modules: their connections and messages."""

import copy
import itertools
from pathlib import Path
from typing import Any

import numpy as np

from kvae.data.stored import StoredRows
from kvae.errors import InputError
from kvae.modules.connections import above, below, connected
from kvae.modules.gaps import first_bad
from kvae.modules.hooks import Hooks, Messages, Sent
from kvae.modules.parameters import check_name, check_word
from kvae.runs import ModuleFolder, RunFolder

MODES = ("learn", "recog")
_made = itertools.count()


class Module(Hooks):
    """A probabilistic module that is connected to other modules and updated in turn with them.

    A subclass defines `update()`, which reads `get_observations()` and `get_backward_msg()`, infers, and calls
    `set_forward_msg` and `send_backward_msgs`. The forward message has a row per observation and goes to the
    modules that observe this one; backward messages go to those that it observes. Messages are arrays `(n, ...)`;
    a VAE also takes a `kvae.modules.Gaussian`. All other methods that a network calls have defaults; see `Hooks`.

    Args:
        name: Names the module's folder, `module{number}_{name}`. The number counts, from 0, the connected modules
            in the order in which they were made.
        mode: `learn`; or `recog`, which infers with what was learnt before and changes nothing.
        folder: The folder in which the module's folder is made; None: that of the observed modules, and if they
            have none either, the working directory.

    Raises:
        InputError: For another mode, or a name that cannot name a folder.
    """

    def __init__(self, name: str = "module", mode: str = "learn", folder: str | Path | None = None) -> None:
        check_name(name)
        check_word("mode", mode, MODES)
        self.name, self.mode, self.root = name, mode, folder
        self.order = next(_made)
        self.observed: list[Module] = []
        self.observers: list[Module] = []
        self._folder: ModuleFolder | None = None
        self._forward: Any = None
        self._sent: list[Any] = []
        self._backward: dict[Module | None, Any] = {}

    def connect(self, *observed: "Module") -> None:
        """Observe `observed` from now on, and no other modules.

        Raises:
            InputError: When an argument is not a module, or observes this one, directly or indirectly.
        """
        if not observed:
            raise InputError(f"{self.name}.connect() needs at least one module to observe")
        for module in observed:
            if not isinstance(module, Module):
                raise InputError(
                    f"{self.name}.connect() takes modules; wrap data as Observation(data). "
                    f"Received: {type(module).__name__}"
                )
            if self in below(module):
                raise InputError(f"{self.name} cannot observe {module.name}, which observes {self.name}")
        for module in self.observed:
            module.observers.remove(self)
            module._backward.pop(self, None)
        if self.observed and list(observed) != self.observed:
            for module in above(self):
                module.forget_rows()
        self.observed = list(observed)
        for module in observed:
            module.observers.append(self)

    def forget_rows(self) -> None:
        """Forget what belongs to rows, as messages from above do: this or a module below observes other data."""
        self._backward = {}

    def update(self) -> None:
        """Learn or infer from the observations and the message from above, and send messages."""
        raise NotImplementedError(f"{type(self).__name__} must define update()")

    def infer(self, observations: list[np.ndarray], above: Any = None) -> Messages:
        """Infer the messages for other rows than the learnt ones, and change nothing.

        By default these are the messages that `update()` of a copy in mode `recog` sends. Rows come in pieces, so
        the messages for one row must not depend on other rows.

        Args:
            observations: Forward messages of the observed modules for these rows.
            above: The message that this module receives for these rows.
        """
        other = copy.copy(self)
        observed = [Module(module.name) for module in self.observed]
        for module, message in zip(observed, observations, strict=True):
            module.set_forward_msg(message)
        other.mode, other.observed, other._sent = "recog", observed, []
        other._backward = {} if above is None else {None: above}
        other.update()
        return Messages(other._forward, [module.get_backward_msg() for module in observed])

    def get_observations(self) -> list[np.ndarray]:
        """The forward messages of the observed modules, each an array with a row per observation.

        Raises:
            InputError: Before `connect`, before an observed module has sent anything, for messages of different
                lengths, and for values that are not finite where the module does not accept them.
        """
        if not self.observed:
            raise InputError(f"{self.name} observes nothing yet: call {self.name}.connect(...) before update()")
        for module in self.observed:
            if module.get_forward_msg() is None:
                raise InputError(
                    f"{self.name} observes {module.name}, which has sent nothing yet: "
                    f"call {module.name}.update() first"
                )
        messages = [module.get_forward_msg() for module in self.observed]
        if len(messages) == 1 and isinstance(messages[0], StoredRows):
            return messages
        arrays = [message[:] if isinstance(message, StoredRows) else np.asarray(message) for message in messages]
        for module, array in zip(self.observed, arrays, strict=True):
            check_message(array, self.name, module.name, self.takes_gaps, self.takes_cells)
        if len({len(array) for array in arrays}) > 1:
            lengths = ", ".join(f"{m.name} {len(a)}" for m, a in zip(self.observed, arrays, strict=True))
            raise InputError(f"{self.name} needs the same number of rows from each module. Received: {lengths}")
        return arrays

    def set_forward_msg(self, message: Any) -> None:
        """Set the forward message, which modules above read: an array with a row per observation."""
        self._forward = message

    def get_forward_msg(self) -> Any:
        """The last forward message; None before the first update."""
        return self._forward

    def get_forward_var(self) -> np.ndarray | None:
        """Variances of the forward message, of its shape; None when it is taken as exact."""
        return None

    def set_backward_msg(self, message: Any, sender: "Module | None" = None) -> None:
        """Receive a message from above, in place of the sender's previous one.

        Raises:
            InputError: When the message does not have a row per observation, or `check_backward` rejects it.
        """
        source = "a module above" if sender is None else sender.name
        rows = None if self._forward is None else len(self._forward)
        if rows is not None and len(message) != rows:
            raise InputError(
                f"{self.name} needs a message with a row per observation, {rows}. "
                f"Received from {source}: {len(message)}"
            )
        self.check_backward(message, source)
        self._backward[sender] = message

    def check_backward(self, message: Any, source: str) -> None:
        """Raise InputError for a message that this module cannot use."""

    def get_backward_msg(self) -> Any:
        """The message from above: None, the only one received, or `combine` of several."""
        messages = list(self._backward.values())
        return messages[0] if len(messages) == 1 else (self.combine(messages) if messages else None)

    def combine(self, messages: list[Any]) -> Any:
        """Combine the messages of several senders into one; by default their mean."""
        return np.mean(messages, axis=0)

    def send_backward_msgs(self, messages: list[Any]) -> None:
        """Send one message to each observed module, in their order.

        Raises:
            InputError: When there are not as many messages as modules, or a module rejects its message.
        """
        if len(messages) != len(self.observed):
            raise InputError(
                f"{self.name} observes {len(self.observed)} modules and must send as many messages. "
                f"Received: {len(messages)}"
            )
        self._sent = list(messages)
        self.resend()

    def get_name(self) -> str:
        """The name of the module's folder, such as `module001_vae`."""
        return self.folder.path.name

    @property
    def number(self) -> int:
        """The module's position, from 0, among all connected modules, in the order in which they were made."""
        return sorted(module.order for module in connected(self)).index(self.order)

    def use_folder(self, folder: ModuleFolder) -> None:
        """Write to `folder`, in place of the folder that the module's number and name give."""
        self._folder = folder

    @property
    def folder(self) -> ModuleFolder:
        """The folder that the module writes to."""
        if self._folder is not None:
            return self._folder
        roots = [module.root for module in [self, *below(self)] if module.root is not None]
        return RunFolder(roots[0] if roots else ".").module(self.number, self.name)


def combined(module: Module, messages: list[Any]) -> Any:
    """The messages of a module's observers as one message; None where all are None."""
    there = [message for message in messages if message is not None]
    return there[0] if len(there) == 1 else (module.combine(there) if there else None)


def forward_without(module: Module, observer: Module) -> Any:
    """The forward message that a module would send if `observer` had sent it no message."""
    above = combined(module, [message for one, message in module._backward.items() if one is not observer])
    observed = [Sent(one.get_forward_msg(), one.get_forward_var()) for one in module.observed]
    return module.infer_from(observed, above).forward


def check_message(array: np.ndarray, receiver: str, sender: str, gaps: bool = False, cells: bool = False) -> None:
    """Raise InputError unless a forward message holds finite numbers, with a row per observation.

    With `gaps` a row of NaN is allowed, which is a missing row; with `cells` any NaN, which is a missing value.
    """
    if array.ndim == 0 or len(array) == 0 or array.dtype.kind not in "biuf":
        raise InputError(
            f"{receiver} needs an array of numbers with a row per observation, shape (n, ...). "
            f"Received from {sender}: shape {array.shape}, {array.dtype}"
        )
    bad = first_bad(array, gaps, cells)
    if bad is not None:
        row, what = bad
        raise InputError(f"{receiver} needs finite numbers. Received from {sender}: {what} in row {row}")


def joined(arrays: list[np.ndarray]) -> tuple[np.ndarray, list[slice]]:
    """Observations of several modules side by side, as one table `(n, d)`, and the columns of each module."""
    tables = [array.reshape(len(array), -1) for array in arrays]
    stops = np.cumsum([table.shape[1] for table in tables]).tolist()
    columns = [slice(stop - table.shape[1], stop) for stop, table in zip(stops, tables, strict=True)]
    return np.concatenate(tables, axis=1), columns
