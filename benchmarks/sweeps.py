"""Sweeps on the digits: nine jobs one by one or on all processors, and many short jobs."""

import csv
import resource
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
SHORT = ["-m", "train.itr=1"]
N_SHORT = 20


def tables(repeats: int) -> str:
    """The tables of nine jobs by launcher, and of the cost of a short job."""
    return f"{by_launcher(repeats)}\n\n{of_short_jobs(repeats)}"


def by_launcher(repeats: int) -> str:
    """Seconds of whole sweeps, measured in turn, and the largest difference between the jobs' losses."""
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


def of_short_jobs(repeats: int) -> str:
    """Processor time of a sweep of one job of one iteration, and of every further job."""
    first, further = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(repeats):
            one = processor_time(Path(folder) / f"one{number}", 1)
            first.append(one)
            further.append((processor_time(Path(folder) / f"all{number}", N_SHORT) - one) / (N_SHORT - 1))
    rows = [
        ["a sweep of one job", f"{statistics.median(first):.1f} s"],
        [f"each of {N_SHORT - 1} further jobs", f"{statistics.median(further):.1f} s"],
    ]
    return markdown(["one iteration on the digits", "processor time"], rows)


def processor_time(folder: Path, n: int) -> float:
    """Seconds of processor time of a sweep of `n` short jobs, in all of its processes."""
    seeds = f"seed={','.join(map(str, range(n)))}"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run([*SHORT, seeds, f"hydra.sweep.dir={folder}"])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run(arguments: list[str]) -> None:
    """Run a sweep, quietly."""
    subprocess.run([sys.executable, str(ROOT / "run.py"), *arguments], capture_output=True, check=True)


def sweep(launcher: str, folder: Path) -> float:
    """Seconds that a sweep took."""
    where = [f"hydra/launcher={launcher}", f"hydra.sweep.dir={folder}"]
    began = time.perf_counter()
    run([*SWEEP, *where])
    return time.perf_counter() - began


def held_out_losses(folder: Path) -> list[float]:
    """The held-out loss of every job."""
    with (folder / "sweep.csv").open(newline="") as file:
        return [float(row["val_loss"]) for row in csv.DictReader(file)]
