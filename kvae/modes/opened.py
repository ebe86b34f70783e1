"""A learnt run, opened for use: its model, what it expects of data, and the rows that a mode is asked for."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from kvae.data import Data, InputSpec, Part, load_data
from kvae.data.checks import check_support
from kvae.data.peek import peek
from kvae.errors import InputError
from kvae.likelihoods.support import Support
from kvae.model import VAE
from kvae.modes.build import import_networks
from kvae.modes.rounds import build_gmm, read_mu, split_messages
from kvae.modules import GMM, Gaussian
from kvae.modules.model_file import load_vae
from kvae.options.schema import Config, check
from kvae.runs import RunFolder, find_learnt_run, same_path, select
from kvae.runs.files import read_json
from kvae.runs.forms import list_of, record, whole, word
from kvae.runs.plain import is_plain

log = logging.getLogger(__name__)


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
    """

    folder: RunFolder
    vae: VAE
    spec: InputSpec

    @cached_property
    def config(self) -> Config:
        """What it was learnt with."""
        return check(self.folder.read_config())

    @property
    def support(self) -> Support | None:
        """The values that observations may have in the model's units; None for all."""
        return self.vae.likelihood.support

    @property
    def has_mixture(self) -> bool:
        """Whether a mixture was learnt with the VAE."""
        return is_plain(self.folder.gmm.mixture)

    def mixture(self, category: np.ndarray | None = None) -> GMM:
        """The learnt mixture as a module that only infers; `category` are true classes `(n,)`."""
        return build_gmm(self.config, category, "recog", learnt=self.folder.gmm.path)

    @cached_property
    def sender(self) -> Callable[[np.ndarray], Gaussian] | None:
        """What the learnt mixture sends for codes `(n, latent_dim)`; None where none was learnt."""
        if not self.has_mixture:
            return None
        gmm = self.mixture()
        gmm.mixture = gmm.load(self.vae.latent_dim)
        mixture = gmm.mixture

        def send(z_mean: np.ndarray) -> Gaussian:
            return gmm.damped(gmm.message_for(mixture.responsibilities(z_mean)[0]), None)

        return send


@dataclass(frozen=True)
class Chosen:
    """The rows of a data set that a mode works on.

    Attributes:
        data: The whole data set, as the learnt model takes it.
        which: `test`, `train` or `all`.
        part: Those rows.
        messages: Their messages, where they stand in a file (`prior=message`).
    """

    data: Data
    which: str
    part: Part
    messages: Gaussian | None


def open_learnt(config: Config) -> Opened:
    """Open the run that `mode.run` names, or the newest that fits the config.

    Raises:
        InputError: When there is none, or its files are damaged.
    """
    folder = learnt_run(config)
    import_networks(config.model)
    learnt = Opened(folder, load_vae(folder.vae.model), read_spec(folder))
    if learnt.spec.shape != learnt.vae.data_shape:
        raise InputError(
            f"{folder.vae.input_spec} is missing or damaged: it describes observations of {learnt.spec.shape}, "
            f"and the model takes {learnt.vae.data_shape}"
        )
    return learnt


def choose_rows(config: Config, learnt: Opened) -> Chosen:
    """Load the config's data as the learnt model takes it, and choose what `mode.split` names.

    Raises:
        InputError: When the data does not fit the learnt run.
    """
    if (known := config.data.changes(select(learnt.folder.read_config(), "data") or {})) is not None:
        log.warning("warning: the run learnt %s", known)
    data = load_data(config.data, config.run.seed, learnt.spec)
    which = config.mode.split or default_split(config, learnt.folder, data)
    if which != "all" and is_learnt_data(config, learnt.folder):
        say_written_since(config, learnt.folder)
    part = choose(data, which)
    check_support(part.x, learnt.support, config.data, learnt.spec.scaling)
    return Chosen(data, which, part, messages_for(config, data, which))


def say_written_since(config: Config, learnt: RunFolder) -> None:
    """Warn where the file that a run learnt from was written anew since: other rows may be held out now."""
    path, begun = config.data.path, learnt.begun
    if path is None or begun is None or not Path(path).is_file() or Path(path).stat().st_mtime <= begun:
        return
    log.warning(
        "warning: data.path=%s was written after the run began to learn from it: where its rows are others, or in "
        "another order, learnt rows may count as held out. To learn it anew, type mode=learn",
        path,
    )


def read_spec(learnt: RunFolder) -> InputSpec:
    """What a learnt run expects of its input."""
    path = learnt.vae.input_spec
    try:
        return InputSpec.from_json(read_json(path, SPEC))
    except InputError:
        raise
    except (ValueError, OverflowError, AttributeError) as error:
        raise InputError(f"{path} is missing or damaged: {error}") from error


def learnt_run(config: Config) -> RunFolder:
    """The run that `mode.run` names, or the newest that fits."""
    if config.mode.run is None:
        learnt = find_learnt_run(config.plain, config.run.outputs, unlike(config))
        path = select(learnt.read_config(), "data.path")
        if path is not None and not same_path(config.plain, learnt.read_config()):
            log.info("the newest run that fits learnt from %s", path)
        return learnt
    learnt = RunFolder(config.mode.run)
    if not (learnt.finished and is_plain(learnt.vae.model)):
        raise InputError(f"mode.run={config.mode.run} is no finished learnt run (looked in {Path.cwd()})")
    return learnt


def unlike(config: Config) -> Callable[[RunFolder], str | None] | None:
    """What says how a run's columns differ from those of the config's table; None of other data."""
    columns = peek(config.data)
    if columns is None:
        return None

    def differs(run: RunFolder) -> str | None:
        try:
            return columns.unlike(config.data, read_spec(run))
        except InputError as error:
            return str(error)

    return differs


def default_split(config: Config, learnt: RunFolder, data: Data) -> str:
    """The held-out rows of the data that was learnt; all rows of other data, or when none are held out."""
    return "test" if is_learnt_data(config, learnt) and data.test is not None else "all"


def is_learnt_data(config: Config, learnt: RunFolder) -> bool:
    """Whether the config's data is what a run learnt, however it is read."""
    ours, theirs = (
        {
            key: value
            for key, value in (select(plain, "data") or {}).items()
            if key not in config.data.HOW_TO_READ
            and value is not None  # as of runs that were learnt before there was such a key
        }
        for plain in (config.plain, learnt.read_config())
    )
    return ours == theirs


def choose(data: Data, which: str) -> Part:
    """The rows that `mode.split` names."""
    if which == "all":
        return data.everything
    if which == "train":
        return data.train
    if data.test is None:
        raise InputError("mode.split=test: nothing is held out (data.test_fraction=0). Type mode.split=all")
    return data.test


def messages_for(config: Config, data: Data, which: str) -> Gaussian | None:
    """The messages of `prior=message` for the rows that `mode.split` names; None of any other prior."""
    if config.prior.name != "message":
        return None
    mu = read_mu(config, data)
    train, test = split_messages(mu, data)
    return Gaussian(mu) if which == "all" else (train if which == "train" else test)
