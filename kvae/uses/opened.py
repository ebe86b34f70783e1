"""A learnt run, opened for use: its model, the modules above it, and what it expects of data."""

import logging
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

log = logging.getLogger(__name__)

# The form of the file that says how observations become the model's input; see `kvae.runs.forms`.
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
        folder: The run folder.
        vae: Its model.
        spec: Shape, scaling and binarisation that the model expects.
        prior: The callable that `prior._target_` of the run names, if the user passed it: for safety, code that is
            only named in a folder is never called.
        said: Whether it was said that the run's messages are not known.
        told: Whether it was said that the file which was learnt may have changed.
    """

    folder: RunFolder
    vae: VAE
    spec: InputSpec
    prior: Callable[..., Any] | None = None
    told: bool = False
    said: bool = False

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
            InputError: When the file of one is missing or damaged, or the run has a prior of the user's own and
                `prior` is None.
        """
        above = modules_of(read_back(self.plain.get("prior") or {}), self.seed, self.prior)
        vae = modules.VAE(self.vae.latent_dim, mode="recog", model=self.vae)
        network = Network(vae, above, self.folder)
        network.load()
        return network

    def messages(self, x: Rows, given: Gaussian | None = None) -> Gaussian | None:
        """The prior of every observation in `x`, which is in the model's units; None: N(0, I).

        It combines the messages that the modules above the VAE send for the codes with those in `given`.
        """
        if given is None and not self.said and (self.plain.get("prior") or {}).get("name") == "message":
            self.said = True
            log.warning("warning: the run learnt under messages, which are not known here: the prior is N(0, I)")
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
        """Whether the rows are not checked yet: errors in them are raised when they are read."""
        return isinstance(self.part.x, StoredRows) and self.part.x.look is not None


def open_folder(folder: RunFolder, prior: Callable[..., Any] | None = None) -> Opened:
    """Open a finished learnt run; `prior` is as in `Opened`.

    Raises:
        InputError: When its files are missing or damaged.
    """
    if network := network_of(folder):
        raise InputError(
            f"{folder.path} is a run of network={network}, but a run of one VAE is needed. "
            f"Type mode=recog network={network}"
        )
    learnt = Opened(folder, load_vae(folder.vae.model), read_spec(folder), prior)
    if learnt.spec.shape != learnt.vae.data_shape:
        raise InputError(
            f"{folder.vae.input_spec} is damaged: it describes observations of shape {learnt.spec.shape}, but the "
            f"model takes {learnt.vae.data_shape}"
        )
    return learnt


def read_spec(learnt: RunFolder) -> InputSpec:
    """What a learnt run expects of its input."""
    return read_spec_in(learnt.vae.input_spec)


def read_spec_in(path: Path) -> InputSpec:
    """The content of a file that says what a model expects of its input.

    Raises:
        InputError: When it is missing or damaged.
    """
    try:
        return InputSpec.from_json(read_json(path, SPEC))
    except InputError:
        raise
    except (ValueError, OverflowError, AttributeError) as error:
        raise InputError(f"{path} is missing or damaged: {error}") from error
