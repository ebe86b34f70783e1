"""The modules of a network in order, and their joint inference."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from kvae.errors import InputError
from kvae.modules.graph.inputs import Inputs
from kvae.modules.hooks import Messages, Sent
from kvae.modules.message import Gaussian, as_gaussian
from kvae.modules.module import Module, below
from kvae.modules.network import received
from kvae.modules.observation import Observation
from kvae.modules.vae import VAE
from kvae.runs import RunFolder


class Graph:
    """The modules of a network, each after those that it observes.

    Args:
        modules: The connected modules, each after those that it observes.
        folder: The run folder, in which each module but the observations has a folder `module{number}_{name}`.

    Attributes:
        observations: The modules that hold data.
        above: All other modules.
        vaes: The VAEs among them.
    """

    def __init__(self, modules: Sequence[Module], folder: RunFolder | None = None) -> None:
        self.modules = list(modules)
        self.observations = [module for module in modules if isinstance(module, Observation)]
        self.above = [module for module in modules if not isinstance(module, Observation)]
        self.vaes = [module for module in modules if isinstance(module, VAE)]
        if folder is not None:
            self.use(folder)

    def use(self, folder: RunFolder) -> None:
        """Write to the folders of a run."""
        for number, module in self.numbered():
            module.use_folder(folder.module(number, module.name))

    def numbered(self) -> Iterator[tuple[int, Module]]:
        """The modules other than observations, with the numbers in the names of their folders."""
        return enumerate(self.above, 1)

    @property
    def in_order(self) -> bool:
        """Whether a module needs all rows of the data at once, in their order."""
        return any(module.in_order for module in self.above)

    def named(self, name: str) -> Module:
        """The module with a name.

        Raises:
            InputError: When there is no such module.
        """
        for module in self.modules:
            if module.name == name:
                return module
        names = ", ".join(module.name for module in self.modules)
        raise InputError(f"the network has no module {name}. There are: {names}")

    def load(self) -> None:
        """Load what every module learnt, to infer with it; VAEs have their models already.

        Raises:
            InputError: When a file is missing or damaged.
        """
        for module in self.above:
            module.mode = "recog"
            if module.learns and not isinstance(module, VAE):
                module.load()

    def infer(self, x: Mapping[str, Any], lower: Module | None = None) -> dict[Module, Messages]:
        """Infer what every learnt module sends for some rows.

        Messages go up once, then down once, so that every module receives the messages from above.

        Args:
            x: The rows of every observation, by its name.
            lower: A module; only modules that it observes, directly or indirectly, infer. None: all modules.
        """
        among = self.above if lower is None else [one for one in self.above if one in below(lower)[1:]]
        up: dict[Module, Sent] = {module: Sent(x[module.name]) for module in self.observations}
        sent: dict[Module, Messages] = {}
        for module in among:
            sent[module] = module.infer_from([up[one] for one in module.observed])
            up[module] = Sent(sent[module].forward, sent[module].var)
        for module in reversed(among):
            above = message_for(module, sent)
            if above is not None:
                module.check_backward(above, "above")
                sent[module] = module.infer_from([up[one] for one in module.observed], above)
        return sent

    def infer_rows(self, inputs: Inputs, which: str, lower: Module | None = None) -> dict[Module, Messages]:
        """Infer what every module sends for the rows `train`, `test` or `all`.

        If a module needs rows in order, all rows are inferred, whichever are asked for.
        """
        if not self.in_order or which == "all":
            return self.infer(inputs.x(which), lower)
        n = len(inputs.data.train)
        rows = slice(None, n) if which == "train" else slice(n, None)
        return {module: rows_of(messages, rows) for module, messages in self.infer(inputs.x("all"), lower).items()}


def message_for(module: Module, sent: Mapping[Module, Messages]) -> Any:
    """The message that a module receives, of all that were inferred; None where nothing is sent to it."""
    return received(module, {one: messages.backward for one, messages in sent.items()})


def prior_of(vae: VAE, sent: Mapping[Module, Messages]) -> Gaussian | None:
    """The prior that a VAE receives, of all messages that were inferred; None: N(0, I)."""
    message = message_for(vae, sent)
    return None if message is None else as_gaussian(message)


def rows_of(messages: Messages, rows: slice) -> Messages:
    """The messages for some rows."""

    def some(one: Any) -> Any:
        if one is None:
            return None
        if isinstance(one, list):
            return [some(part) for part in one]
        return one.rows(rows) if isinstance(one, Gaussian) else one[rows]

    # All fields, since a module may use a subclass of `Messages` with more of them.
    return replace(messages, **{field.name: some(getattr(messages, field.name)) for field in fields(messages)})
