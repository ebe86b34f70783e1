"""`mode=compress`: rows of data into one archive, by the code that a learnt VAE is."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np

from kvae.data.pieces import pieces
from kvae.data.stored import StoredRows
from kvae.errors import InputError
from kvae.metrics.compression import coding_speed
from kvae.metrics.work import speed
from kvae.modes.finish import finish_run
from kvae.modes.options import RowsConfig
from kvae.modules import Gaussian
from kvae.options.rules import FLAG, NULL, Name, Rule, integer
from kvae.options.schema import Config
from kvae.runs import RunFolder
from kvae.runs.files import relative, sha256_of, whole_file
from kvae.tracking import NoTracker, Tracker

if TYPE_CHECKING:
    from pathlib import Path

    from kvae.uses.compression.archive import Header
    from kvae.uses.compression.coders import Coder
    from kvae.uses.compression.form import Form
    from kvae.uses.compression.others import Sample
    from kvae.uses.opened import Chosen, Opened

log = logging.getLogger(__name__)

BITS = Rule("an integer from 1 to 16", lambda v: integer(1, 4).accepts(v) and v <= 16, 4)


@dataclass(frozen=True, kw_only=True)
class Options(RowsConfig):
    """The keys of `mode=compress`."""

    name: Name = "compress"
    rows_per_chunk: Annotated[int | None, integer(1, 1000) | NULL] = None
    with_model: Annotated[bool, FLAG] = False
    verify: Annotated[bool, FLAG] = True
    compare: Annotated[bool, FLAG] = True
    lossy: Annotated[bool, FLAG] = False
    bits: Annotated[int, BITS] = 4


@dataclass
class Job:
    """What is compressed, and by what.

    Attributes:
        learnt, chosen: The run, and the rows.
        form: The rows' own form, and their levels.
        coder: What codes chunks of them.
        messages: The prior of every row; None: N(0, I).
        header: What the archive says of itself.
        model: The model, packed, where it goes into the archive.
        sample: Levels that other compressors are measured on.
        beside_bytes: What stands beside the code so far: columns that the model does not read, names.
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
        """Levels of chunks of rows, and what stands beside them; shows how far it is."""
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


def run(config: Config, folder: RunFolder, tracker: Tracker | None = None) -> tuple[dict[str, float], RunFolder]:
    """Compress rows with the learnt run that the config names or fits; never trains. `tracker` records the run.

    Writes `NAME.kvae`, where NAME is the config's `name`, `bits_compress` with the net bits of every observation,
    and pictures. Nothing is written before the rows are known to come back to the bit. Draws nothing, but where
    `data.binarize` is `dynamic` the observations, as other modes draw them.

    Raises:
        InputError: When no learnt run fits, the data does not fit it, or cannot come back to the bit.
    """
    from kvae.modes import compress_lossy
    from kvae.modes.compress_results import results
    from kvae.modes.opening import choose_rows, open_learnt

    began = time.perf_counter()
    check_installed()
    learnt = open_learnt(config)
    log.info("compressing with %s", relative(learnt.folder.path))
    chosen = choose_rows(config, learnt, as_came=True)
    stored = ", streamed" if isinstance(chosen.part.x, StoredRows) else ""
    log.info("data %s: %s observations (%s)%s", config.data.name, f"{len(chosen.part):,}", chosen.which, stored)
    path = folder.archive(config.run.name)
    check_no_archive(folder, path)
    job = prepare(config, learnt, chosen)
    (tracker or NoTracker()).begin(folder)
    folder.reopen()
    folder.beside = chosen.part.beside
    folder.write_run(config.plain | {"learnt_run": str(learnt.folder.path)})
    n = len(chosen.part)
    with whole_file(path) as part:
        try:
            bits, encoding = write(job, part)
        except InputError:
            raise
        except ValueError as error:  # what no pass over the rows foresees
            raise InputError(f"the rows cannot be compressed: {error}") from error
        if config.mode.lossy:
            told = compress_lossy.read_back(job, part)
            decoding: float | None = told.seconds
        else:
            decoding = read_back(job, part) if config.mode.verify else None
    if config.mode.lossy:
        metrics = compress_lossy.results(job, bits, told, path, folder, config.mode.compare)
    else:
        metrics = results(job, bits, path, folder, config.mode.compare)
    metrics |= coding_speed(n, encoding, decoding)
    metrics |= speed(time.perf_counter() - began, n)
    finish_run(folder, metrics)
    return metrics, folder


def check_installed() -> None:
    """Raise InputError where the entropy coder is not installed."""
    from kvae.uses.compression.stack import constriction

    try:
        constriction()
    except ModuleNotFoundError as error:
        raise InputError(str(error)) from error


def check_no_archive(folder: RunFolder, path: Path) -> None:
    """Raise InputError where a finished run has an archive: it may be all that is left of its data."""
    if folder.finished and path.exists():
        raise InputError(
            f"{relative(path)} is there already, and may be the only copy of its data. Nothing was written. Leave "
            "hydra.run.dir out for a folder of its own, or delete that archive"
        )


def prepare(config: Config, learnt: Opened, chosen: Chosen) -> Job:
    """All that must be known before an archive is begun.

    Raises:
        InputError: When the model cannot code, or the rows cannot come back to the bit.
    """
    from kvae.uses.compression.kinds import to_write
    from kvae.uses.compression.model_inside import pack_model
    from kvae.uses.compression.others import Sample
    from kvae.uses.compression.streams import header_of, rows_of_chunks

    vae, part, spec, mode = learnt.vae, chosen.part, learnt.spec, config.mode
    try:
        form, coder = to_write(part, spec, vae, mode.bits if mode.lossy else None)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{relative(learnt.folder.path)} cannot code: {error}") from error
    for word in form.words:
        log.info(word)
    messages = messages_of(learnt, chosen)
    packed = pack_model(vae, spec) if mode.with_model else None
    header = header_of(
        coder.model,
        coder,
        form,
        len(part),
        mode.rows_per_chunk or rows_of_chunks(vae.data_shape),
        messages=messages is not None and not mode.lossy,
        with_model=packed is not None,
        model=sha256_of(learnt.folder.vae.model),
    )
    sample = Sample(len(part), header.rows_per_chunk, vae.data_shape)
    return Job(learnt, chosen, form, coder, messages, header, packed, sample)


def messages_of(learnt: Opened, chosen: Chosen) -> Gaussian | None:
    """The prior of every row, as it is used and stored; None: N(0, I)."""
    from kvae.uses.evaluation.encoding import joined

    if not learnt.network.learning:
        return chosen.messages
    sent = []
    for start, x in pieces(chosen.part.x):
        given = None if chosen.messages is None else chosen.messages.rows(slice(start, start + len(x)))
        message = learnt.messages(x, given)
        sent += [] if message is None else [message]
    return joined(sent) if sent else None


def write(job: Job, path: Path) -> tuple[np.ndarray, float]:
    """Write the archive to an empty file: the net bits of every row, `(n,)`, and the seconds that it took."""
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
    """Decode the archive and compare it with the rows, which are read again; the seconds that decoding took.

    Raises:
        InputError: When something else comes back.
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
                    f"rows {done:,} to {done + len(levels) - 1:,} did not come back as they were read. Nothing is "
                    "kept: the data changed meanwhile, or this machine's memory is at fault. Type it again"
                )
            done += len(levels)
            count(done)
    log.info("read back: all %s observations come back to the bit", f"{done:,}")
    return seconds
