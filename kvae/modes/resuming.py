"""Resuming a run: which one, whether this config may resume it, and the command to type."""

import logging
from pathlib import Path
from typing import Any

from kvae.data import InputSpec
from kvae.errors import InputError
from kvae.modules.network_training import NetworkTraining
from kvae.modules.round_plan import RoundPlan
from kvae.options.quoting import shell
from kvae.options.schema import Config
from kvae.process.commands import program
from kvae.runs import RunFolder, differences, is_path_of, learnt_path, network_of, recorded, select
from kvae.runs.files import relative
from kvae.training.checkpoint_file import TrainingState, read_state
from kvae.uses.learnt_data import changed
from kvae.uses.opened import read_spec

log = logging.getLogger(__name__)

SAME_ON_RESUME = ("seed", "data", "model", "prior", "kl", "train.batch_size", "train.optimizer")


def run_to_resume(resume: str | None, folder: RunFolder) -> RunFolder | None:
    """The run folder to resume from: `train.resume`, or this one if a run was begun in it; None: a new run."""
    begun = folder if resume is None else RunFolder(resume)
    if network := network_of(begun):
        raise InputError(
            f"{begun.path} holds a run of network={network}. Type network={network} to resume it, or leave "
            "train.resume and hydra.run.dir out for a new run"
        )
    if resume is None:
        return folder if folder.vae.is_begun else None
    if not begun.vae.is_begun:
        raise InputError(
            f"train.resume={resume} has no checkpoint to resume from ({begun.vae.checkpoint.name}). "
            "Give the folder of a learnt or interrupted run"
        )
    return begun


def state_to_resume(config: Config, begun: RunFolder, in_rounds: bool) -> TrainingState:
    """The training state of `begun`, which must have been begun with this config.

    Raises:
        InputError: When it was not; names the keys that differ.
    """
    # A round has train.itr iterations, so that must be the same; the number of rounds may be larger than before.
    keys = [*SAME_ON_RESUME, *(["train.itr"] if in_rounds else [])]
    differs = differences(with_path_as_learnt(config.plain, begun), begun.read_config(), keys)
    differs = [text for text in differs if not text.startswith("prior.rounds=")]
    if differs:
        raise InputError(
            f"{begun.path} cannot be resumed with another config; it differs in {', '.join(differs)}. "
            "Type the keys that it was begun with, or leave train.resume and hydra.run.dir out for a new run"
        )
    state = read_state(begun.vae.checkpoint)
    if state.rows and not state.rows[0].keys() >= {"reconstruction", "kl"}:
        raise InputError(
            f"{begun.vae.checkpoint} is no checkpoint that can be read: its loss history lacks columns"
        )
    return state


def with_path_as_learnt(plain: dict[str, Any], begun: RunFolder) -> dict[str, Any]:
    """A config whose `data.path` is spelt as that of the run to resume, where it is the same file.

    Raises:
        InputError: When it is spelt so, but is another file.
    """
    ours, theirs = (select(config, "data.path") for config in (plain, begun.read_config()))
    if is_path_of(begun, ours):
        return {**plain, "data": {**plain["data"], "path": theirs}} if theirs is not None else plain
    if ours == theirs:
        raise InputError(
            f"{begun.path} cannot be resumed with another file: data.path={ours} is {Path(ours).absolute()} here, "
            f"but it learnt {learnt_path(begun)}. Type {shell(f'data.path={learnt_path(begun)}')}"
        )
    return plain


def known_of(begun: RunFolder | None) -> InputSpec | None:
    """The input spec of a begun run; None where it has none yet."""
    return read_spec(begun) if begun is not None and begun.vae.input_spec.is_file() else None


def check_rows(begun: RunFolder, path: str | None, n_rows: int) -> None:
    """Check that a run is resumed with as many learning rows as it had; warn where their file may have changed.

    Raises:
        InputError: When there are more or fewer.
    """
    known = recorded(begun)
    if known is not None and known["rows"] != n_rows:
        raise InputError(
            f"{begun.path} cannot be resumed with other rows: it learnt {known['rows']:,} rows of "
            f"data.path={path}, and there are {n_rows:,} now. Put back the file that was learnt, or leave "
            "train.resume and hydra.run.dir out for a new run"
        )
    if (how := changed(begun, path)) is not None:
        log.warning("warning: %s, the run goes on with other rows than it began with", how)


def take_learning_rate(learning_rate: float, begun: RunFolder, training: NetworkTraining) -> None:
    """Resume with `train.learning_rate` where it differs from that of `begun`; else with the checkpoint's."""
    before = select(begun.read_config(), "train.learning_rate")
    of_vae, model = training.vae.training, training.vae.model
    if learning_rate == before or of_vae is None or model is None:
        return
    model.optimizer.learning_rate = learning_rate
    of_vae.retried = False
    log.info("resuming with train.learning_rate=%g (was %s)", learning_rate, before)


def is_done(state: TrainingState, plan: RoundPlan, patience: int | None) -> bool:
    """Whether a state needs no more training: all iterations are done, or early stopping ended it."""
    return state.iteration >= plan.total or (state.stopped and patience is not None)


def say_how_to_go_on(training: NetworkTraining, folder: RunFolder, how: str) -> None:
    """Log, after a run was interrupted or stopped by an error, what is kept and how to resume."""
    of_vae = training.vae.training
    if of_vae is None or not folder.vae.is_begun:
        log.info("%s before the first checkpoint: there is nothing to resume from", how)
        return
    log.info("%s; iteration %s of %d is kept", how, of_vae.position, training.plan.total)
    say_what_to_type(folder)


def say_what_to_type(folder: RunFolder) -> None:
    """Log the command that resumes a run in its folder, and the key that resumes it in a new one."""
    path = relative(folder.path)
    if folder.read_overrides() is None:  # of Python code: no command is known
        log.info("resume with the same command and  %s", shell(f"hydra.run.dir={path}"))
    else:
        log.info("resume with:  %s %s", program(), shell(f"resume={path}"))
    log.info("or, in a new folder, with the same command and  %s", shell(f"train.resume={path}"))
