"""`mode=decompress`: restore the rows of an archive, without the original data."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np

from kvae.errors import InputError
from kvae.metrics.compression import coding_speed, restored
from kvae.metrics.work import speed
from kvae.modes.finish import finish_run
from kvae.modes.options import UseConfig
from kvae.options.rules import FLAG, NULL, Name, integer, list_of, text
from kvae.options.schema import Config
from kvae.runs import RunFolder
from kvae.runs.files import relative
from kvae.tracking import NoTracker, Tracker

if TYPE_CHECKING:
    from kvae.uses.compression.archive import Reader, Span
    from kvae.uses.compression.coders import Coder

log = logging.getLogger(__name__)

EXAMPLE = "mode.archive=outputs/vae/compress/TIME/vae.kvae"


@dataclass(frozen=True, kw_only=True)
class Options(UseConfig):
    """The keys of `mode=decompress`."""

    name: Name = "decompress"
    archive: Annotated[str | None, text("vae.kvae") | NULL] = None
    rows: Annotated[list | None, list_of(integer(0, 0), "[0,100]") | NULL] = None
    salvage: Annotated[bool, FLAG] = False


def run(config: Config, folder: RunFolder, tracker: Tracker | None = None) -> tuple[dict[str, float], RunFolder]:
    """Restore what `mode=compress` wrote into `mode.archive`. `tracker` records the run.

    Writes `x_decompress.npy`, or a table of the kind that was compressed. Reads no other data and draws nothing.
    Every byte of the archive is checked before anything is written; with `mode.rows`, only the chunks that hold
    these rows are checked, as they are read.

    Raises:
        InputError: When the file is not an archive, or is damaged, or its model is not found.
    """
    from kvae.modes.archive_model import coder_for
    from kvae.modes.compress import check_installed
    from kvae.uses.compression.archive import Reader

    began, mode = time.perf_counter(), config.mode
    check_keys(config)
    check_installed()
    with Reader(mode.archive, mode.salvage) as reader:
        start, stop = rows_asked_for(config, reader.n)
        if mode.rows is None and not mode.salvage:
            reader.verify()
        coder, model = coder_for(reader, mode.run, config.run.outputs)
        spans = list(reader.rows(start, stop))
        n = sum(span.stop - span.start for span in spans)
        say(config, reader, n, start, stop)
        log.info("decompressing %s with %s", reader.name, model)
        (tracker or NoTracker()).begin(folder)
        folder.reopen()
        folder.write_run(config.plain | {"learnt_run": model})
        path, seconds = restore(reader, coder, spans, n, folder)
        metrics = restored(n, stop - start - n if mode.salvage else None)
        if mode.salvage:
            folder.write_row_numbers(
                "rows_decompress", np.concatenate([np.zeros(0, int), *map(reader.numbers, spans)])
            )
    log.info("restored: %s, %s observations", relative(path), f"{n:,}")
    metrics |= coding_speed(n, decoding=seconds) | speed(time.perf_counter() - began)
    finish_run(folder, metrics)
    return metrics, folder


def check_keys(config: Config) -> None:
    """Raise InputError where there is no archive to open, or keys do not go together."""
    mode = config.mode
    if mode.archive is None:
        raise InputError(f"mode=decompress needs mode.archive, the file to restore. Type, for example, {EXAMPLE}")
    if mode.rows is not None and (len(mode.rows) != 2 or mode.rows[0] >= mode.rows[1]):
        raise InputError(
            f"mode.rows must be [start,stop], from 0, with start below stop. Received: {mode.rows}. Type, for "
            "example, mode.rows=[0,100]"
        )


def rows_asked_for(config: Config, n: int) -> tuple[int, int]:
    """The first row and the one after the last, of `n`."""
    if config.mode.rows is None:
        return 0, n
    start, stop = config.mode.rows
    if stop > n:
        raise InputError(
            f"mode.rows={[start, stop]} must end at {n} at most: {config.mode.archive} holds {n:,} observations"
        )
    return start, stop


def say(config: Config, reader: Reader, n: int, start: int, stop: int) -> None:
    """With `mode.salvage`, log which of the rows from `start` to `stop` are lost; `n` of them are left.

    Raises:
        InputError: When all are lost.
    """
    asked, pieces = stop - start, reader.lost_of(start, stop)
    if asked and not n:
        raise InputError(f"{reader.name} has lost all {asked:,} observations asked for. Nothing was restored")
    if not config.mode.salvage:
        return
    if n == asked:
        log.info("nothing is lost: all %s observations are whole", f"{n:,}")
        return
    lost = ", ".join(f"{first:,} to {after - 1:,}" for first, after in pieces[:10])
    more = "" if len(pieces) <= 10 else f" and {len(pieces) - 10} more pieces"
    log.warning(
        "warning: %s of %s observations are lost and left out, rows %s%s; rows_decompress.txt has the numbers of "
        "the restored rows",
        f"{asked - n:,}",
        f"{asked:,}",
        lost,
        more,
    )


def restore(reader: Reader, coder: Coder, spans: list[Span], n: int, folder: RunFolder) -> tuple[Path, float]:
    """Write the rows of some spans; return the file, and the seconds taken.

    Raises:
        InputError: When the content of the archive cannot be decoded to rows.
    """
    from kvae.training.progress import counted
    from kvae.uses.compression.form import Restorer
    from kvae.uses.compression.kinds import form_of
    from kvae.uses.compression.streams import read_rows

    began, done = time.perf_counter(), 0
    try:
        form = form_of(reader)
        with Restorer(form, folder.restored, n) as restorer, counted("decompressing", n) as count:
            for levels, beside, keep in read_rows(reader, coder, spans):
                restorer.add(levels, beside, keep)
                done += keep.stop - keep.start
                count(done)
            path = restorer.finish()
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{reader.name} cannot be restored: {error}. Nothing was kept") from error
    return path, time.perf_counter() - began
