"""Training of a VAE and the modules above it, in rounds in which each learns in turn; it resumes at any point."""

import logging

import numpy as np

from kvae.data import Data
from kvae.errors import InputError, LaterVersionError
from kvae.modules.hooks import View
from kvae.modules.message import Gaussian, as_gaussian
from kvae.modules.module import Module
from kvae.modules.network import Network, named_apart
from kvae.modules.round_plan import RoundPlan
from kvae.modules.rounds import Rounds, Row, Track
from kvae.runs import ModuleFolder, RunFolder, previous
from kvae.training.checkpoint_file import TrainingState

log = logging.getLogger(__name__)


class NetworkTraining(Rounds):
    """The training of a network in rounds.

    Args:
        network: The modules, the VAE connected with the learning rows.
        data: Learning and held-out rows.
        plan: The number of rounds, and the iterations of each.
        track: As in `Rounds`.
    """

    def __init__(self, network: Network, data: Data, plan: RoundPlan, track: Track | None = None) -> None:
        super().__init__(network.learning, data, track)
        self.network, self.plan, self.vae = network, plan, network.vae

    def last_iteration(self, number: int) -> int:
        return self.plan.last_iteration(number)

    def begin(self) -> None:
        """Let every module check the data.

        Raises:
            InputError: When a module cannot be used with the data.
        """
        for module in self.network.above:
            module.begin(self.data)

    def resume(self, state: TrainingState, begun: RunFolder) -> None:
        """Resume from a state of the VAE, and from the states of the modules above it if they have any.

        Raises:
            InputError: When a state that the VAE was trained against is missing or damaged.
        """
        self.vae.resume_training(self.data.train.x, state, begun.vae.checkpoint)
        most = self.plan.rounds
        for number, module in self.network.numbered():
            if not module.learns:
                continue
            folder = begun.module(number, module.name)
            arrays = self.state_of(module, folder, state.iteration, most)
            if arrays is None and state.iteration > self.plan.last_iteration(1):
                raise InputError(
                    f"{begun.path} cannot be resumed: the VAE is at iteration {state.iteration}, but there is no "
                    f"{folder.state.name} of the round before"
                )
            most = 0 if arrays is None else min(most, int(arrays["updates"]))
            if arrays is not None:
                self.take_up(module, arrays, folder)

    def state_of(
        self, module: Module, folder: ModuleFolder, iteration: int, most: int
    ) -> dict[str, np.ndarray] | None:
        """The last state of a module that fits the VAE's iteration; None: there is none.

        Args:
            module: The module.
            folder: The folder that it wrote to.
            iteration: Iterations of the VAE that are done.
            most: Updates of the modules below, which it cannot exceed.
        """
        for path in (folder.state, previous(folder.state)):
            if not path.is_file():
                continue
            try:
                arrays = module.read(path)
            except LaterVersionError:
                raise
            except InputError as error:
                log.warning("warning: %s", error)
                continue
            updates, last = int(arrays["updates"]), self.plan.last_iteration
            if updates <= most and last(updates) <= iteration <= last(updates + 1):
                return arrays
        return None

    def run(self) -> None:
        """Train all rounds that are not yet done, and write the states of the modules after each.

        The message for the held-out rows is inferred from their codes at the modules' last update, and saved in
        the modules' states.
        """
        learning, plan = self.network.learning, self.plan
        for module in learning:
            if module.updates:
                self.keep(module)  # a run that resumes in a new folder needs the state there
            for row in self.rows[module]:
                self.track_row(module, row)
        if not learning:
            self.vae.prior_test = self.held_out_message()
            self.vae.learn(self.data.train.x, self.left(1))
            return
        for number in range(1, plan.rounds + 1):
            if number < plan.rounds and all(module.updates >= number for module in learning):
                continue
            title = f"round {number} of {plan.rounds}: "
            self.vae.prior_test = self.held_out_message()
            self.vae.update(self.left(number), write=False, title=title, reconstruct=False)
            self.update(number, title)

    def left(self, number: int) -> int:
        """Iterations of the VAE that are left in a round."""
        done = self.vae.training.iteration if self.vae.training else 0
        return max(0, self.plan.last_iteration(number) - done)

    def update(self, number: int, title: str) -> None:
        """Update the modules above the VAE for a round, and write their states."""
        behind = [module for module in self.network.learning if module.updates < number]
        for module in behind:
            module.step()
            module.updates = number
            self.report(module, number, title)
        if behind:
            self.infer_held_out()
        for module in behind:
            self.keep(module)

    def infer_held_out(self) -> None:
        """Infer what every module sends for the held-out rows from their present codes, and set its `held_out`."""
        if self.data.test is None or self.vae.model is None:
            return
        for module, messages in self.network.infer(self.vae.model.encode(self.data.test.x)[0]).items():
            module.held_out = messages

    def held_out_message(self) -> Gaussian | None:
        """The message to the VAE for the held-out rows; None: N(0, I)."""
        sent = {module: module.held_out for module in self.network.senders if module.held_out is not None}
        return self.network.message_of(sent)

    def message(self) -> Gaussian | None:
        """The last message to the VAE for the learning rows; None: N(0, I)."""
        message = self.vae.get_backward_msg()
        return None if message is None else as_gaussian(message)

    def view(self, module: Module) -> View:
        """What a module gets for its pictures of the learning rows."""
        train = self.data.train
        return self.network.view(module, self.data.spec, train.labels, self.rows[module], train.x)

    def finish(self, taken: Row) -> Row:
        """Write and draw what the modules above the VAE learnt; their metrics at the end and of every round.

        `taken` are metrics whose names are in use.
        """
        metrics: Row = {}
        if any(module.held_out is None for module in self.network.learning):
            self.infer_held_out()
        for module in self.network.learning:
            module.write()
            module.draw(self.view(module))
            metrics |= named_apart(module, self.metrics_of(module), taken | metrics)
        return metrics
