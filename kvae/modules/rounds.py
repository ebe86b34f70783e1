"""Rounds of learning: the metrics of every module in every round, and the states from which a run resumes."""

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
    """Rounds in which modules learn in turn.

    Args:
        modules: The modules that learn, without VAEs.
        data: Learning and held-out rows.
        track: A function that records a module's metrics of a round, called with the iteration, the metrics and
            the module's group.

    Attributes:
        rows: For every module a row per round: `round`, and the metrics.
    """

    def __init__(self, modules: Iterable[Module], data: Data, track: Track | None = None) -> None:
        self.data, self.track = data, track
        self.rows: dict[Module, list[Row]] = {module: [] for module in modules}

    def last_iteration(self, number: int) -> int:
        """Iterations that are done at the end of round `number`, from 1; trackers use them as steps."""
        raise NotImplementedError

    def view(self, module: Module) -> View:
        """What a module gets for its pictures."""
        raise NotImplementedError

    def group_of(self, module: Module) -> str:
        """The group under which a module is tracked."""
        return module.tracked_as

    def take_up(self, module: Module, arrays: dict[str, np.ndarray], folder: ModuleFolder) -> None:
        """Let a module resume from its state in `folder`, and send its last messages again."""
        module.resume(arrays)
        self.rows[module] = folder.read_log("rounds")[: module.updates]
        for picture in module.pictures:
            folder.copy_to(module.folder, picture)
        module.resend()

    def report(self, module: Module, number: int, title: str) -> None:
        """Measure, log, track and draw the update of a module."""
        measured = module.measure()
        row = {"round": number, **module.progress(), **measured}
        self.rows[module].append(row)
        self.track_row(module, row)
        texts = [f"{name} {value:.3f}" for name, value in measured.items()]
        log.info("%s%s", title, "  ".join([module.said(), *texts]))
        module.draw_round(number, self.view(module))

    def track_row(self, module: Module, row: Row) -> None:
        """Track what a module measured in a round."""
        values = {name: value for name, value in row.items() if name != "round"}
        if self.track is not None:
            self.track(self.last_iteration(int(row["round"])), values, self.group_of(module))

    def keep(self, module: Module) -> None:
        """Write a module's metrics of every round to `rounds.txt`, and its state."""
        rows = self.rows[module]
        if rows:
            module.folder.write_log("rounds", rows, list(rows[-1]), exact=True)
        module.save()

    def metrics_of(self, module: Module) -> Row:
        """The metrics of a module: on the learning rows, on the held-out rows (`val_`), and of every round."""
        measured = module.measure()
        metrics = module.summary() | measured
        if self.data.test is not None and module.held_out is not None:
            held_out = module.measure(module.held_out.forward, self.data.test.labels)
            metrics |= {f"val_{name}": value for name, value in held_out.items()}
        for row in self.rows[module]:
            metrics |= {f"{name}_round{row['round']:.0f}": row[name] for name in measured if name in row}
        return metrics
