"""What `mode=compress mode.lossy=true` reports of an archive: size, distortion, and the effect of more bits."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kvae import plots
from kvae.data.lossy_sheets import lossy_sheets
from kvae.metrics.compression import beside_raw
from kvae.metrics.lossy import Distortion, lossy_sizes
from kvae.runs import RunFolder
from kvae.runs.files import relative

if TYPE_CHECKING:
    from kvae.modes.archive_job import Job
    from kvae.uses.compression.lossy import Lossy
    from kvae.uses.compression.lossy_form import LossyForm

log = logging.getLogger(__name__)

# At most so many rows and values are in the picture of rate and distortion; other formats get so many values.
MOST_ROWS, MOST_VALUES, SHEET_VALUES = 2000, 2**22, 2**20


@dataclass
class ReadBack:
    """What is measured when an archive is read back.

    Attributes:
        distortion: Errors of all restored rows.
        x, original, restored: Some evenly spread rows: in the model's units, in the data's units, and restored.
        seconds: Duration of decoding.
    """

    distortion: Distortion
    x: np.ndarray
    original: np.ndarray
    restored: np.ndarray
    seconds: float


def read_back(job: Job, path: Path) -> ReadBack:
    """Decode an archive and compare it with the rows, which are read again.

    Raises:
        InputError: When the archive is damaged.
    """
    from kvae.training.progress import counted
    from kvae.uses.compression.archive import Reader
    from kvae.uses.compression.streams import read_rows

    form, part = form_of(job), job.chosen.part
    wanted = shown_rows(job)
    distortion, kept, seconds, done = Distortion(peak_of(job)), [], 0.0, 0
    with Reader(path) as reader, counted("reading back", len(part)) as count:
        decoded = read_rows(reader, job.coder, reader.rows(0, len(part)))
        for x, original in rows_of(job):
            began = time.perf_counter()
            means, _, _ = next(decoded)
            restored = form.restored(means)
            seconds += time.perf_counter() - began
            distortion.add(original, restored)
            here = wanted[(wanted >= done) & (wanted < done + len(x))] - done
            kept.append((x[here], original[here], restored[here]))
            done += len(x)
            count(done)
    some = [np.concatenate(each) for each in zip(*kept, strict=True)]
    return ReadBack(distortion, some[0], some[1], some[2], seconds)


def rows_of(job: Job) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield rows in the model's units and in the data's own, in the chunks in which they were coded."""
    form, part, spec = form_of(job), job.chosen.part, job.learnt.spec
    at_once = job.header.rows_per_chunk
    pieces = zip(form.pieces(part, spec, at_once), form.originals(part, spec, at_once), strict=True)
    yield from ((x, original) for (x, _), original in pieces if len(x))


def form_of(job: Job) -> LossyForm:
    """The form of rows that are coded lossily."""
    from kvae.uses.compression.lossy_form import LossyForm

    assert isinstance(job.form, LossyForm)
    return job.form


def some_rows(n: int, most: int) -> np.ndarray:
    """Indices of `n` rows, or of `most` evenly spread ones."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(int))


def shown_rows(job: Job) -> np.ndarray:
    """Indices of the rows that pictures show."""
    fit = max(1, MOST_VALUES // math.prod(job.learnt.vae.data_shape))
    return some_rows(len(job.chosen.part), min(MOST_ROWS, fit))


def peak_of(job: Job) -> float | np.ndarray:
    """Width of the range of the data in its own units: one number for images, one per column for tables."""
    from kvae.uses.evaluation.encoding import data_range

    if plots.is_image(job.learnt.vae.data_shape):
        width = data_range(job.learnt, job.chosen.part.x) * float(np.max(job.learnt.spec.scaling.divisor))
        return width * form_of(job).unit
    ends = [(original.min(axis=0), original.max(axis=0)) for _, original in rows_of(job)]
    lowest, highest = (np.stack(each) for each in zip(*ends, strict=True))
    return highest.max(axis=0) - lowest.min(axis=0)


def results(
    job: Job, bits: np.ndarray, back: ReadBack, path: Path, folder: RunFolder, compare: bool
) -> dict[str, float]:
    """Measure an archive, draw pictures, and write the bits of every row; return the metrics.

    Args:
        job: What was compressed.
        bits: Bits of the cells of every row, `(n,)`.
        back: What `read_back` measured.
        path: The archive.
        folder: The run folder.
        compare: Whether lossy formats of pictures are measured, where the rows are images.
    """
    n, n_bytes = len(job.chosen.part), path.stat().st_size
    coder: Lossy = job.coder  # type: ignore[assignment]
    metrics = lossy_sizes(n, coder.bits, n_bytes, job.form.raw_bytes, float(bits.sum())) | back.distortion.means
    inside = "" if job.model is None else f", {len(job.model):,} of them the model's"
    log.info("archive: %s, %s bytes%s", relative(path), f"{n_bytes:,}", inside)
    log.info(
        "%.1f bits per observation, %s; PSNR %.2f dB",
        metrics["bits_per_observation_gross"], beside_raw(metrics["ratio"]), metrics["psnr"],
    )  # fmt: skip
    folder.vae.write_rows("bits_compress", bits)
    few = some_rows(len(back.x), plots.COLUMNS)
    names = job.chosen.part.names_of(shown_rows(job)[few])
    shown = back.original[few], back.restored[few]
    columns = job.learnt.spec.axis
    folder.vae.write_figure("reconstructions_compress", plots.reconstructions, *shown, names, columns)
    draw_curve(job, coder, back, folder, compare)
    return metrics


def draw_curve(job: Job, coder: Lossy, back: ReadBack, folder: RunFolder, compare: bool) -> None:
    """Draw rate and distortion of some rows with other numbers of bits, and in other lossy formats."""
    from kvae.uses.compression.rate_distortion import BITS, rate_distortion

    peak = back.distortion.peak
    points = rate_distortion(
        coder.model, back.x, back.original, form_of(job).restored, peak, [*BITS, coder.bits]
    )  # fmt: skip
    ours = [(point.rate, point.mse, point.psnr, str(point.bits)) for point in points[:-1]]
    limit = points[-1].mse, points[-1].psnr
    image = plots.is_image(back.x.shape[1:])
    others = others_of(back) if image and compare else {}
    words = f"{float(peak):g}, the range of the data" if image else "the range of each column"
    folder.vae.write_figure(
        "rate_distortion_compress", plots.rate_distortion, ours, str(coder.bits), limit, others, words
    )


def others_of(back: ReadBack) -> dict[str, list[plots.Point]]:
    """Rate and distortion of other lossy formats, by name: images scaled to bytes, all on one contact sheet."""
    n = max(1, SHEET_VALUES // back.original[0].size)
    images = back.original[some_rows(len(back.original), n)]
    lowest = float(images.min())
    unit = max(float(back.distortion.peak), float(images.max()) - lowest) / 255.0
    found: dict[str, list[plots.Point]] = {}
    for one in lossy_sheets(np.rint((images - lowest) / unit).astype(np.uint8)):
        error = Distortion(back.distortion.peak)
        error.add(images, lowest + unit * one.images)
        rate, means = 8.0 * one.n_bytes / len(images), error.means
        found.setdefault(one.name, []).append((rate, means["mse"], means["psnr"], f"q{one.quality}"))
    return found
