"""Error against archive size for a sweep's jobs: a line joins jobs that differ only in `mode.bits`."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from kvae import plots
from kvae.runs.captions import shows
from kvae.sweep.folders import Job, swept_keys
from kvae.sweep.picture import in_order, short

RATE, QUALITY = "bits_per_observation_gross", "psnr"
# The key along which a line is drawn.
ALONG = "mode.bits"


@shows(**plots.rate_distortion_of_runs.shows)  # type: ignore[attr-defined]
def rates_of(jobs: Sequence[Job]) -> Figure | None:
    """The picture of a sweep's jobs; None if fewer than two measured a size and an error.

    If `mode.bits` is not swept, one line joins all jobs, and each point is labelled with its setting.
    """
    measured = [job for job in jobs if job.metrics.get(RATE, 0.0) > 0.0 and QUALITY in job.metrics]
    if len(measured) < 2:
        return None
    keys = swept_keys(measured)
    others = [key for key in keys if key != ALONG]
    lines: dict[str, list[plots.Point]] = {}
    for job in sorted(measured, key=lambda job: [in_order(job.overrides.get(key, "")) for key in others]):
        setting = ", ".join(f"{short(key)} {job.overrides.get(key, '')}" for key in others)
        name, beside = (setting, job.overrides.get(ALONG, "")) if ALONG in keys else ("", setting)
        point = (job.metrics[RATE], job.metrics.get("mse", 0.0), job.metrics[QUALITY], beside)
        lines.setdefault(name, []).append(point)
    return plots.rate_distortion_of_runs(lines)
