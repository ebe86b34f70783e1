"""Writes rows to an archive, and decodes it again to compare them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kvae.errors import InputError
from kvae.modules import Gaussian

if TYPE_CHECKING:
    from pathlib import Path

    from kvae.uses.compression.archive import Header
    from kvae.uses.compression.coders import Coder
    from kvae.uses.compression.form import Form
    from kvae.uses.compression.others import Sample
    from kvae.uses.opened import Chosen, Opened

log = logging.getLogger(__name__)


@dataclass
class Job:
    """All that is needed to write an archive.

    Attributes:
        learnt, chosen: The run, and the rows.
        form: The form of the data in its source, which turns rows into levels.
        coder: Codes chunks of levels.
        messages: The prior of every row; None: N(0, I).
        header: The header of the archive.
        model: The packed model, where it is stored in the archive; else None.
        sample: Levels that other compressors are measured on.
        beside_bytes: Bytes stored besides the code so far: names, and columns that the model does not read.
    """

    learnt: Opened
    chosen: Chosen
    form: Form
    coder: Coder
    messages: Gaussian | None
    header: Header
    model: bytes | None
    sample: Sample
    beside_bytes: int = 0

    def pieces(self) -> Iterator[tuple[np.ndarray, bytes]]:
        """Yield the levels of chunks of rows, and the bytes stored beside them; shows the progress."""
        from kvae.training.progress import counted

        part, at_once, done = self.chosen.part, self.header.rows_per_chunk, 0
        with counted("compressing", len(part)) as count:
            for number, (levels, beside) in enumerate(self.form.pieces(part, self.learnt.spec, at_once)):
                if self.header.lossy is None:
                    self.sample.take(number, levels)
                self.beside_bytes += len(beside)
                yield levels, beside
                done += len(levels)
                count(done)


def write(job: Job, path: Path) -> tuple[np.ndarray, float]:
    """Write the archive to an empty file; return the net bits of every row, `(n,)`, and the seconds taken."""
    from kvae.uses.compression.archive import Writer
    from kvae.uses.compression.streams import write_rows

    began = time.perf_counter()
    with path.open("wb") as file, Writer(file, job.header) as writer:
        if job.model is not None:
            writer.add_model(job.model)
        bits = write_rows(writer, job.pieces(), job.coder, job.messages)
        writer.finish()
    return bits, time.perf_counter() - began


def read_back(job: Job, path: Path) -> float:
    """Decode the archive and compare it with the rows, which are read again; return the seconds of decoding.

    Raises:
        InputError: When a row is not restored as it was read.
    """
    from kvae.training.progress import counted
    from kvae.uses.compression.archive import Reader
    from kvae.uses.compression.streams import read_rows

    seconds, done, part = 0.0, 0, job.chosen.part
    with Reader(path) as reader, counted("reading back", len(part)) as count:
        decoded = read_rows(reader, job.coder, reader.rows(0, reader.n))
        for levels, beside in job.form.pieces(part, job.learnt.spec, job.header.rows_per_chunk):
            if not len(levels):
                continue
            began = time.perf_counter()
            found, found_beside, _ = next(decoded)
            seconds += time.perf_counter() - began
            if not (np.array_equal(found, levels) and found_beside == beside):
                raise InputError(
                    f"rows {done:,} to {done + len(levels) - 1:,} did not come back as they were read. Nothing "
                    "was kept. The data has changed, or this machine's memory is faulty: run the command again"
                )
            done += len(levels)
            count(done)
    log.info("read back: all %s observations come back to the bit", f"{done:,}")
    return seconds
