"""A network of modules: a VAE on its observations, and the modules above it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from kvae.data import InputSpec
from kvae.data.stored import Rows
from kvae.errors import InputError
from kvae.metrics import are_classes, confusion
from kvae.modules.hooks import Messages, View
from kvae.modules.message import Gaussian, as_gaussian
from kvae.modules.module import Module, below, combined
from kvae.modules.observation import Observation
from kvae.modules.table_rows import TableRows
from kvae.modules.vae import VAE
from kvae.runs import RunFolder


class Network:
    """One VAE and the modules above it, in order from below to above.

    Args:
        vae: The VAE.
        above: Modules above it. Those that observe nothing yet are connected to the VAE.
        folder: The run folder, in which each module writes to its own folder `module{number}_{name}`.

    Attributes:
        above: All modules above the VAE, each after those that it observes.

    Raises:
        InputError: When `above` holds anything but modules.
    """

    def __init__(self, vae: VAE, above: Sequence[Module] = (), folder: RunFolder | None = None) -> None:
        self.vae = vae
        self.above = in_order(vae, above)
        if folder is not None:
            self.use(folder)

    def use(self, folder: RunFolder) -> None:
        """Write to the folders of a run."""
        self.vae.use_folder(folder.vae)
        for number, module in self.numbered():
            module.use_folder(folder.module(number, module.name))

    def numbered(self) -> Iterator[tuple[int, Module]]:
        """The modules above the VAE, with the numbers in the names of their folders."""
        return enumerate(self.above, 2)

    @property
    def learning(self) -> list[Module]:
        """The modules above the VAE that learn in turn with it."""
        return [module for module in self.above if module.learns]

    @property
    def senders(self) -> list[Module]:
        """The modules whose messages the VAE receives."""
        return [module for module in self.above if self.vae in module.observed]

    def load(self) -> None:
        """Load what every module learnt, to infer with it.

        Raises:
            InputError: When a file is missing or damaged.
        """
        for module in self.above:
            module.mode = "recog"
            if module.learns:
                module.load()

    def infer(self, z: np.ndarray) -> dict[Module, Messages]:
        """Infer what every learnt module above the VAE sends for codes `(n, latent_dim)`.

        Messages go up once, then down once, so that every module receives the messages from above.
        """
        forward: dict[Module, np.ndarray] = {self.vae: z}
        sent: dict[Module, Messages] = {}
        modules = [module for module in self.above if module.learns]
        for module in modules:
            sent[module] = module.infer([forward[one] for one in module.observed])
            forward[module] = sent[module].forward
        for module in reversed(modules):
            above = received(module, {one: messages.backward for one, messages in sent.items()})
            if above is not None:
                module.check_backward(above, "above")
                sent[module] = module.infer([forward[one] for one in module.observed], above)
        return sent

    def messages(self, z: np.ndarray, given: Gaussian | None = None) -> Gaussian | None:
        """The priors that are inferred for codes `(n, latent_dim)`; None: N(0, I).

        `given` is a message for the rows that does not depend on their codes.
        """
        return combined(self.vae, [given, self.message_of(self.infer(z))])

    def message_of(self, sent: dict[Module, Messages]) -> Gaussian | None:
        """The message that the VAE receives, of all that were inferred; None: N(0, I)."""
        message = received(self.vae, {module: messages.backward for module, messages in sent.items()})
        return None if message is None else as_gaussian(message)

    def classes(self, z: np.ndarray) -> np.ndarray | None:
        """The classes `(n,)` of codes `(n, latent_dim)`, by the lowest module that has classes; None: none has."""
        for module, messages in self.infer(z).items():
            found = module.classes_of(messages.forward)
            if found is not None:
                return found
        return None

    @property
    def knows_prior(self) -> bool:
        """Whether new codes can be drawn from the VAE's prior; False if no module above can draw its message."""
        return not self.senders or self.new_message(1, np.random.default_rng(0)) is not None

    def sample_prior(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw `n` codes `(n, latent_dim)` from messages for new rows, or from N(0, I) where there are none."""
        message = self.new_message(n, rng)
        noise = rng.standard_normal((n, self.vae.latent_dim))
        if message is None:
            return noise
        if message.cov is None:
            return message.mean + noise
        if message.cov.ndim == 2:
            return message.mean + np.sqrt(message.cov) * noise
        return message.mean + np.einsum("nij,nj->ni", np.linalg.cholesky(message.cov), noise)

    def new_message(self, n: int, rng: np.random.Generator) -> Gaussian | None:
        """Draw the message to the VAE for `n` new rows, from the top module down; None: no module can draw."""
        sent: dict[Module, list] = {}
        for module in reversed(self.above):
            drawn = module.sample(n, rng, received(module, sent))
            if drawn is not None:
                sent[module] = drawn
        message = received(self.vae, sent)
        return None if message is None else as_gaussian(message)

    def view(
        self,
        module: Module,
        spec: InputSpec,
        labels: np.ndarray | None,
        rounds: Sequence[dict[str, float]] = (),
        x: Rows | None = None,
    ) -> View:
        """What a module gets for its pictures of rows `x` with `labels` `(n,)`."""
        model = self.vae.model
        table = None if spec.table is None or x is None else TableRows.of(x, spec.table)
        # A conditional model cannot decode codes alone.
        if model is None or module.observed != [self.vae] or model.likelihood.given:
            return View(None, spec.axis, labels, list(rounds), table)
        return View(lambda z: spec.scaling.invert(model.decode(z)), spec.axis, labels, list(rounds), table)

    def recognise(
        self,
        z: np.ndarray,
        labels: np.ndarray | None,
        spec: InputSpec,
        given: Gaussian | None = None,
        count: bool = False,
        x: Rows | None = None,
    ) -> Gaussian | None:
        """Infer, write and draw the results of each module for codes `(n, latent_dim)`.

        Args:
            z: Codes of the rows.
            labels: Labels of the rows, `(n,)`.
            spec: What the model expects of observations, to draw them in the data's units.
            given: A message for the rows that does not depend on their codes.
            count: Whether to write counts of classes by labels, from which recognition in shards is measured.
            x: The rows themselves, to describe classes by them; None in shards, which have a part of the rows.

        Returns:
            The priors of the codes; None: N(0, I).
        """
        sent = self.infer(z)
        for module, messages in sent.items():
            module.know(labels)
            module.take(messages)
            module.write()
            module.draw(self.view(module, spec, labels, x=x))
            classes = module.classes_of(messages.forward) if count else None
            if classes is not None and labels is not None and are_classes(labels):
                counts, names, label_names = confusion(classes, labels)
                arrays = {"counts": counts, "classes": names, "labels": label_names.astype(str)}
                module.folder.write_arrays(module.folder.counts, **arrays)
        return combined(self.vae, [given, self.message_of(sent)])

    def measure(self, taken: dict[str, float]) -> dict[str, float]:
        """The metrics of all learnt modules on the recognised rows; `taken` are metrics whose names are in use."""
        metrics: dict[str, float] = {}
        for module in self.learning:
            metrics |= named_apart(module, module.measure(), taken | metrics)
        return metrics


def received(module: Module, sent: Mapping[Module, Sequence[Any]]) -> Any:
    """The message that a module receives, of what its observers `sent` to each module that they observe."""
    observers = [one for one in sent if module in one.observed]
    return combined(module, [sent[one][one.observed.index(module)] for one in observers])


def named_apart(module: Module, found: dict[str, float], taken: dict[str, float]) -> dict[str, float]:
    """The metrics of a module, with its name as a prefix if one of their names is in `taken`."""
    return named(module, found) if found.keys() & taken.keys() else found


def named(module: Module, found: dict[str, float]) -> dict[str, float]:
    """The metrics of a module with its name as a prefix, such as `gmm1_accuracy` and `val_gmm1_accuracy`."""
    return {
        f"val_{module.name}_{name[4:]}" if name.startswith("val_") else f"{module.name}_{name}": value
        for name, value in found.items()
    }


def in_order(vae: VAE, above: Sequence[Module]) -> list[Module]:
    """All modules above a VAE, each after those that it observes.

    Raises:
        InputError: For anything but modules.
    """
    found: list[Module] = []
    for module in above:
        if not isinstance(module, Module):
            raise InputError(f"above a VAE there must be modules. Received: {type(module).__name__}")
        for one in reversed(below(module)):
            if one not in found and one is not vae and not isinstance(one, Observation) and one not in below(vae):
                found.append(one)
    for module in found:
        if not module.observed:
            module.connect(vae)
    placed: list[Module] = []
    while len(placed) < len(found):
        ready = [m for m in found if m not in placed and all(o in placed or o not in found for o in m.observed)]
        placed.append(ready[0])
    return placed
