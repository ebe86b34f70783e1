"""A two-minute check of the speed of the hot paths: ratios to the stored figures.

Processor times are divided by that of a reference computation (products and exponentials in NumPy), which is
measured in turn with them. So other work on the machine, or another machine, matters little. The stored figures
are in `quick.json`; `--write` replaces them.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.table import markdown
from benchmarks.task import Task, images

KEPT = Path(__file__).with_suffix(".json")
RUN = Path(__file__).resolve().parent.parent / "run.py"
REPEATS = 3

Measure = Callable[[], Any]


def tables(repeats: int, write: bool) -> str:
    """A table of ratios; more than 1 is slower than the stored figure.

    Args:
        repeats: The number of measurements, at most three, so that it does not take long.
        write: Whether to store the new figures.
    """
    with tempfile.TemporaryDirectory() as folder:
        found = in_turn(measures(Path(folder)), min(repeats, REPEATS))
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.is_file() else {}
    rows = [
        [name, f"{seconds:.2f} s", ratio_to(kept.get(name), yards)] for name, (seconds, yards) in found.items()
    ]
    if write:
        text = json.dumps({name: round(yards, 4) for name, (_, yards) in found.items()}, indent=1)
        KEPT.write_text(text + "\n", encoding="utf-8")
    return markdown(["what", "processor time", "of what was kept"], rows)


def ratio_to(kept: float | None, yards: float) -> str:
    """The ratio of a figure to the stored one."""
    return "new" if kept is None else f"{yards / kept:.2f} x"


def in_turn(measures: dict[str, Measure], repeats: int) -> dict[str, tuple[float, float]]:
    """Medians of processor seconds, and of their ratios to those of the yardstick, after a warm-up call."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in measures}
    for repeat in range(repeats + 1):
        for name, run in measures.items():
            yard, seconds = used_by(yardstick), used_by(run)
            if repeat:
                times[name].append((seconds, seconds / yard))
    return {name: tuple(map(statistics.median, zip(*of, strict=True))) for name, of in times.items()}  # type: ignore


def used_by(run: Measure) -> float:
    """Processor seconds of a call, in this process and its child processes."""
    began = processor()
    run()
    return processor() - began


def processor() -> float:
    """Processor seconds so far of this process and its ended children."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def yardstick() -> None:
    """The reference computation, in one thread, since waiting threads would use processor time."""
    x = np.linspace(-1, 1, 400 * 784, dtype=np.float32).reshape(400, 784)
    with threadpool_limits(1):
        for _ in range(60):
            np.exp(-np.abs(x @ (x.T @ x)))


def measures(folder: Path) -> dict[str, Measure]:
    """The measured computations, as functions by name."""
    from benchmarks import mixed_columns
    from benchmarks.peers import kvae_train
    from kvae.modules.mixture import fit_mixture
    from kvae.runs import ModuleFolder

    x = images(20_000)
    vae, flat = kvae_train.build(Task("learn", "mlp", 128, 1, 1)), ModuleFolder(folder, "txt")
    mixed, columns = mixed_columns.mixed(8_192)
    codes = np.random.default_rng(0).normal(size=(10_000, 10)) + 4 * np.eye(10)[np.arange(10_000) % 10]
    command = [sys.executable, str(RUN), "train.itr=1", f"outputs={folder}"]
    return {
        "a pass of 20,000 images, batch 128": kvae_train.learn(Task("learn", "mlp", 128, 20_000, 1)),
        "a pass of 8,192 rows of 30 mixed columns, batch 512": mixed_columns.learner(
            mixed_columns.of_table(columns), mixed, 512, 1
        ),
        "20,000 images recognised": lambda: vae.encode(x),
        "20,000 images evaluated": lambda: vae.evaluate(x, verbose=0),
        "importance samples, 512 images x 100": lambda: vae.importance_sampled(x[:512], 100),
        "2,000 reconstructions written as text": lambda: flat.write_rows("x_hat", x[:2_000, ..., 0] + 1 / 3),
        "a mixture of ten, 10,000 codes x 10": lambda: fit_mixture(codes, 10, seed=0),
        "python run.py train.itr=1": lambda: subprocess.run(command, check=True, capture_output=True),
        "importing TensorFlow and Keras": lambda: subprocess.run(
            [sys.executable, "-c", "import tensorflow, keras"], check=True, capture_output=True
        ),
    }
