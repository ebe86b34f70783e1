"""Serket's tutorials: agreement of classes with labels before and after modules exchange messages."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.table import markdown

ROOT = Path(__file__).resolve().parent.parent
FIRST = "_accuracy_round1"


@dataclass(frozen=True)
class Learnt:
    """A run of a network: its metrics, and the seconds of the whole command."""

    metrics: dict[str, float]
    seconds: float


def networks(repeats: int, path: str, named: Sequence[str]) -> str:
    """Accuracy of every module of the networks after the first and the last round, over seeds.

    Args:
        repeats: The number of seeds, from 0.
        path: The file of the data.
        named: Names of networks, each with optional keys: `vae_gmm_mlda`, or
            `vae_gmm_mlda network.rounds=1 network.modules.mlda1.observes=[speech]`.
    """
    rows = []
    for words in named:
        runs = [learnt(words, seed, path) for seed in range(repeats)]
        rows += table_of(words, runs)
    header = ["network", "module", "round 1", "last round", "lowest seed", "nmi", "seconds"]
    return markdown(header, rows)


def learnt(words: str, seed: int, path: str) -> Learnt:
    """Run a network with one seed."""
    name, *keys = words.split()
    with TemporaryDirectory() as folder:
        where = [f"hydra.run.dir={folder}", f"data.path={Path(path).resolve()}", f"seed={seed}", "format=npy"]
        command = [sys.executable, str(ROOT / "run.py"), f"network={name}", *keys, *where]
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed: {done.stderr.strip()[-2000:]}")
        seconds = time.perf_counter() - began
        metrics = json.loads((Path(folder) / "metrics.json").read_text(encoding="utf-8"))
    found = {key: value for key, value in metrics.items() if key.endswith("_accuracy")}
    print(f"{words}  seed {seed}  {found}  {seconds:.0f} s", flush=True)
    return Learnt(metrics, seconds)


def table_of(words: str, runs: Sequence[Learnt]) -> list[list[str]]:
    """A row for each module with classes."""
    modules = [key.removesuffix(FIRST) for key in runs[0].metrics if key.endswith(FIRST)]
    rows = []
    for module in modules:
        first, last, nmi = (
            [run.metrics[f"{module}{name}"] for run in runs] for name in (FIRST, "_accuracy", "_nmi")
        )
        seconds = statistics.median(run.seconds for run in runs)
        cells = [spread(first), spread(last), f"{min(last):.3f}", spread(nmi), f"{seconds:.0f}"]
        rows.append([words, module, *cells])
        print("  ".join(rows[-1]), flush=True)
    return rows


def spread(values: Sequence[float]) -> str:
    """Mean and standard deviation."""
    return f"{statistics.fmean(values):.3f} ± {statistics.pstdev(values):.3f}"
