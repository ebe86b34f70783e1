"""Training of a network of any modules, in rounds in which each learns in turn, and from which it can resume."""

import itertools
from collections.abc import Callable, Mapping

from kvae import plots
from kvae.errors import InputError
from kvae.modules.graph.graph import Graph, prior_of
from kvae.modules.graph.inputs import Inputs, check_order
from kvae.modules.graph.rehearsal import rehearse
from kvae.modules.graph.state import read_held_out, resumed, write_held_out
from kvae.modules.graph.vaes import data_of, is_heard, part_for, stands_on_data, view_of
from kvae.modules.hooks import Messages, View
from kvae.modules.message import Gaussian, as_gaussian
from kvae.modules.missing_rows import only_known
from kvae.modules.module import Module
from kvae.modules.network import named
from kvae.modules.round_plan import RoundPlan
from kvae.modules.rounds import Rounds, Row, Track
from kvae.modules.vae import VAE
from kvae.modules.vae_results import finish_vae
from kvae.runs import RunFolder
from kvae.training import compiling

# Computes the user's own metrics of a VAE on some rows.
Functions = Callable[..., dict[str, float]]


class GraphTraining(Rounds):
    """The training of a network in rounds.

    `updates` of a module counts the rounds that it has finished. The modules are updated in order, and each writes
    its state right after its update. So in a run that was killed the first modules have finished r + 1 rounds, and
    all modules after them r rounds.

    Args:
        graph: The modules; observations have the learning rows.
        inputs: Learning and held-out rows.
        plans: The iterations of every VAE in every round.
        rounds: Number of rounds.
        folder: The run folder.
        track: As in `Rounds`.

    Attributes:
        priors: The messages to the VAEs for the held-out rows, inferred after round `inferred`.
    """

    def __init__(
        self,
        graph: Graph,
        inputs: Inputs,
        plans: Mapping[Module, RoundPlan],
        rounds: int,
        folder: RunFolder,
        track: Track | None = None,
    ) -> None:
        learning = [module for module in graph.above if not isinstance(module, VAE)]
        super().__init__(learning, inputs.data, track)
        self.graph, self.inputs, self.plans, self.n_rounds, self.folder = graph, inputs, plans, rounds, folder
        self.priors: dict[Module, Gaussian] = {}
        self.inferred = 0

    def begin(self, seed: int) -> None:
        """Let every module check the data, then rehearse, with rows drawn from `seed`; see `rehearse`.

        Raises:
            InputError: When a module cannot use the data, or what it observes or receives.
        """
        for module in self.graph.above:
            check_order(module, self.inputs)
            module.begin(self.data)
        rehearse(self.graph, self.inputs, seed)

    def resume(self, begun: RunFolder) -> None:
        """Resume from the states in the run folder `begun`.

        Raises:
            InputError: When a state is damaged, or states are not of one point of a run.
        """
        for number, module in self.graph.numbered():
            resumed(self, module, begun.module(number, module.name))
        done = [module.updates for module in self.graph.above if module.learns]
        if any(later > before for before, later in itertools.pairwise(done)) or max(done) > min(done) + 1:
            found = ", ".join(f"{module.name} {module.updates}" for module in self.graph.above)
            raise InputError(
                f"{begun.path} cannot be resumed: the rounds that its modules have finished do not fit: {found}"
            )
        self.inferred, self.priors = read_held_out(begun, self.graph.vaes)

    @property
    def is_done(self) -> bool:
        """Whether all rounds are done."""
        return all(module.updates >= self.n_rounds for module in self.graph.above)

    def run(self) -> None:
        """Train all rounds that are not yet done."""
        for module, rows in self.rows.items():
            if module.updates:
                self.keep(module)  # a run that resumes in a new folder needs the state there
            for row in rows:
                self.track_row(module, row)
        for number in range(1, self.n_rounds + 1):
            title = f"round {number} of {self.n_rounds}: "
            for module in self.graph.above:
                if module.updates < number:
                    self.update(module, number, title)
            if self.inferred < number and all(module.updates == number for module in self.graph.above):
                self.infer_held_out(number)

    def update(self, module: Module, number: int, title: str) -> None:
        """Update one module in round `number`, from 1, and write its state."""
        if isinstance(module, VAE):
            self.update_vae(module, number, title)
            module.updates = number
            return
        module.step()
        module.updates = number
        name = "" if module.said() == module.name else f"{module.name}: "
        self.report(module, number, f"{title}{name}")
        self.keep(module)

    def update_vae(self, vae: VAE, number: int, title: str) -> None:
        """Train a VAE for the iterations that are left in a round, with the messages that it has received."""
        vae.prior_test = self.priors.get(vae)
        if self.inputs.has_test and not stands_on_data(vae):
            sent = self.graph.infer_rows(self.inputs, "test", lower=vae)
            vae.use_held_out(part_for(vae, self.inputs, "test", sent).x)
        done = vae.training.iteration if vae.training else 0
        left = max(0, self.plans[vae].last_iteration(number) - done)
        assert vae.model is not None
        # It applies to the whole process, and another VAE of the network may need another value.
        compiling.make_deterministic(bool(vae.model.jit_compile))
        vae.update(left, write=False, title=f"{title}{vae.name}: ", reconstruct=is_heard(vae))

    def infer_held_out(self, number: int) -> None:
        """Infer the messages to the VAEs for the held-out rows in the next round, and save them."""
        if self.inputs.has_test:
            sent = self.graph.infer_rows(self.inputs, "test")
            self.priors = {vae: prior for vae in self.graph.vaes if (prior := prior_of(vae, sent)) is not None}
        self.inferred = number
        write_held_out(self.folder, number, self.priors)

    def last_iteration(self, number: int) -> int:
        plan = next(iter(self.plans.values()), RoundPlan(1))
        return plan.last_iteration(number)

    def group_of(self, module: Module) -> str:
        return module.name

    def view(self, module: Module) -> View:
        return view_of(module, self.inputs, "train", self.rows.get(module, []))

    def finish(self, x_hat: bool, functions: Functions) -> Row:
        """Write, draw and measure what every module learnt; the metrics, each with its module's name as a prefix.

        `loss` and `val_loss` are sums over the VAEs.

        Args:
            x_hat: Whether to write reconstructions.
            functions: Computes the user's own metrics of a VAE from `(vae, part, spec, message)`.
        """
        sent = self.graph.infer_rows(self.inputs, "test") if self.inputs.has_test else {}
        metrics: Row = {}
        for module in self.graph.above:
            if isinstance(module, VAE):
                found = self.finish_vae(module, sent, x_hat, functions)
                metrics |= {
                    one: metrics.get(one, 0.0) + found[one] for one in ("loss", "val_loss") if one in found
                }
            else:
                module.held_out = sent.get(module)
                module.write()
                module.draw(self.view(module))
                found = self.metrics_of(module)
            metrics |= named(module, found)
        self.draw_accuracy()
        return metrics

    def draw_accuracy(self) -> None:
        """Draw the accuracy of every module by rounds, if there are labels and several rounds."""
        rows = {module.name: [row for row in rows if "accuracy" in row] for module, rows in self.rows.items()}
        rows = {name: found for name, found in rows.items() if len(found) > 1}
        if rows:
            self.folder.write_figure("accuracy", plots.accuracy, rows)

    def finish_vae(self, vae: VAE, sent: Mapping[Module, Messages], x_hat: bool, functions: Functions) -> Row:
        """Write, draw and measure what a VAE learnt; `sent` are the modules' messages for the held-out rows."""
        message, data = vae.get_backward_msg(), data_of(vae, self.inputs, sent)
        learnt = None if message is None else as_gaussian(message)
        test = prior_of(vae, sent)
        found = finish_vae(vae, data, learnt, test, vae.seed, x_hat)
        assert vae.model is not None
        train, known = only_known(vae.model, data.drawn_train(vae.seed), learnt)
        found |= functions(vae.model, train, data.spec, known)
        if data.test is not None:
            rows, known = only_known(vae.model, data.test, test)
            own = functions(vae.model, rows, data.spec, known) if len(rows) else {}
            found |= {f"val_{name}": value for name, value in own.items()}
        return found
