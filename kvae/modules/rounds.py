"""What is kept of the rounds in which modules learn: what each measured, and the state that it goes on from."""

import logging
from collections.abc import Callable, Iterable

import numpy as np

from kvae.data import Data
from kvae.modules.hooks import View
from kvae.modules.module import Module
from kvae.runs import ModuleFolder

log = logging.getLogger(__name__)

Row = dict[str, float]
Track = Callable[[int, Row, str], None]


class Rounds:
    """Rounds of modules that learn in turn.

    Args:
        modules: Those that learn, besides VAEs.
        data: Learning and held-out rows.
        track: Is handed what every module measures in a round: iteration, numbers, and the module's group.

    Attributes:
        rows: Of every module a row per round: `round`, and what it measured.
    """

    def __init__(self, modules: Iterable[Module], data: Data, track: Track | None = None) -> None:
        self.data, self.track = data, track
        self.rows: dict[Module, list[Row]] = {module: [] for module in modules}

    def last_iteration(self, number: int) -> int:
        """Iterations that are done when a round, from 1, ends; trackers count in them."""
        raise NotImplementedError

    def view(self, module: Module) -> View:
        """What a module draws with."""
        raise NotImplementedError

    def group_of(self, module: Module) -> str:
        """The group under which a module is tracked."""
        return module.tracked_as

    def take_up(self, module: Module, arrays: dict[str, np.ndarray], folder: ModuleFolder) -> None:
        """Let a module go on from its state, and send its last messages again."""
        module.resume(arrays)
        self.rows[module] = folder.read_log("rounds")[: module.updates]
        for picture in module.pictures:
            folder.copy_to(module.folder, picture)
        module.resend()

    def report(self, module: Module, number: int, title: str) -> None:
        """Say and draw how the update of a module went."""
        measured = module.measure()
        row = {"round": number, **module.progress(), **measured}
        self.rows[module].append(row)
        self.track_row(module, row)
        texts = [f"{name} {value:.3f}" for name, value in measured.items()]
        log.info("%s%s", title, "  ".join([module.said(), *texts]))
        module.draw_round(number, self.view(module))

    def track_row(self, module: Module, row: Row) -> None:
        """Let what was measured in a round be tracked."""
        values = {name: value for name, value in row.items() if name != "round"}
        if self.track is not None:
            self.track(self.last_iteration(int(row["round"])), values, self.group_of(module))

    def keep(self, module: Module) -> None:
        """Write what a module measured in every round, and its state."""
        rows = self.rows[module]
        if rows:
            module.folder.write_log("rounds", rows, list(rows[-1]), exact=True)
        module.save()

    def metrics_of(self, module: Module) -> Row:
        """What a module measures: of the learning rows, of the held-out rows, and in every round."""
        measured = module.measure()
        metrics = module.summary() | measured
        if self.data.test is not None and module.held_out is not None:
            held_out = module.measure(module.held_out.forward, self.data.test.labels)
            metrics |= {f"val_{name}": value for name, value in held_out.items()}
        for row in self.rows[module]:
            metrics |= {f"{name}_round{row['round']:.0f}": row[name] for name in measured if name in row}
        return metrics
