"""The record of a sweep, above those of its jobs, where tracking keeps one."""

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
    """The run of a sweep, with its jobs below it; nothing where tracking keeps no such run.

    Attributes:
        environment: Variables that tell the jobs of it.
    """

    def __init__(self, tracking: str | None, config: Callable[[], Config], folder: SweepFolder) -> None:
        """Begin the record, or go on with that of a sweep that goes on.

        Args:
            tracking: The option of the group.
            config: Gives the config without what is swept, which may be incomplete without it.
            folder: The sweep's.

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
        """End the record, with the result of the sweep; a store that does not answer is warned of."""
        if self.room is None or not self.run_id:
            return
        try:
            self.room.end_parent(self.run_id, failed, self.folder.results)
        except InputError as error:
            log.warning("warning: %s", error)
        self.run_id = ""
