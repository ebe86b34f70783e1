"""Error against size, where the jobs of a sweep measured both: a line through those that differ in bits alone."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from kvae import plots
from kvae.runs.captions import shows
from kvae.sweep.folders import Job, swept_keys
from kvae.sweep.picture import in_order, short

RATE, QUALITY = "bits_per_observation_gross", "psnr"
# The key by which one model gives several points.
ALONG = "mode.bits"


@shows(**plots.rate_distortion_of_runs.shows)  # type: ignore[attr-defined]
def rates_of(jobs: Sequence[Job]) -> Figure | None:
    """The picture of a sweep's jobs; None where fewer than two measured a size and an error.

    Where nothing is swept along a line, the jobs are the points of one, and their settings stand beside them.
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
