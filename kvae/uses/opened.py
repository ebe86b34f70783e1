"""A learnt run, opened for use: its model, the modules above it, and what it expects of data."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kvae import modules
from kvae.data import Data, InputSpec, Part
from kvae.data.stored import Rows, StoredRows
from kvae.errors import InputError
from kvae.likelihoods.support import Support
from kvae.model import VAE
from kvae.modules import Gaussian, Network
from kvae.modules.model_file import load_vae
from kvae.modules.priors import modules_of, read_back
from kvae.options.arguments import is_integer
from kvae.runs import RunFolder, network_of
from kvae.runs.files import read_json
from kvae.runs.forms import list_of, record, whole, word

# What says how observations become what a model takes; see `kvae.runs.forms`.
SPEC = record(
    {
        "shape": list_of(whole, 10),
        "scaling": record({"kind": word("none", "minmax", "standard", "divisor")}),
        "binarize": word("none", "threshold", "dynamic"),
    }
)


@dataclass
class Opened:
    """A learnt run.

    Attributes:
        folder: Where it is.
        vae: Its model.
        spec: Shape, scaling and binarisation that the model expects.
        prior: What the `prior._target_` of the run names, where the user says so: a folder does not choose which
            code is called.
    """

    folder: RunFolder
    vae: VAE
    spec: InputSpec
    prior: Callable[..., Any] | None = None

    @cached_property
    def plain(self) -> dict[str, Any]:
        """The config that it was learnt with, as plain values."""
        return self.folder.read_config()

    @property
    def seed(self) -> int:
        """The seed that it was learnt with."""
        return self.plain["seed"] if is_integer(self.plain.get("seed")) else 0

    @property
    def support(self) -> Support | None:
        """The values that observations may have in the model's units; None for all."""
        return self.vae.likelihood.support

    @cached_property
    def network(self) -> Network:
        """The modules that were learnt, which only infer.

        Raises:
            InputError: When the file of one is missing or damaged, or code of the user's own is needed and was
                not given.
        """
        above = modules_of(read_back(self.plain.get("prior") or {}), self.seed, self.prior)
        vae = modules.VAE(self.vae.latent_dim, mode="recog", model=self.vae)
        network = Network(vae, above, self.folder)
        network.load()
        return network

    def messages(self, x: Rows, given: Gaussian | None = None) -> Gaussian | None:
        """The prior of every one of the observations `x`, as they are in the model's units; None: N(0, I).

        It is what the modules above the VAE send for their codes, together with the messages `given` for them.
        """
        return self.network.messages(self.vae.encode(x)[0], given) if self.network.learning else given


@dataclass(frozen=True)
class Chosen:
    """The rows of a data set that a mode works on.

    Attributes:
        data: The whole data set, as the learnt model takes it.
        which: `test`, `train` or `all`.
        part: Those rows.
        messages: Their messages, where they do not follow from their codes (`prior=message`).
    """

    data: Data
    which: str
    part: Part
    messages: Gaussian | None

    @property
    def unseen(self) -> bool:
        """Whether nobody has looked at the rows yet: what is wrong with them is said when they are read."""
        return isinstance(self.part.x, StoredRows) and self.part.x.look is not None


def open_folder(folder: RunFolder, prior: Callable[..., Any] | None = None) -> Opened:
    """Open a finished learnt run; `prior` is as in `Opened`.

    Raises:
        InputError: When its files are missing or damaged.
    """
    if network := network_of(folder):
        raise InputError(
            f"{folder.path} is a run of network={network}, and this takes a run of one VAE. "
            f"Type mode=recog network={network}"
        )
    learnt = Opened(folder, load_vae(folder.vae.model), read_spec(folder), prior)
    if learnt.spec.shape != learnt.vae.data_shape:
        raise InputError(
            f"{folder.vae.input_spec} is missing or damaged: it describes observations of {learnt.spec.shape}, "
            f"and the model takes {learnt.vae.data_shape}"
        )
    return learnt


def read_spec(learnt: RunFolder) -> InputSpec:
    """What a learnt run expects of its input."""
    return read_spec_in(learnt.vae.input_spec)


def read_spec_in(path: Path) -> InputSpec:
    """What stands in a file of what a model expects of its input.

    Raises:
        InputError: When it is missing or damaged.
    """
    try:
        return InputSpec.from_json(read_json(path, SPEC))
    except InputError:
        raise
    except (ValueError, OverflowError, AttributeError) as error:
        raise InputError(f"{path} is missing or damaged: {error}") from error
