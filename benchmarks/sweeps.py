"""A sweep of three by three on the digits: one job after the other, and all processors at once."""

import csv
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.table import markdown

ROOT = Path(__file__).resolve().parent.parent
SWEEP = ["-m", "model.latent_dim=2,5,10", "seed=0,1,2", "train.itr=1000"]
LAUNCHERS = ["basic", "joblib"]


def tables(repeats: int) -> str:
    """Seconds of whole sweeps, in turn, and how far the metrics of their jobs are apart."""
    seconds: dict[str, list[float]] = {launcher: [] for launcher in LAUNCHERS}
    losses: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(repeats):
            for launcher in LAUNCHERS:
                swept = Path(folder) / f"{launcher}{number}"
                seconds[launcher].append(sweep(launcher, swept))
                losses[launcher] = held_out_losses(swept)
    first = LAUNCHERS[0]
    rows = []
    for launcher in LAUNCHERS:
        median = statistics.median(seconds[launcher])
        ratio = median / statistics.median(seconds[first])
        apart = max(abs(a / b - 1) for a, b in zip(losses[launcher], losses[first], strict=True))
        rows.append([f"hydra/launcher={launcher}", f"{median:.0f} s", f"{ratio:.2f}", f"{apart:.0e}"])
    return markdown(["nine jobs", "median", "of the first", "val_loss differs by"], rows)


def sweep(launcher: str, folder: Path) -> float:
    """Seconds that a sweep took."""
    where = [f"hydra/launcher={launcher}", f"hydra.sweep.dir={folder}"]
    began = time.perf_counter()
    subprocess.run([sys.executable, str(ROOT / "run.py"), *SWEEP, *where], capture_output=True, check=True)
    return time.perf_counter() - began


def held_out_losses(folder: Path) -> list[float]:
    """The held-out loss of every job."""
    with (folder / "sweep.csv").open(newline="") as file:
        return [float(row["val_loss"]) for row in csv.DictReader(file)]
