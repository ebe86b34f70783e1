"""The record of a sweep in a tracker: the parent of the records of its jobs."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

from kvae.errors import InputError
from kvae.options.schema import Config
from kvae.runs import forms
from kvae.runs.files import read_json, write_json
from kvae.sweep.folders import SweepFolder
from kvae.tracking import About, of_sweeps

RECORD = forms.record({"run_id": forms.text})

log = logging.getLogger(__name__)


class Record:
    """The tracked run of a sweep, the parent of its jobs' runs; does nothing for trackers without such runs.

    Attributes:
        environment: Environment variables that pass its id to the jobs.
    """

    def __init__(self, tracking: str | None, config: Callable[[], Config], folder: SweepFolder) -> None:
        """Begin the record, or resume that of a resumed sweep.

        Args:
            tracking: The chosen option of the group `tracking`.
            config: Gives the config without the swept keys; called only if needed, as it may be incomplete.
            folder: The folder of the sweep.

        Raises:
            InputError: When the store does not answer.
        """
        self.folder, self.run_id = folder, ""
        self.environment: dict[str, str] = {}
        self.room = of_sweeps(tracking)
        if self.room is None:
            return
        known = read_json(self.path, RECORD)["run_id"] if os.path.lexists(self.path) else None
        checked = config()
        about = About(checked.run.name, Path(checked.run.outputs), checked.plain)
        self.run_id = self.room.begin_parent(checked.tracking, about, folder.path.name, known)
        write_json(self.path, {"run_id": self.run_id})
        self.environment = {self.room.PARENT: self.run_id}

    @property
    def path(self) -> Path:
        return self.folder.tracked_run

    def end(self, failed: bool) -> None:
        """End the record, with the result of the sweep; warns if the store does not answer."""
        if self.room is None or not self.run_id:
            return
        try:
            self.room.end_parent(self.run_id, failed, self.folder.results)
        except InputError as error:
            log.warning("warning: %s", error)
        self.run_id = ""
