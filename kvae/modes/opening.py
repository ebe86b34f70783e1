"""Opens the learnt run that a config names or fits, and chooses the rows that a mode works on."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from kvae import modules
from kvae.data import Data, Part, load_data
from kvae.data.checks import check_support
from kvae.data.later import what_is_odd
from kvae.data.looking import support_in_passing
from kvae.data.peek import peek
from kvae.data.pieces import pieces
from kvae.data.stored import StoredRows
from kvae.errors import InputError
from kvae.modes.build import import_networks
from kvae.modes.learnt_keys import as_learnt, other_keys, say_learnt_rows, warn_of_keys_without_effect
from kvae.modules import Gaussian, Network
from kvae.modules.module import combined
from kvae.modules.priors import modules_of
from kvae.options.quoting import shell
from kvae.options.schema import Config, check
from kvae.runs import RunFolder, find_learnt_run, is_path_of, learnt_path, learnt_runs, network_of, select
from kvae.runs.plain import is_plain
from kvae.uses.learnt_data import say_changed
from kvae.uses.opened import Chosen, Opened, open_folder, read_spec

log = logging.getLogger(__name__)


def open_learnt(config: Config) -> Opened:
    """Open the run that `mode.run` names, or the newest that fits the config.

    Raises:
        InputError: When there is none, or its files are damaged.
    """
    folder = learnt_run(config)
    import_networks(config.model)
    typed = getattr(config.prior, "_target_", None)
    same = typed is not None and typed == select(folder.read_config(), "prior._target_")
    learnt = open_folder(folder, config.prior.CALLED if same else None)
    warn_of_keys_without_effect(config, folder, learnt.spec.table)
    check_prior(config, folder)
    return learnt


def check_prior(config: Config, learnt: RunFolder) -> None:
    """Check that the config's prior goes with that of a run; `prior=standard`, the default, is the run's own.

    Raises:
        InputError: Where messages of a file are lacking, or would be added to those of the run's own modules.
    """
    ours, theirs = select(config.plain, "prior.name"), select(learnt.read_config(), "prior.name")
    if theirs in (ours, None) or (ours == "standard" and theirs != "message"):
        return
    if theirs == "message" and config.mode.needs_messages:
        raise InputError(
            f"{learnt.path} learnt under messages, and this command has none. Type prior=message prior.path=FILE, "
            f"with a row per observation. Received: prior={ours}"
        )
    if ours == "message" and theirs != "standard":
        raise InputError(
            f"prior=message does not go with {learnt.path}, which learnt with prior={theirs}: its own modules "
            "send the messages. Leave prior out"
        )
    if ours not in ("standard", "message"):
        log.warning("warning: prior=%s has no effect: %s learnt with prior=%s", ours, learnt.path, theirs)


def refuse_conditional(learnt: Opened, what: str) -> None:
    """Raise InputError where a run learnt with `model.condition`, for a mode that decodes codes alone."""
    if learnt.vae.likelihood.given:
        names = ",".join(learnt.vae.likelihood.condition)
        raise InputError(
            f"{what} needs a model of all columns, and {learnt.folder.path} learnt with "
            f"model.condition=[{names}]: learn one without, or type mode=recog or mode=generate"
        )


def choose_rows(config: Config, learnt: Opened, as_came: bool = False, in_passing: bool = False) -> Chosen:
    """Load the config's data as the learnt model takes it, and choose what `mode.split` names.

    With `as_came` the rows also keep the form that they have in their source. With `in_passing` the chosen rows,
    where they are streamed, are checked only when they are read, and raise then (`Chosen.unseen`).

    Raises:
        InputError: When the data does not fit the learnt run.
    """
    if (known := config.data.changes(select(learnt.folder.read_config(), "data") or {})) is not None:
        log.warning("warning: the run learnt %s", known)
    config = as_learnt(config, learnt.folder)
    data = load_data(config.data, config.run.seed, learnt.spec, as_came=as_came, in_passing=in_passing)
    which = config.mode.split or default_split(config, learnt.folder, data)
    if is_learnt_data(config, learnt.folder):
        say_changed(learnt.folder, held_out=which == "test", path=config.data.path)
    elif which == "test" or config.mode.split is None:
        say_learnt_rows(config, learnt.folder)
    part, data = choose(data, which), data.without_own()
    say_what_is_odd(config, learnt, part)
    part = replace(part, own=None)
    allowed = learnt.support, config.data, learnt.spec.scaling
    if isinstance(part.x, StoredRows) and part.x.look is not None:
        look_at_others(data, which)
        part = replace(part, x=support_in_passing(part.x, *allowed))
    else:
        check_support(part.x, *allowed)
    return Chosen(data, which, part, messages_for(config, learnt, data, which))


def learnt_unit_range(learnt: Opened) -> bool:
    """Whether a run learnt data that is in [0, 1] by itself; not known of a config that is not whole."""
    try:
        return check(learnt.plain).data.IN_UNIT_RANGE
    except InputError:
        return False


def say_what_is_odd(config: Config, learnt: Opened, part: Part) -> None:
    """Warn of rows that the run clips, or that seem to be in other units than those that it learnt."""
    if part.own is None:
        return
    in_unit = not config.data.IN_UNIT_RANGE and learnt_unit_range(learnt)
    if (odd := what_is_odd(part.own, learnt.spec, config.data.called, in_unit)) is not None:
        log.warning("warning: %s", odd)


def look_at_others(data: Data, which: str) -> None:
    """Check the rows that `mode.split` leaves out, by reading them.

    Raises:
        InputError: When they hold anything but numbers.
    """
    others = {"all": None, "train": data.test, "test": data.train}[which]
    for _ in () if others is None else pieces(others.x):
        pass


def learnt_run(config: Config) -> RunFolder:
    """The run that `mode.run` names, or the newest that fits."""
    if config.mode.run is None:
        learnt = find_learnt_run(config.plain, config.run.outputs, unlike(config))
        path = learnt_path(learnt)
        if path is not None and not is_path_of(learnt, select(config.plain, "data.path")):
            log.info("the newest run that fits learnt from %s", path)
        return learnt
    learnt = RunFolder(config.mode.run)
    if not (learnt.finished and (is_plain(learnt.vae.model) or network_of(learnt))):
        below = learnt_runs(learnt.path)[:1] if learnt.path.is_dir() else []
        hint = f". Did you mean {shell(f'mode.run={below[0].path}')}?" if below else f" (looked in {Path.cwd()})"
        raise InputError(f"mode.run={config.mode.run} is no finished learnt run{hint}")
    return learnt


def unlike(config: Config) -> Callable[[RunFolder], str | None] | None:
    """A function that tells how a run's columns differ from those of the config's table; None for other data."""
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
    """Whether the config's data is what a run learnt; keys of how it is read may differ."""
    return not other_keys(config, learnt) and is_path_of(learnt, select(config.plain, "data.path"))


def choose(data: Data, which: str) -> Part:
    """The rows that `mode.split` names."""
    if which == "all":
        return data.everything
    if which == "train":
        return data.train
    if data.test is None:
        raise InputError("mode.split=test: nothing is held out (data.test_fraction=0). Type mode.split=all")
    return data.test


def messages_for(config: Config, learnt: Opened, data: Data, which: str) -> Gaussian | None:
    """Messages of the config's prior that do not depend on codes, as those in a file; None for most priors."""
    if hasattr(config.prior, "_target_") and learnt.prior is None:
        return None  # another prior than the run's own
    vae = modules.VAE(learnt.vae.latent_dim, mode="recog", model=learnt.vae)
    network = Network(vae, modules_of(config.prior, config.run.seed, learnt.prior))
    given = [module.messages_for(data, which) for module in network.senders]
    return combined(vae, given)
