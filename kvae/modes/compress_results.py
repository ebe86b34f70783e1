"""What `mode=compress` reports of an archive: its size, the bound, other compressors, and pictures."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kvae import plots
from kvae.metrics import bits_per_dim
from kvae.metrics.compression import beside_raw, others_metrics, sizes
from kvae.plots.compression import ENDS
from kvae.runs import RunFolder
from kvae.runs.files import relative

if TYPE_CHECKING:
    from kvae.modes.archive_job import Job

log = logging.getLogger(__name__)

# Names of other compressors in pictures, where they differ.
CALLED = {"png": "PNG", "webp": "WebP"}


def results(job: Job, bits: np.ndarray, path: Path, folder: RunFolder, compare: bool) -> dict[str, float]:
    """Measure an archive, draw pictures, and write the net bits of every row; return the metrics.

    Args:
        job: What was compressed.
        bits: Net bits of every row, `(n,)`.
        path: The archive.
        folder: The run folder.
        compare: Whether other compressors are measured.
    """
    from kvae.modules.vae_losses import measure

    vae, part = job.learnt.vae, job.chosen.part
    losses = measure(vae, part, job.messages)
    promise = bits_per_dim(losses["reconstruction"], losses["kl"], vae.data_shape)
    n, dims, n_bytes = len(part), math.prod(vae.data_shape), path.stat().st_size
    metrics = sizes(n, dims, n_bytes, job.form.raw_bytes, float(bits.sum()), promise, job.beside_bytes)
    gross, ratio = metrics["bits_per_dim_gross"], metrics["ratio"]
    inside = "" if job.model is None else f", {len(job.model):,} of them the model's"
    inside += f", {job.beside_bytes:,} of them for what the model does not read" if job.beside_bytes else ""
    log.info("archive: %s, %s bytes%s", relative(path), f"{n_bytes:,}", inside)
    log.info("%.4f bits per dimension, %s", gross, beside_raw(ratio))
    folder.vae.write_rows("bits_compress", bits)
    draw_bits(job, bits, promise * dims, folder)
    if compare:
        others = others_of(job)
        metrics |= others_metrics(others)
        called = {CALLED.get(name, name): value for name, value in others.items()}
        ours = {"kvae" if job.model is None else "kvae, with its model": gross}
        folder.vae.write_figure("compressors_compress", plots.compressors, ours, called)
    return metrics


def others_of(job: Job) -> dict[str, float]:
    """Bits per dimension of other compressors on the same values."""
    from kvae.uses.compression.others import sizes_of_others

    levels = job.sample.levels
    if not job.sample.whole:
        log.info("other compressors are measured on %s of the observations, evenly spread", f"{len(levels):,}")
    log.info("measuring gzip, bz2, xz and the like on the same values; mode.compare=false leaves that out")
    support = job.learnt.support
    bounded = support is not None and support.highest != np.inf
    return sizes_of_others(levels, len(job.learnt.vae.likelihood.values()) if bounded else None)


def draw_bits(job: Job, bits: np.ndarray, promise: float, folder: RunFolder) -> None:
    """Draw how many bits rows take, and those that take the fewest and the most; `promise` in bits per row."""
    order = np.argsort(bits, kind="stable")
    k = min(ENDS, len(order))
    ends = order[:k], order[::-1][:k]
    part, spec = job.chosen.part, job.learnt.spec
    x = [spec.scaling.invert(part.x[rows]) for rows in ends]
    names = [name for rows in ends for name in part.names_of(rows)]
    folder.vae.write_figure("bits_compress", plots.bits_per_row, bits, promise, *x, names, spec.axis)
