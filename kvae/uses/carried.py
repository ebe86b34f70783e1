"""A learnt run sent to other processes and machines, and the tasks that they do with it on parts of a table.

Spark and Ray Data pass a table as Arrow tables of bounded size. Columns that a task does not set stay unchanged.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kvae.data.arrow import as_frame, replaced, with_columns
from kvae.data.columns import in_order
from kvae.data.table.parts import is_part
from kvae.errors import InputError
from kvae.runs import RunFolder
from kvae.runs.carrying import digest_of, files_for_use, put_down
from kvae.uses.imputation.frames import table_that_fills
from kvae.uses.observations import in_model_units

if TYPE_CHECKING:
    import pyarrow as pa

    from kvae.uses.run import Run

# Runs that are open in this process.
OPEN: dict[str, Run] = {}


@dataclass(frozen=True)
class CarriedRun:
    """A finished learnt run as bytes, which any process with kvae can open.

    Attributes:
        files: The content of its files, by their paths in the run folder.
        digest: Identifies the run by its files.
        names: Names of the columns of codes, from `z0` on.
    """

    files: Mapping[str, bytes] = field(repr=False)
    digest: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, run: str | Path | Run) -> CarriedRun:
        """Pack a run that is open, or the run in a folder.

        Raises:
            TypeError, ValueError: As `kvae.open_run` does.
        """
        from kvae.uses.run import Run, open_run

        opened = run if isinstance(run, Run) else open_run(run)
        files = files_for_use(RunFolder(opened.folder))
        names = tuple(f"z{i}" for i in range(opened.model.latent_dim))
        carried = cls(files, digest_of(files), names)
        OPEN.setdefault(carried.digest, opened)
        return carried

    def open(self) -> Run:
        """The run, opened once in a process."""
        if self.digest not in OPEN:
            from kvae.uses.run import open_run

            folder = Path(tempfile.mkdtemp(prefix="kvae-run-"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            OPEN[self.digest] = open_run(put_down(self.files, folder).path)
        return OPEN[self.digest]

    def learnt_names(self) -> list[str] | None:
        """Names of the columns that were learnt; None where they have no names."""
        spec = self.open().opened.spec
        if spec.table is None:
            return None if spec.columns is None else list(spec.columns)
        return [column.name for column in spec.table.columns if not is_part(column)]


@dataclass(frozen=True)
class Task:
    """What is done to every part of a table.

    Attributes:
        run: The run that does it.
    """

    run: CarriedRun

    def added(self) -> dict[str, type]:
        """Names of the columns that the task appends to a table, and the type of their numbers."""
        return {}

    def __call__(self, table: pa.Table) -> pa.Table:
        """Do the task on a part of the table, of any number of rows; return the new part."""
        raise NotImplementedError

    def check(self, names: Sequence[str]) -> None:
        """Raise ValueError where a table lacks a column that was learnt, or has one that the task appends."""
        taken = [name for name in self.added() if name in names]
        if taken:
            raise InputError(
                f"`df` must have no column {taken[0]!r}, which the task appends: rename or drop it. "
                f"Received: {', '.join(names)}"
            )
        wanted = self.run.learnt_names()
        in_order("`df`", names, len(names), wanted, "`run`")


@dataclass(frozen=True)
class Encode(Task):
    """Appends the posterior means."""

    def added(self) -> dict[str, type]:
        return dict.fromkeys(self.run.names, np.float32)

    def __call__(self, table: pa.Table) -> pa.Table:
        z = self.run.open().encode(as_frame(table))[0] if len(table) else np.empty((0, len(self.run.names)))
        return with_columns(table, dict(zip(self.run.names, z.T.astype(np.float32), strict=True)))


@dataclass(frozen=True)
class Score(Task):
    """Appends the anomaly score of each row: see `kvae.Run.score`."""

    def added(self) -> dict[str, type]:
        return {"score": np.float64}

    def __call__(self, table: pa.Table) -> pa.Table:
        found = self.run.open().score(as_frame(table)) if len(table) else np.empty(0)
        return with_columns(table, {"score": found.astype(np.float64)})


@dataclass(frozen=True)
class Impute(Task):
    """Fills gaps; see `kvae.Run.impute`."""

    draw: str = "mean"
    seed: int = 0

    def check(self, names: Sequence[str]) -> None:
        super().check(names)
        table_that_fills(self.run.open().opened)

    def __call__(self, table: pa.Table) -> pa.Table:
        if not len(table):
            return table
        frame, run = as_frame(table), self.run.open()
        # The seed of a part depends on its content: parts get different draws, the same on every machine.
        opened = run.opened
        x = in_model_units(frame, opened.spec, opened.plain.get("data") or {}, opened.seed)
        seed = zlib.crc32(np.asarray(x).tobytes(), self.seed)
        filled = run.impute(frame, draw=self.draw, seed=seed)
        return replaced(table, filled.select(self.run.learnt_names() or []))
