"""A network of modules: a VAE on its observations, and what is connected above it."""

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
    """The modules of a run in order, from below to above; each infers, measures, draws and writes its own.

    Args:
        vae: The VAE.
        above: Modules above it. Those that observe nothing yet are connected to the VAE.
        folder: The run folder; each module has a folder of its own there, `module{number}_{name}`.

    Attributes:
        above: All modules above the VAE, in order.

    Raises:
        InputError: When `above` holds anything else.
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
        """The modules above the VAE with their numbers, as their folders are called."""
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
        """Take up what every module learnt, to infer with it.

        Raises:
            InputError: When the file of one is missing or damaged.
        """
        for module in self.above:
            module.mode = "recog"
            if module.learns:
                module.load()

    def infer(self, z: np.ndarray) -> dict[Module, Messages]:
        """What every module above the VAE sends for codes `(n, latent_dim)`, with what it learnt.

        Messages go up once, and down once: what comes from above is heard by those below.
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
        """The prior of every one of the codes `(n, latent_dim)`, as it is inferred from them; None: N(0, I).

        `given` are messages that the rows have whatever their codes.
        """
        return combined(self.vae, [given, self.message_of(self.infer(z))])

    def message_of(self, sent: dict[Module, Messages]) -> Gaussian | None:
        """What the VAE receives of messages that were inferred."""
        message = received(self.vae, {module: messages.backward for module, messages in sent.items()})
        return None if message is None else as_gaussian(message)

    def classes(self, z: np.ndarray) -> np.ndarray | None:
        """The classes `(n,)` of codes `(n, latent_dim)` by the lowest module that has any; None: none has."""
        for module, messages in self.infer(z).items():
            found = module.classes_of(messages.forward)
            if found is not None:
                return found
        return None

    @property
    def knows_prior(self) -> bool:
        """Whether new codes can be drawn as what is above the VAE would have them; without it, from N(0, I)."""
        return not self.senders or self.new_message(1, np.random.default_rng(0)) is not None

    def sample_prior(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """`n` codes `(n, latent_dim)`: draws from what is sent to new rows, or from N(0, I) where nobody knows."""
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
        """What the VAE receives for `n` new rows, drawn from above to below; None where nobody knows."""
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
        """What a module draws with, of rows `x` with `labels` `(n,)`."""
        model = self.vae.model
        table = None if spec.table is None or x is None else TableRows.of(x, spec.table)
        if model is None or module.observed != [self.vae] or model.likelihood.given:  # codes alone are not decoded
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
        """Infer, write and draw what each module says of codes `(n, latent_dim)`; the prior of every one of them.

        Args:
            z: Codes of the rows.
            labels: Of the rows, `(n,)`.
            spec: What the model expects of observations, to draw them in the data's units.
            given: Messages that the rows have whatever their codes.
            count: Whether to count classes by labels, by which recognition in shards is measured.
            x: The rows themselves, for what is said of them; None in shards, which are parts of what is asked for.
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
        """The metrics of what was recognised, of all modules above the VAE; `taken` are those that there are."""
        metrics: dict[str, float] = {}
        for module in self.learning:
            metrics |= named_apart(module, module.measure(), taken | metrics)
        return metrics


def received(module: Module, sent: Mapping[Module, Sequence[Any]]) -> Any:
    """What a module makes of what its observers send to each of theirs; None where nobody sends anything."""
    observers = [one for one in sent if module in one.observed]
    return combined(module, [sent[one][one.observed.index(module)] for one in observers])


def named_apart(module: Module, found: dict[str, float], taken: dict[str, float]) -> dict[str, float]:
    """Metrics of a module; where their names are taken, the module's own name goes before them."""
    return named(module, found) if found.keys() & taken.keys() else found


def named(module: Module, found: dict[str, float]) -> dict[str, float]:
    """Metrics of a module with its name before theirs: `gmm1_accuracy`, `val_gmm1_accuracy`."""
    return {
        f"val_{module.name}_{name[4:]}" if name.startswith("val_") else f"{module.name}_{name}": value
        for name, value in found.items()
    }


def in_order(vae: VAE, above: Sequence[Module]) -> list[Module]:
    """All modules above a VAE, each after those that it observes.

    Raises:
        InputError: For what is no module.
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
