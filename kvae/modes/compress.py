"""`mode=compress`: write rows of data to one archive, coded with a learnt VAE."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from kvae.data.pieces import pieces
from kvae.data.stored import StoredRows
from kvae.errors import InputError
from kvae.metrics.compression import coding_speed
from kvae.metrics.work import speed
from kvae.modes.archive_job import Job, read_back, write
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
    bits: Annotated[int | None, BITS | NULL] = None


def run(config: Config, folder: RunFolder, tracker: Tracker | None = None) -> tuple[dict[str, float], RunFolder]:
    """Compress rows with the learnt run that the config names or fits; never trains. `tracker` records the run.

    Writes `NAME.kvae`, where NAME is the config's `name`, `bits_compress` with the net bits of every observation,
    and pictures. Nothing is written before model and rows are known to be codable. Draws no random numbers, except
    that with `data.binarize=dynamic` the observations are drawn, as other modes draw them.

    Raises:
        InputError: When no learnt run fits, or the data does not fit it or cannot be restored to the bit.
    """
    from kvae.modes import compress_lossy
    from kvae.modes.compress_results import results
    from kvae.modes.opening import choose_rows, open_learnt
    from kvae.uses.compression.levels import check_coded

    began = time.perf_counter()
    check_installed()
    bits_of(config)
    learnt = open_learnt(config)
    check_coded(learnt.vae.likelihood)
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
        except ValueError as error:  # a fault that the checks of `prepare` cannot find
            raise InputError(f"the rows cannot be compressed: {error}") from error
        if config.mode.lossy:
            back = compress_lossy.read_back(job, part)
            decoding: float | None = back.seconds
        else:
            decoding = read_back(job, part) if config.mode.verify else None
    if config.mode.lossy:
        metrics = compress_lossy.results(job, bits, back, path, folder, config.mode.compare)
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


def bits_of(config: Config) -> int | None:
    """Bits per latent dimension of lossy compression; None: lossless.

    Raises:
        InputError: Where `mode.bits` is typed without `mode.lossy=true`.
    """
    from kvae.uses.compression.kinds import BITS

    mode = config.mode
    if mode.bits is not None and not mode.lossy:
        raise InputError(f"mode.bits={mode.bits} is for lossy compression. Type mode.lossy=true as well")
    return (mode.bits or BITS) if mode.lossy else None


def check_no_archive(folder: RunFolder, path: Path) -> None:
    """Raise InputError where a finished run has an archive: it may be the only copy of its data."""
    if folder.finished and path.exists():
        raise InputError(
            f"{relative(path)} is there already, and may be the only copy of its data. Nothing was written. Leave "
            "hydra.run.dir out for a folder of its own, or delete that archive"
        )


def prepare(config: Config, learnt: Opened, chosen: Chosen) -> Job:
    """Collect what is needed to write an archive; writes nothing.

    Raises:
        InputError: When the model cannot code, or the rows cannot be restored to the bit.
    """
    from kvae.uses.compression.kinds import to_write
    from kvae.uses.compression.model_inside import pack_model
    from kvae.uses.compression.others import Sample
    from kvae.uses.compression.streams import header_of, rows_of_chunks

    vae, part, spec, mode = learnt.vae, chosen.part, learnt.spec, config.mode
    try:
        form, coder = to_write(part, spec, vae, bits_of(config))
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
    """The prior of every row, which coding uses and the archive stores; None: N(0, I)."""
    from kvae.uses.evaluation.encoding import joined

    if not learnt.network.learning:
        return chosen.messages
    sent = []
    for start, x in pieces(chosen.part.x):
        given = None if chosen.messages is None else chosen.messages.rows(slice(start, start + len(x)))
        message = learnt.messages(x, given)
        sent += [] if message is None else [message]
    return joined(sent) if sent else None
