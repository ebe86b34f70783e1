"""The state of a network on disk: the states of its modules, and the messages for the held-out rows."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from kvae.errors import InputError, LaterVersionError
from kvae.modules.message import Gaussian, as_gaussian, packed, unpacked
from kvae.modules.module import Module
from kvae.modules.round_plan import RoundPlan
from kvae.modules.vae import VAE
from kvae.runs import ModuleFolder, RunFolder, held_out_in, networks
from kvae.runs.npy import UNREADABLE, open_plain_npz
from kvae.runs.plain import is_plain
from kvae.training.checkpoint_file import read_state

if TYPE_CHECKING:
    from kvae.modules.graph.training import GraphTraining


def resumed(training: "GraphTraining", module: Module, folder: ModuleFolder) -> None:
    """Let a module resume from its state in `folder`, if there is one, and send its last messages again."""
    if isinstance(module, VAE):
        if folder.is_begun:
            resume_vae(module, training.plans[module], folder)
    elif not module.learns:
        if all(one.get_forward_msg() is not None for one in module.observed):
            module.step()
    elif is_plain(folder.state):
        training.take_up(module, module.read(folder.state), folder)
        module.held_out = None  # it is inferred again at the end


def resume_vae(vae: VAE, plan: RoundPlan, folder: ModuleFolder) -> None:
    """Let a VAE resume from its checkpoint."""
    state = read_state(folder.checkpoint)
    arrays = vae.get_observations()
    vae.resume_training(vae.rows(arrays), state, folder.checkpoint)
    assert vae.training is not None
    vae.updates = plan.rounds_done(state.iteration)
    if folder.path != vae.folder.path:  # a run that resumes in a new folder needs the checkpoint there
        vae.training.write(state, vae.training.trained)
    vae.update(0, write=False)


def write_held_out(folder: RunFolder, number: int, priors: dict[Module, Gaussian]) -> None:
    """Save the messages to the VAEs for the held-out rows after round `number`.

    A resumed run could not infer them again: the codes may have changed in the next round.
    """
    arrays = {name: array for vae, prior in priors.items() for name, array in packed(vae.name, prior).items()}
    networks.write_held_out(folder, rounds=number, **arrays)


def read_held_out(folder: RunFolder, vaes: Iterable[VAE]) -> tuple[int, dict[Module, Gaussian]]:
    """What `write_held_out` saved: the number of the round, and the message to each VAE; 0, {} without a file.

    Raises:
        InputError: When the file is damaged.
    """
    path = held_out_in(folder)
    if not is_plain(path):
        return 0, {}
    try:
        with open_plain_npz(path) as found:
            arrays = {name: found[name] for name in found.names}
        number = int(arrays["rounds"])
    except LaterVersionError:
        raise
    except (*UNREADABLE, TypeError) as error:
        raise InputError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    priors = {vae: unpacked(arrays, vae.name) for vae in vaes}
    return number, {vae: as_gaussian(prior) for vae, prior in priors.items() if prior is not None}
